"""``backward()``: what a sweep adds up, where it stops, and that it leaves nothing half done."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.errors import (
    ConstantLossWarning,
    DTypeError,
    GraphError,
    IntegerVariableWarning,
    ShapeError,
)
from tensorgraph.primitive import Primitive

CHAIN = 100_000


def no_rule(g: Any, y: Any, x: Any) -> Any:
    raise AssertionError("the sweep came where it has no business")


# Made without a constructor of rows, so that the registry does not know it.
untouchable = Primitive("custom", lambda x: x * 1.0, (no_rule,), name="untouchable")


# --- sums over paths -----------------------------------------------------------------------------


def test_a_value_used_twice() -> None:
    a = tg.Tensor(3.0)
    b = a + a
    c = b + b
    c.backward()
    assert a.grad == 4.0


@pytest.mark.parametrize("n", [1, 2, 10, 50])
def test_doubling_n_times(n: int) -> None:
    a = tg.Tensor(1.0)
    b = a
    for _ in range(n):
        b = b + b
    b.backward()
    assert a.grad == 2.0**n


def test_paths_of_different_length() -> None:
    x = tg.Tensor(2.0)
    y = x * x
    (y * x + y).backward()
    assert x.grad == 3 * 4 + 2 * 2


def test_a_second_backward_adds_the_same_once_more() -> None:
    x = tg.Tensor(np.linspace(0.1, 1.0, 5))
    loss = tg.sum(tg.tanh(x) * tg.exp(x) / x)
    loss.backward()
    once = x.grad.copy()
    loss.backward()
    np.testing.assert_array_equal(x.grad, once + once)


def test_gradients_of_two_losses_add_up() -> None:
    x = tg.Tensor([1.0, 2.0])
    (x * 3).sum().backward()
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [3 + 2, 3 + 4])


def test_a_gradient_set_to_none_starts_over() -> None:
    x = tg.Tensor([1.0, 2.0])
    (x * 3).sum().backward()
    x.grad = None
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [2, 4])


def test_backward_of_a_variable_itself() -> None:
    x = tg.Tensor(5.0)
    with pytest.warns(ConstantLossWarning):
        x.backward()
    assert x.grad == 1.0


# --- arrays among tensors ------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["left", "right"])
def test_an_array_times_a_tensor_records(side: str) -> None:
    array, x = np.array([2.0, 3.0]), tg.Tensor([1.0, 1.0])
    y = array * x if side == "left" else x * array
    assert isinstance(y, tg.Tensor)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, array)


def test_an_array_matmul_a_tensor_records() -> None:
    array, x = np.arange(6.0).reshape(2, 3), tg.Tensor([1.0, 1.0, 1.0])
    y = array @ x
    assert isinstance(y, tg.Tensor)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, array.sum(0))


# --- where the sweep goes ------------------------------------------------------------------------


def test_gradients_stay_with_variables() -> None:
    x = tg.Tensor(2.0)
    y = x * x
    (y * y).backward()
    assert y.grad is None


def test_a_variable_that_is_not_involved_has_no_gradient() -> None:
    x, other = tg.Tensor(2.0), tg.Tensor(3.0)
    (x * x).backward()
    assert other.grad is None


def test_a_branch_that_is_not_used_is_not_swept() -> None:
    x = tg.Tensor(2.0)
    unused = untouchable(x)
    (x * x).backward()
    assert x.grad == 4.0
    assert unused.data == 2.0


def test_constants_are_not_asked_for_a_derivative() -> None:
    product = Primitive(
        "bilinear", np.multiply, (lambda g, z, x, y: g * y, no_rule), name="one-sided product"
    )
    x = tg.Tensor(2.0)
    product(x, np.array(5.0)).backward()
    assert x.grad == 5.0


def test_a_transform_never_visits_what_is_older_than_its_variable() -> None:
    old = untouchable(tg.Tensor(3.0))
    assert tg.grad(lambda x: x * old)(2.0).item() == 3.0


def test_a_transform_does_not_visit_branches_without_its_variable() -> None:
    outer = tg.Tensor(3.0)
    assert tg.grad(lambda x: x * untouchable(outer))(2.0).item() == 3.0


# --- nothing is left half done -------------------------------------------------------------------


def test_an_error_in_a_rule_leaves_every_gradient_as_it_was() -> None:
    def fails(g: Any, y: Any, x: Any) -> Any:
        raise ValueError("no derivative today")

    broken = Primitive("custom", lambda x: x * 1.0, (fails,), name="broken")
    first, second = tg.Tensor(1.0), tg.Tensor(2.0)
    (first * 1.0).backward()
    loss = broken(second) + first
    with pytest.raises(ValueError, match="no derivative today"):
        loss.backward()
    assert first.grad == 1.0
    assert second.grad is None


def test_backward_of_more_than_one_number_asks_for_a_direction() -> None:
    x = tg.Tensor([1.0, 2.0], name="x")
    with pytest.raises(ShapeError, match=r"multiply.*\(2,\).*gradient="):
        (x * x).backward()
    assert x.grad is None


@pytest.mark.parametrize("direction", [[1.0, -1.0], np.array([1.0, -1.0]), tg.Tensor([1.0, -1.0])])
def test_backward_along_a_direction(direction: Any) -> None:
    x = tg.Tensor([1.0, 2.0])
    (x * x).backward(direction)
    np.testing.assert_array_equal(x.grad, [2.0, -4.0])


def test_a_direction_of_another_shape_is_refused() -> None:
    x = tg.Tensor([1.0, 2.0])
    with pytest.raises(ShapeError, match=r"gradient=.*\(3,\).*\(2,\)"):
        (x * x).backward(np.ones(3))


def test_an_array_of_one_element_needs_no_direction() -> None:
    x = tg.Tensor([[3.0]])
    (x * x).backward()
    np.testing.assert_array_equal(x.grad, [[6.0]])


def test_a_gradient_by_whole_numbers_alone_is_refused() -> None:
    x = tg.Tensor([1, 2])
    with pytest.raises(DTypeError, match=r"int64.*float"):
        (x * 0.5).sum().backward()
    assert x.grad is None


def test_whole_numbers_among_floats_are_constants() -> None:
    x, labels = tg.Tensor([0.5, 1.5]), tg.Tensor([1, 2])
    with pytest.warns(IntegerVariableWarning):
        ((x - labels) * 0.25).sum().backward()
    np.testing.assert_array_equal(x.grad, [0.25, 0.25])
    assert labels.grad is None


def test_a_variable_written_to_since_is_noticed() -> None:
    weights = tg.Tensor([1.0, 2.0], name="weights")
    loss = tg.sum(weights * weights)
    weights.data = [3.0, 4.0]
    with pytest.raises(GraphError, match=r"'weights'.*draw or differentiate before step\(\)"):
        loss.backward()
    assert weights.grad is None


# --- depth ---------------------------------------------------------------------------------------


def test_a_deep_chain_forward_backward_and_freed() -> None:
    x = tg.Tensor(1.0)
    y = x
    for _ in range(CHAIN):
        y = y + 1.0
        if y.data == 2.0:
            first = weakref.ref(y._node)
    assert y.item() == CHAIN + 1
    y.backward()
    assert x.grad == 1.0
    assert len(tg.tape(y)) == CHAIN + 1
    del y
    assert first() is None


@pytest.mark.parametrize("transform", ["grad", "jvp"])
def test_a_deep_chain_through_a_transform(transform: str) -> None:
    def f(x: Any) -> Any:
        for _ in range(20_000):
            x = x * 1.0
        return x

    slope = tg.grad(f)(2.0) if transform == "grad" else tg.jvp(f, (2.0,), (1.0,))[1]
    assert slope == 1.0
