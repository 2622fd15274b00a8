"""How values leave the tape, and how they refuse to; what NumPy does with tensors."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.errors import ArgumentError, GraphError, RuleError


@pytest.fixture
def x() -> tg.Tensor:
    return tg.Tensor([1.0, 2.0, 3.0], name="x")


@pytest.fixture
def y(x: tg.Tensor) -> tg.Tensor:
    """A recorded value."""
    return x * 2.0


# --- conversions: a variable answers, a recorded value refuses -----------------------------------


def set_element(t: Any) -> None:
    np.zeros(3)[0:1] = t[:1]


def set_number(t: Any) -> None:
    np.zeros(3)[0] = t[0]


def add_in_place(t: Any) -> None:
    array = np.zeros(3)
    array += t


REFUSED: dict[str, Callable[[Any], Any]] = {
    "np.array([t, t])": lambda t: np.array([t, t]),
    "np.array(t)": np.array,
    "np.asarray(t)": np.asarray,
    "tg.Tensor(t)": tg.Tensor,
    "array[0:1] = t": set_element,
    "float(t)": lambda t: float(t[0]),
    "int(t)": lambda t: int(t[0]),
    "math.exp(t)": lambda t: math.exp(t[0]),
    "math.floor(t)": lambda t: math.floor(t[0]),
    "complex(t)": lambda t: complex(t[0]),
    "np.random.default_rng(0).normal(t)": lambda t: np.random.default_rng(0).normal(t),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_recorded_value_does_not_leave_the_tape_in_silence(what: str, y: tg.Tensor) -> None:
    with pytest.raises(GraphError, match=r"tape.*\.data.*\.item\(\)"):
        REFUSED[what](y)


def test_setting_an_element_of_an_array_to_a_recorded_number_is_refused(y: tg.Tensor) -> None:
    with pytest.raises(ValueError, match="setting an array element") as raised:
        set_number(y)
    assert ".item()" in str(raised.value.__cause__)


def element(t: tg.Tensor) -> float:
    array = np.zeros(1)
    array[0] = t
    return float(array[0])


ANSWERED: dict[str, tuple[Callable[[], Any], Any]] = {
    "np.array([t, t])": (lambda: np.array([tg.Tensor(1.5), tg.Tensor(2.5)]).tolist(), [1.5, 2.5]),
    "np.asarray(t)": (lambda: np.asarray(tg.Tensor([1.5, 2.5])).tolist(), [1.5, 2.5]),
    "tg.Tensor(t)": (lambda: tg.Tensor(tg.Tensor([1.5])).data.tolist(), [1.5]),
    "array[0] = t": (lambda: element(tg.Tensor(1.5)), 1.5),
    "float(t)": (lambda: float(tg.Tensor(1.5)), 1.5),
    "float([[t]])": (lambda: float(tg.Tensor([[1.5]])), 1.5),
    "int(t)": (lambda: int(tg.Tensor(1.5)), 1),
    "math.exp(t)": (lambda: math.exp(tg.Tensor(0.0)), 1.0),
    "list[t]": (lambda: [10, 20][tg.Tensor(1)], 20),
    "range(t)": (lambda: list(range(tg.Tensor(2))), [0, 1]),
}


@pytest.mark.parametrize("what", ANSWERED)
def test_a_variable_may_leave(what: str) -> None:
    convert, expected = ANSWERED[what]
    assert convert() == expected


def test_the_array_of_a_variable_is_a_copy(x: tg.Tensor) -> None:
    np.asarray(x)[0] = 99.0
    assert x.data[0] == 1.0


def test_in_place_into_an_array_is_refused(x: tg.Tensor, y: tg.Tensor) -> None:
    for t in (x, y):
        with pytest.raises(RuleError, match=r"np\.add.*out=.*y = "):
            add_in_place(t)


def test_out_is_refused(x: tg.Tensor) -> None:
    with pytest.raises(RuleError, match=r"np\.exp\(\.\.\., out=\)"):
        np.exp(x, out=np.zeros(3))


# --- NumPy's protocols ---------------------------------------------------------------------------

UNKNOWN: dict[str, Callable[[Any], Any]] = {
    "np.nanmedian": np.nanmedian,
    "np.i0": np.i0,
    "np.gcd": lambda t: np.gcd(t, 2),
    "np.copyto": lambda t: np.copyto(np.zeros(3), t),
    "np.subtract.reduce": np.subtract.reduce,
    "np.maximum.accumulate": np.maximum.accumulate,
    "np.add.at": lambda t: np.add.at(t, [0], 1.0),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_numpy_function_without_a_rule_is_refused_by_name(name: str, y: tg.Tensor) -> None:
    with pytest.raises(RuleError, match=name.replace(".", r"\.") + r"\b"):
        UNKNOWN[name](y)


@pytest.mark.parametrize("keyword", ["where", "dtype", "casting"])
def test_a_keyword_of_a_ufunc_is_refused_by_name(keyword: str, y: tg.Tensor) -> None:
    value = {"where": np.array([True, False, True]), "dtype": np.float32, "casting": "unsafe"}[
        keyword
    ]
    with pytest.raises(ArgumentError, match=rf"exp\(\).*{keyword}="):
        np.exp(y, **{keyword: value})


def test_a_keyword_of_a_function_is_refused_by_name(y: tg.Tensor) -> None:
    with pytest.raises(ArgumentError, match=r"sum\(\).*initial=.*afterwards"):
        np.sum(y, initial=1.0)


@pytest.mark.parametrize(
    "ufunc",
    [np.add, np.multiply, np.maximum, np.minimum, np.logaddexp],
    ids=lambda ufunc: ufunc.__name__,
)
def test_reductions_by_a_ufunc(ufunc: Any) -> None:
    m = np.arange(6.0).reshape(2, 3)
    np.testing.assert_allclose(ufunc.reduce(tg.Tensor(m)).data, ufunc.reduce(m), rtol=1e-15)
    kept = ufunc.reduce(tg.Tensor(m), axis=1, keepdims=True)
    expected = ufunc.reduce(m, axis=1, keepdims=True)
    np.testing.assert_allclose(kept.data, expected, rtol=1e-15, strict=True)


@pytest.mark.parametrize("ufunc", [np.add, np.multiply], ids=lambda ufunc: ufunc.__name__)
def test_running_totals_by_a_ufunc(ufunc: Any) -> None:
    m = np.arange(1.0, 7.0).reshape(2, 3)
    np.testing.assert_array_equal(ufunc.accumulate(tg.Tensor(m)).data, ufunc.accumulate(m))
    np.testing.assert_array_equal(ufunc.accumulate(tg.Tensor(m), 1).data, ufunc.accumulate(m, 1))


def test_all_pairs_by_a_ufunc(y: tg.Tensor) -> None:
    m = np.arange(6.0).reshape(2, 3)
    pairs = np.subtract.outer(m, y)
    assert isinstance(pairs, tg.Tensor)
    np.testing.assert_array_equal(pairs.data, np.subtract.outer(m, y.data))


ANSWERS: dict[str, Callable[[Any], Any]] = {
    "np.shape": np.shape,
    "np.ndim": np.ndim,
    "np.size": np.size,
    "np.allclose": lambda t: np.allclose(t, [2.0, 4.0, 6.0]),
    "np.array_equal": lambda t: np.array_equal(t, [2.0, 4.0, 6.0]),
    "np.result_type": lambda t: np.result_type(t, np.float32),
    "np.iscomplexobj": np.iscomplexobj,
    "np.zeros_like": lambda t: np.zeros_like(t).tolist(),
    "np.array_repr": np.array_repr,
}


@pytest.mark.parametrize("name", ANSWERS)
def test_questions_are_answered_on_the_values(name: str, y: tg.Tensor) -> None:
    answer = ANSWERS[name](y)
    assert not isinstance(answer, tg.Tensor)
    assert answer == ANSWERS[name](y.data)


@pytest.mark.parametrize("operand", ["text", None, [None], object()], ids=repr)
def test_an_operand_that_is_no_number(operand: Any, x: tg.Tensor) -> None:
    with pytest.raises(ArgumentError, match="operand must be a tensor, an array or a number"):
        tg.add(x, operand)


LISTS: dict[str, Callable[[Any], Any]] = {
    "beside a tensor": lambda t: tg.multiply(tg.exp(t), [t, 1.0]),
    "alone": lambda t: tg.exp([t, 2.0]),
    "nested": lambda t: tg.sum([[t, 1.0], [2.0, t]], axis=0),
    "among arrays": lambda t: tg.maximum(np.array([0.0, 5.0]), [t, t]),
}


@pytest.mark.parametrize("how", LISTS)
def test_a_list_with_tensors_in_it_is_an_operand_that_keeps_its_history(how: str) -> None:
    leaf = tg.Tensor(1.5)
    LISTS[how](leaf).sum().backward()
    h = 1e-6
    ahead, behind = (float(np.sum(tg.ops.sum(LISTS[how](1.5 + d)))) for d in (h, -h))
    assert leaf.grad == pytest.approx((ahead - behind) / (2 * h), rel=1e-8)
