"""``check_grads`` and ``check_rule``: they pass what is right, find what is wrong, and are right.

The wrong rows are made without a constructor of rows, so that the registry never hears of them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from op_cases import Case, OpSpec
from op_specs import SMOOTH, params_of
from tensorgraph.errors import ArgumentError, GradientError, RuleError
from tensorgraph.primitive import LEADING, NO_RULE, REGISTRY, Primitive
from tensorgraph.testing import check_grads, check_rule

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
    with pytest.raises(
        GradientError, match=r"the derivative of .* by argument 0: vjp by argument 0"
    ):
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


def test_its_message_says_which_derivative_is_wrong() -> None:
    """Not "order 2" for a first derivative: the name tells of what it is the derivative."""
    wrong, args = WRONG["sign"]
    with pytest.raises(GradientError, match=r"^row: vjp by argument 0 disagrees"):
        check_grads(_named("row", wrong), args, order=2)


def _named(name: str, f: Callable[..., Any]) -> Callable[..., Any]:
    def call(*xs: Any) -> Any:
        return f(*xs)

    call.__name__ = name
    return call


def test_complex_arguments_are_taken_in_double_precision() -> None:
    z = (X + 1j * Y).astype(np.complex64)
    checks(lambda z: tg.exp(z) * z, z)
    with pytest.raises(GradientError, match="disagrees"):
        checks(row("custom", lambda z: z * np.conj(z), lambda g, y, z: 2 * g * z), z, order=1)


def test_arguments_are_not_written_to() -> None:
    x = X.copy()
    x.flags.writeable = False
    checks(tg.exp, x)


# --- rows: check_rule ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [kind for kind in RIGHT if kind != "no row at all"])
def test_a_right_row_passes(kind: str) -> None:
    f, args = RIGHT[kind]
    check_rule(f, *args)


@pytest.mark.parametrize(
    "fault",
    [fault for fault in WRONG if fault not in {"zero", "called nondifferentiable, and is not"}],
)
def test_a_wrong_row_is_found(fault: str) -> None:
    f, args = WRONG[fault]
    with pytest.raises(GradientError, match=r"row\(\): .*disagrees with central differences"):
        check_rule(f, *args)


@pytest.mark.parametrize("fault", SECOND_ORDER_FAULTS)
def test_a_row_that_is_wrong_to_second_order_only_is_found(fault: str) -> None:
    f, args = SECOND_ORDER_FAULTS[fault]
    check_rule(f, *args, order=1)
    with pytest.raises(GradientError, match=r"the derivative of row\(\)"):
        check_rule(f, *args)


def test_zero_rules_are_taken_at_their_word() -> None:
    """``None`` says that there is no derivative by that operand: it is a constant here."""
    check_rule(row("custom", lambda x, y: x * y, lambda g, z, x, y: g * y, None), X, Y)
    with pytest.raises(GradientError, match="argument 0"):
        check_rule(row("custom", lambda x, y: x * y, lambda g, z, x, y: g * x, None), X, Y)


def test_operands_that_are_no_floats_are_constants() -> None:
    def back(g: Any, y: Any, x: Any, i: Any) -> Any:
        t = tg.zeros(x.shape)
        t[i] = g
        return t

    check_rule(row("custom", lambda x, i: x[i], back, None), X, np.array([2, 0]))


def test_an_operand_without_a_rule_is_a_constant() -> None:
    check_rule(row("custom", lambda x, y: x * y, lambda g, z, x, y: g * y, NO_RULE), X, Y)


def test_a_row_without_rules_cannot_be_checked() -> None:
    with pytest.raises(RuleError, match=r"row\(\)"):
        check_rule(row("custom", lambda x: x, NO_RULE), X)


def test_metadata_goes_by_name() -> None:
    scaled = row("linear", lambda x, a=1.0: a * x, lambda g, y, x, a: a * g)
    check_rule(scaled, X, a=3.0)
    with pytest.raises(ArgumentError, match=r"row\(\) has rules for 1 .* given 2.*by name"):
        check_rule(scaled, X, 3.0)
    wrong = row("linear", lambda x, a=1.0: a * x, lambda g, y, x, a: g)
    check_rule(wrong, X)
    with pytest.raises(GradientError, match="argument 0"):
        check_rule(wrong, X, a=3.0)


def test_numbers_and_single_precision_are_operands() -> None:
    f, _ = RIGHT["custom"]
    check_rule(f, 0.7)
    check_rule(f, X.astype(np.float32))


BATCHED: dict[str, tuple[Any, Any]] = {
    "the wrong axis": (lambda mapped, x: x[::-1], lambda x: x[::-1]),
    "not at all": (lambda mapped, x: x, lambda x: x[::-1]),
    "called leading, and is not": (LEADING, lambda x: x[::-1]),
}


@pytest.mark.parametrize("fault", BATCHED)
def test_a_wrong_rule_for_batches_is_found(fault: str) -> None:
    batch, forward = BATCHED[fault]
    f = row("linear", forward, lambda g, y, x: g[::-1], batch=batch)
    with pytest.raises(GradientError, match=r"row\(\) of a batch .*batch="):
        check_rule(f, X)


def test_a_rule_for_batches_that_is_right_when_all_operands_are_mapped_only() -> None:
    """With one operand the same for all examples it has an axis less."""

    def batch(mapped: Any, x: Any, y: Any) -> Any:
        return x[:, ::-1] * y[:, ::-1]

    f = row(
        "bilinear",
        lambda x, y: x[::-1] * y[::-1],
        lambda g, z, x, y: g[::-1] * y,
        lambda g, z, x, y: g[::-1] * x,
        batch=batch,
    )
    with pytest.raises((GradientError, IndexError, ValueError)):
        check_rule(f, X, Y)


def test_a_row_without_a_rule_for_batches_is_checked_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_rule(row("linear", lambda x: x[::-1], lambda g, y, x: g[::-1]), X)


def test_random_cotangents_are_the_same_each_time() -> None:
    texts = []
    for _ in range(2):
        with pytest.raises(GradientError) as raised:
            check_rule(*WRONG["sign"][:1], X)
        texts.append(str(raised.value))
    assert texts[0] == texts[1]


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
