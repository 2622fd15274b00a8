"""Tensors made of shapes: NumPy's values and dtypes, variables that may be filled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.testing import check_grads

NAMES = ["empty", "empty_like", "full", "full_like", "ones", "ones_like", "zeros", "zeros_like"]
M = np.arange(6, dtype=np.float32).reshape(2, 3)
SHAPES: dict[str, Any] = {
    "a tuple": (2, 3),
    "a number": 3,
    "a NumPy number": np.int64(3),
    "a list": [2, 3],
    "0-d": (),
    "empty": (0, 3),
}
DTYPES = [float, np.float32, int, bool, complex, "f4"]


# --- of a shape ----------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["zeros", "ones"])
def test_zeros_and_ones_are_numpys(name: str, shape: str) -> None:
    t = getattr(tg, name)(SHAPES[shape])
    assert isinstance(t, tg.Tensor)
    np.testing.assert_array_equal(t.data, getattr(np, name)(SHAPES[shape]), strict=True)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", ["zeros", "ones"])
def test_dtypes_of_zeros_and_ones(name: str, dtype: Any) -> None:
    np.testing.assert_array_equal(
        getattr(tg, name)(2, dtype).data, getattr(np, name)(2, dtype), strict=True
    )


@pytest.mark.parametrize("shape", SHAPES)
def test_full_is_numpys(shape: str) -> None:
    np.testing.assert_array_equal(
        tg.full(SHAPES[shape], 7.5).data, np.full(SHAPES[shape], 7.5), strict=True
    )


FILLS: dict[str, tuple[Any, Any]] = {
    "a whole number": (7, None),
    "a truth": (True, None),
    "a complex number": (1j, None),
    "another dtype": (7, np.float32),
    "a row": ([1.0, 2.0, 3.0], None),
    "a column": (np.array([[1.0], [2.0]]), None),
}


@pytest.mark.parametrize("what", FILLS)
def test_full_takes_what_numpys_takes(what: str) -> None:
    value, dtype = FILLS[what]
    np.testing.assert_array_equal(
        tg.full((2, 3), value, dtype).data, np.full((2, 3), value, dtype), strict=True
    )


@pytest.mark.parametrize("dtype", [float, np.float32, complex], ids=str)
def test_what_is_empty_shows_its_gaps(dtype: Any) -> None:
    t = tg.empty((2, 2), dtype)
    assert (t.shape, t.dtype) == ((2, 2), dtype)
    t[0] = 1.0
    np.testing.assert_array_equal(np.isnan(t.data), [[False, False], [True, True]])


@pytest.mark.parametrize("dtype", [int, bool], ids=str)
def test_empty_whole_numbers_and_truths_are_zero(dtype: Any) -> None:
    np.testing.assert_array_equal(tg.empty(2, dtype).data, np.zeros(2, dtype), strict=True)


# --- like another --------------------------------------------------------------------------------

LIKE: dict[str, Callable[[Any, Any], Any]] = {
    "zeros_like": lambda np, a: np.zeros_like(a),
    "ones_like": lambda np, a: np.ones_like(a),
    "full_like": lambda np, a: np.full_like(a, 7),
    "zeros_like, another dtype": lambda np, a: np.zeros_like(a, int),
    "ones_like, another dtype": lambda np, a: np.ones_like(a, dtype=complex),
    "full_like, another dtype": lambda np, a: np.full_like(a, 7, float),
}


@pytest.mark.parametrize("of", [np.array, tg.Tensor, lambda a: tg.Tensor(a) * 1, np.ndarray.tolist])
@pytest.mark.parametrize("name", LIKE)
def test_like_is_numpys(name: str, of: Any) -> None:
    t = LIKE[name](tg, of(M))
    assert isinstance(t, tg.Tensor)
    expected = LIKE[name](np, M.tolist() if of is np.ndarray.tolist else M)
    np.testing.assert_array_equal(t.data, expected, strict=True)


def test_empty_like() -> None:
    t = tg.empty_like(M)
    assert (t.shape, t.dtype) == ((2, 3), np.float32)
    assert np.isnan(t.data).all()
    assert tg.empty_like(M, int).dtype == int


def test_of_a_list_of_tensors() -> None:
    ones = tg.ones_like([tg.Tensor(1.0), tg.Tensor(2.0) * 3.0])
    np.testing.assert_array_equal(ones.data, [1.0, 1.0], strict=True)


def test_the_other_gets_no_gradient() -> None:
    x = tg.Tensor(M)
    tg.sum(tg.ones_like(x) * x).backward()
    np.testing.assert_array_equal(x.grad, np.ones((2, 3)))


# --- of tensors ----------------------------------------------------------------------------------

FILLED: dict[str, Callable[[Any], Any]] = {
    "full": lambda x: tg.full((2, 3), tg.sum(x)),
    "full of a row": lambda x: tg.full((2, 3), x),
    "full by a number": lambda x: tg.full(3, x * x),
    "full by a list": lambda x: tg.full([2, 3], x),
    "full of a list": lambda x: tg.full((2, 2), [x[0], x[1] * x[2]]),
    "full_like": lambda x: tg.full_like(np.ones((2, 3)), x**2),
}


@pytest.mark.parametrize("name", FILLED)
def test_derivatives_pass_what_is_filled_with_a_tensor(name: str) -> None:
    x = np.array([0.5, -1.0, 2.0])
    y = FILLED[name](tg.Tensor(x))
    assert isinstance(y, tg.Tensor)
    assert not y._node.is_leaf
    check_grads(FILLED[name], (x,))


def test_full_of_a_tensor_has_the_dtype_that_is_asked_for() -> None:
    x = tg.Tensor(2.0)
    t = tg.full((2,), x, np.float32)
    assert t.dtype == np.float32
    tg.sum(t).backward()
    assert x.grad == 2.0
    assert tg.full_like(M, x).dtype == np.float32


def test_full_of_a_tensor_may_be_written_to() -> None:
    x = tg.Tensor(2.0)
    t = tg.full((2, 2), x)
    t[0] = 5.0
    t[1, 1] += 1.0
    np.testing.assert_array_equal(t.data, [[5.0, 5.0], [2.0, 3.0]])
    tg.sum(t).backward()
    assert x.grad == 2.0


# --- they are variables --------------------------------------------------------------------------


@pytest.mark.parametrize("make", [tg.zeros, tg.ones, tg.empty, lambda n: tg.full(n, 3.0)])
def test_they_are_variables_without_a_name_in_memory_of_their_own(make: Any) -> None:
    t, u = make(3), make(3)
    assert t._node.is_leaf
    assert t.name is None
    t.data[0] = 9.0
    assert u.data[0] != 9.0


def test_a_gradient_reaches_them() -> None:
    t = tg.zeros(3)
    tg.sum(tg.exp(t)).backward()
    np.testing.assert_array_equal(t.grad, np.ones(3))


def test_numpys_own_give_arrays() -> None:
    """They ask about shape and dtype: what they make is a constant."""
    x = tg.Tensor(M)
    for name in ("zeros_like", "ones_like", "empty_like"):
        assert type(getattr(np, name)(x)) is np.ndarray
    assert type(np.full_like(x, 7.0)) is np.ndarray


def test_all_of_them_are_public() -> None:
    assert set(NAMES) <= set(tg.__all__)
