"""``Tensor``: what it holds, Python's protocols, its errors. Read next: ``test_tensor_numpy``."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from samples import in_layer
from tensorgraph.errors import DTypeError, GraphError, ShapeError


@pytest.fixture
def x() -> tg.Tensor:
    return tg.Tensor([1.0, 2.0, 3.0], name="x")


@pytest.fixture
def y(x: tg.Tensor) -> tg.Tensor:
    """A recorded value."""
    return x * 2.0


@pytest.fixture
def number(x: tg.Tensor) -> tg.Tensor:
    """A recorded scalar."""
    return tg.sum(x * 2.0)


# --- what it holds -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (2.0, "float64"),
        (2, "int64"),
        (True, "bool"),
        ([1.0, 2.0], "float64"),
        ([[1, 2], [3, 4]], "int64"),
        (np.float32(1.5), "float32"),
        (np.ones(2, np.float16), "float16"),
        (1 + 2j, "complex128"),
    ],
    ids=repr,
)
def test_data_are_taken_as_numpy_takes_them(data: Any, dtype: str) -> None:
    t = tg.Tensor(data)
    assert (t.dtype, t.shape, t.ndim, t.size) == (
        np.dtype(dtype),
        np.shape(data),
        np.ndim(data),
        np.size(data),
    )
    np.testing.assert_array_equal(t.data, np.asarray(data))


def test_dtype_converts() -> None:
    assert tg.Tensor([1, 2], dtype=np.float32).dtype == np.float32


def test_data_are_copied() -> None:
    array = np.ones(3)
    t = tg.Tensor(array)
    array[0] = 99.0
    assert t.data[0] == 1.0


@pytest.mark.parametrize("data", ["text", ["a", "b"], [None], {"a": 1}, object()], ids=repr)
def test_what_is_not_numeric_is_refused(data: Any) -> None:
    with pytest.raises(DTypeError, match="a Tensor holds numbers"):
        tg.Tensor(data)


def test_numpy_is_a_copy(x: tg.Tensor) -> None:
    x.numpy()[0] = 99.0
    assert x.data[0] == 1.0


def test_item(x: tg.Tensor, number: tg.Tensor) -> None:
    assert number.item() == 12.0
    assert type(number.item()) is float
    assert tg.Tensor([[7]]).item() == 7
    with pytest.raises(ShapeError, match=r"item\(\).*'x'.*3"):
        x.item()


def test_assigning_data_copies_into_place(x: tg.Tensor) -> None:
    home, new = x.data, np.array([7.0, 8.0, 9.0])
    x.data = new
    new[0] = 99.0
    assert x.data is home
    np.testing.assert_array_equal(home, [7, 8, 9])


def test_data_may_be_changed_in_place_by_assignment(x: tg.Tensor) -> None:
    x.data += 1.0
    np.testing.assert_array_equal(x.data, [2, 3, 4])


def test_data_of_another_shape_are_refused(x: tg.Tensor) -> None:
    with pytest.raises((ShapeError, GraphError), match=r"\(2,\).*\(3,\).*x"):
        x.data = [1.0, 2.0]
    np.testing.assert_array_equal(x.data, [1, 2, 3])


def test_data_of_another_kind_are_refused(x: tg.Tensor) -> None:
    with pytest.raises(TypeError, match="complex"):
        x.data = np.ones(3) * 1j


def test_data_of_a_computed_value_cannot_be_assigned(y: tg.Tensor) -> None:
    with pytest.raises(GraphError, match=r"multiply\(\).*computed.*variable"):
        y.data = np.zeros(3)


def test_grad_may_be_set(x: tg.Tensor) -> None:
    x.grad = [1.0, 1.0, 1.0]
    (x * 2).sum().backward()
    np.testing.assert_array_equal(x.grad, [3, 3, 3])


def test_grad_of_another_shape_is_refused(x: tg.Tensor) -> None:
    with pytest.raises(ShapeError, match=r"\(2,\).*\(3,\)"):
        x.grad = np.ones(2)


def test_grad_of_a_computed_value_cannot_be_set(y: tg.Tensor) -> None:
    with pytest.raises(GraphError, match="gradients are kept by variables"):
        y.grad = np.zeros(3)


def test_a_computed_value_may_be_named(y: tg.Tensor) -> None:
    y.name = "twice"
    assert "name='twice'" in repr(y)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: tg.Tensor(2.0), "Tensor(2.)"),
        (lambda: tg.Tensor([1, 2]), "Tensor([1, 2], dtype=int64)"),
        (lambda: tg.Tensor(np.ones(2, np.float32)), "Tensor([1., 1.], dtype=float32)"),
        (lambda: tg.Tensor([1 / 3], name="third"), "Tensor([0.3333], name='third')"),
    ],
)
def test_repr(make: Callable[[], tg.Tensor], text: str) -> None:
    assert repr(make()) == text


def test_repr_of_much_is_short() -> None:
    assert len(repr(tg.Tensor(np.zeros((1000, 1000))))) < 300


# --- Python's other protocols --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "text"),
    [("{:.3f}", "12.000"), ("{:8.1e}", " 1.2e+01"), ("{}", "12.0"), ("{:>6}", "  12.0")],
)
def test_formatting(spec: str, text: str, number: tg.Tensor) -> None:
    assert spec.format(number) == text


def test_formatting_in_an_f_string(number: tg.Tensor) -> None:
    assert f"loss: {number:.3f}" == "loss: 12.000"


@pytest.mark.parametrize("value", [0.0, 1.0, [[2.0]]], ids=repr)
def test_truth_of_one_number(value: Any) -> None:
    assert bool(tg.Tensor(value) * 1.0) == bool(np.array(value).item())


@pytest.mark.parametrize("data", [[1.0, 2.0], []], ids=["two", "none"])
def test_truth_of_several_numbers_is_ambiguous(data: Any) -> None:
    with pytest.raises(ShapeError, match=r"ambiguous.*\.any\(\).*\.all\(\)"):
        bool(tg.Tensor(data))


def test_len_and_iteration_record(x: tg.Tensor) -> None:
    assert len(x) == 3
    first, second, third = x
    (first * second * third).backward()
    np.testing.assert_array_equal(x.grad, [6, 3, 2])


@pytest.mark.parametrize("f", [len, list], ids=["len", "list"])
def test_a_scalar_has_no_length(f: Callable[[Any], Any]) -> None:
    with pytest.raises(ShapeError, match="scalar tensor"):
        f(tg.Tensor(1.0))


def test_membership(x: tg.Tensor) -> None:
    assert 2.0 in x
    assert 5.0 not in x


def test_tensors_are_keys_by_identity(x: tg.Tensor, y: tg.Tensor) -> None:
    assert {x: "x", y: "y"}[x] == "x"


@pytest.mark.parametrize("f", [abs, operator.neg], ids=["abs", "neg"])
def test_builtin_functions_record(f: Callable[[Any], Any], x: tg.Tensor) -> None:
    assert isinstance(f(x), tg.Tensor)


# --- errors name operation, operands and layer ---------------------------------------------------

MISFITS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "add": (lambda t: t + np.ones(2), r"add\(\).*'x' \(3,\) and \(2,\)"),
    "matmul": (lambda t: t @ np.ones((2, 2)), r"matmul\(\).*'x' \(3,\) and \(2, 2\)"),
    "reshape": (lambda t: t.reshape(2, 2), r"reshape\(\).*'x' \(3,\).*\(2,2\)"),
    "index": (lambda t: t[7], r"index\(\).*'x' \(3,\).*7"),
    "concatenate": (
        lambda t: tg.concatenate([t, np.ones((2, 2))]),
        r"concatenate\(\).*\(3,\).*\(2, 2\)",
    ),
    "stack": (lambda t: tg.stack([t, np.ones(2)]), r"stack\(\).*\(3,\).*\(2,\)"),
    "max of nothing": (lambda t: t[:0].max(), r"max\(\).*\(0,\)"),
    "broadcast_to": (lambda t: tg.broadcast_to(t, (2, 2)), r"broadcast_to\(\).*\(3,\)"),
}


@pytest.mark.parametrize("what", MISFITS)
def test_shapes_that_do_not_fit(what: str, x: tg.Tensor) -> None:
    f, message = MISFITS[what]
    with pytest.raises(ShapeError, match=f"(?s){message}"):
        f(x)


def test_an_error_names_the_layer(x: tg.Tensor) -> None:
    error = pytest.raises(ShapeError, match=r"add\(\) in layer 'network/dense_1' cannot take")
    with in_layer("network"), in_layer("dense_1"), error:
        x + np.ones(2)


def test_a_dtype_that_does_not_fit(x: tg.Tensor) -> None:
    with pytest.raises(DTypeError, match=r"floor\(\).*\(3,\)"):
        tg.floor(x * 1j)
