"""``check_grads``: that it passes what is right, finds each way to be wrong, and is itself right.

The wrong rows are made without a constructor of rows, so that the registry never hears of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from op_cases import Case, OpSpec
from op_specs import SMOOTH, params_of
from tensorgraph.errors import ArgumentError, GradientError
from tensorgraph.primitive import REGISTRY, Primitive
from tensorgraph.testing import check_grads

X = np.array([0.3, -0.7, 1.1])
Y = np.array([1.5, 0.4, -2.0])


def row(kind: str, forward: Callable[..., Any], *rules: Any, **options: Any) -> Primitive:
    return Primitive(kind, forward, rules, name="row", **options)


def checks(f: Callable[..., Any], *args: Any, **options: Any) -> None:
    check_grads(lambda *xs: f(*xs), args, **options)


# --- what is right -------------------------------------------------------------------------------

RIGHT: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "elementwise": (row("elementwise", np.sin, lambda g, y, x: g * tg.cos(x)), (X,)),
    "linear": (row("linear", lambda x: 3 * x, lambda g, y, x: 3 * g), (X,)),
    "bilinear": (
        row("bilinear", np.multiply, lambda g, z, x, y: g * y, lambda g, z, x, y: g * x),
        (X, Y),
    ),
    "custom": (row("custom", np.square, lambda g, y, x: g * 2 * x), (X,)),
    "nondifferentiable": (row("nondifferentiable", np.floor, None), (X,)),
    "fused": (row("fused", np.exp, lambda g, y, x: g * y, definition=lambda x: tg.exp(x)), (X,)),
    "no row at all": (lambda x, y: tg.sum(x * tg.exp(y)), (X, Y)),
}


@pytest.mark.parametrize("kind", RIGHT)
def test_it_passes_what_is_right(kind: str) -> None:
    f, args = RIGHT[kind]
    checks(f, *args)


def test_the_rows_made_here_are_not_registered() -> None:
    assert "row" not in REGISTRY


# --- what is wrong -------------------------------------------------------------------------------

WRONG: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "sign": (row("elementwise", np.sin, lambda g, y, x: -g * tg.cos(x)), (X,)),
    "factor": (row("elementwise", np.sin, lambda g, y, x: 1.00001 * g * tg.cos(x)), (X,)),
    "zero": (row("elementwise", np.sin, None), (X,)),
    "function": (row("elementwise", np.sin, lambda g, y, x: g * tg.sin(x)), (X,)),
    "operands swapped": (
        row("bilinear", np.multiply, lambda g, z, x, y: g * x, lambda g, z, x, y: g * y),
        (X, Y),
    ),
    "second operand only": (
        row("bilinear", np.multiply, lambda g, z, x, y: g * y, lambda g, z, x, y: g * y),
        (X, Y),
    ),
    "one element": (
        row("custom", np.exp, lambda g, y, x: g * y * np.array([1.0, 1.0, 0.5])),
        (X,),
    ),
    "not a number": (row("elementwise", np.exp, lambda g, y, x: g * np.nan), (X,)),
    "kernel of a fused row": (
        row("fused", np.exp, lambda g, y, x: 2 * g * y, definition=lambda x: tg.exp(x)),
        (X,),
    ),
    "definition of a fused row": (
        row("fused", np.exp, lambda g, y, x: g * y, definition=lambda x: tg.exp(2 * x)),
        (X,),
    ),
    "called linear, and is not": (row("linear", np.square, lambda g, y, x: g * 2 * x), (X,)),
    "called elementwise, and is not": (
        row("elementwise", lambda x: x[::-1] * Y, lambda g, y, x: (g * Y)[::-1]),
        (X,),
    ),
    "called nondifferentiable, and is not": (row("nondifferentiable", np.exp, None), (X,)),
}


@pytest.mark.parametrize("fault", WRONG)
def test_it_finds_what_is_wrong(fault: str) -> None:
    f, args = WRONG[fault]
    with pytest.raises(GradientError, match="disagrees with central differences"):
        checks(f, *args, order=1)


SECOND_ORDER_FAULTS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "a rule in raw NumPy": (
        row("elementwise", np.sin, lambda g, y, x: g * np.cos(getattr(x, "data", x))),
        (X,),
    ),
    "a rule that uses a wrong row": (
        row(
            "elementwise",
            np.square,
            lambda g, y, x: g * row("linear", lambda x: 2 * x, lambda g, y, x: g)(x),
        ),
        (X,),
    ),
}


@pytest.mark.parametrize("fault", SECOND_ORDER_FAULTS)
def test_it_finds_what_is_wrong_to_second_order_only(fault: str) -> None:
    f, args = SECOND_ORDER_FAULTS[fault]
    checks(f, *args, order=1)
    with pytest.raises(GradientError, match="order 1"):
        checks(f, *args, order=2)


def test_its_message_names_function_argument_and_values() -> None:
    wrong, args = WRONG["operands swapped"]

    def swapped_product(x: Any, y: Any) -> Any:
        return wrong(x, y)

    with pytest.raises(
        GradientError, match=r"(?s)swapped_product: vjp .*argument 0.*largest error"
    ):
        check_grads(swapped_product, args)


@pytest.mark.parametrize("order", [0, -1])
def test_orders_below_one_are_refused(order: int) -> None:
    with pytest.raises(ArgumentError, match=f"order is {order}"):
        checks(tg.exp, X, order=order)


def test_arguments_are_not_written_to() -> None:
    x = X.copy()
    x.flags.writeable = False
    checks(tg.exp, x)


# --- is it right? A plain central difference beside it -------------------------------------------

WITNESSES = {"exp", "power", "where", "matmul", "sum", "softmax", "max", "index", "dense"}


def plain_jacobian(f: Callable[[Any], Any], x: np.ndarray) -> np.ndarray:
    """(f(x + h e) - f(x - h e)) / 2h for each element e: one column each."""
    h = 1e-6
    columns = []
    for i in range(x.size):
        e = np.zeros(x.size)
        e[i] = h
        e = e.reshape(x.shape)
        columns.append((np.ravel(f(x + e)) - np.ravel(f(x - e))) / (2 * h))
    return np.array(columns).T


@pytest.mark.parametrize(
    ("spec", "case"),
    params_of(
        *{
            spec.name: (spec, case) for spec, case in reversed(SMOOTH) if spec.name in WITNESSES
        }.values()
    ),
)
def test_jacobians_agree_with_a_plain_central_difference(spec: OpSpec, case: Case) -> None:
    f = spec.of_variables(case)
    points = [case.operands[i] for i in spec.variables(case)]
    for i, x in enumerate(points):
        swept = tg.jacobian(f, i)(*points)
        plain = plain_jacobian(lambda x, i=i: f(*points[:i], x, *points[i + 1 :]), x)
        np.testing.assert_allclose(swept.reshape(-1, x.size), plain, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", ["exp", "tanh", "softmax", "logsumexp"])
def test_hessians_agree_with_a_plain_central_difference_of_gradients(name: str) -> None:
    def f(x: Any) -> Any:
        return tg.sum(getattr(tg, name)(x) * np.array([1.0, -2.0, 0.5]))

    np.testing.assert_allclose(
        tg.hessian(f)(X), plain_jacobian(tg.grad(f), X), rtol=1e-6, atol=1e-8
    )
