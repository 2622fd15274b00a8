"""Operations of one's own: every kind of row, what a rule is given, and what is refused."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import extend
from tensorgraph.errors import ArgumentError, PerformanceWarning, RuleError, ShapeError
from tensorgraph.extend import (
    ELEMENTWISE,
    LEADING,
    NO_RULE,
    Primitive,
    bilinear,
    custom,
    elementwise,
    fused,
    linear,
    nondifferentiable,
)
from tensorgraph.primitive import REGISTRY
from tensorgraph.testing import check_grads, check_rule

X = np.array([-1.0, 0.5, 2.0])
Y = np.array([1.5, 0.4, -2.0])
M = np.array([[0.3, -0.7, 1.1], [1.3, 0.2, -0.4]])


@pytest.fixture(autouse=True)
def registry() -> Iterator[None]:
    """The rows made in a test go with it."""
    before = dict(REGISTRY)
    yield
    REGISTRY.clear()
    REGISTRY.update(before)


def values(x: Any) -> Any:
    return x.data if isinstance(x, tg.Tensor) else x


# --- a row of each kind --------------------------------------------------------------------------


def cube() -> Primitive:
    return elementwise(lambda x: x**3, lambda g, y, x: g * 3 * x**2, name="cube")


def cubic_root() -> Primitive:
    """Of a ufunc, whose name it takes."""
    REGISTRY.pop("cbrt", None)
    return elementwise(np.cbrt, lambda g, y, x: g / (3 * y**2))


def softened() -> Primitive:
    return elementwise(
        lambda x, y: np.sqrt(x * x + y * y + 1),
        lambda g, z, x, y: g * x / z,
        lambda g, z, x, y: g * y / z,
        name="softened",
    )


def every_second() -> Primitive:
    @linear.rules(_spread_out, batch=LEADING)
    def every_second(x: Any) -> Any:
        """Every second element of the last axis."""
        return x[..., ::2]

    return every_second


def _spread_out(g: Any, y: Any, x: Any) -> Any:
    """The reverse: zeros in between."""
    t = tg.zeros(x.shape)
    t[..., ::2] = g
    return t


def turned() -> Primitive:
    return linear(
        lambda x, steps=1: np.roll(x, steps),
        lambda g, y, x, steps: tg.roll(g, -steps),
        name="turned",
    )


def area() -> Primitive:
    return bilinear(
        lambda w, h: w * h, lambda g, y, w, h: g * h, lambda g, y, w, h: g * w, name="area"
    )


def length() -> Primitive:
    return custom(lambda x: np.sqrt(np.sum(x * x)), lambda g, y, x: g * x / y, name="length")


def chosen() -> Primitive:
    """An operand by which there is no derivative: the index."""

    def forward(x: Any, i: Any) -> Any:
        return x[i]

    def rule(g: Any, y: Any, x: Any, i: Any) -> Any:
        t = tg.zeros(x.shape)
        t[i] = g
        return t

    return custom(forward, rule, None, name="chosen")


def total() -> Primitive:
    return linear(
        lambda *xs: np.sum(np.stack(xs), axis=0),
        lambda i, g, y, *xs: g,
        name="total",
        variadic=True,
        batch=lambda mapped, *xs: row_total(*xs),
    )


def row_total(*xs: Any) -> Any:
    most = max(np.ndim(x) for x in xs)
    result: Any = 0.0
    for x in xs:
        result = result + (x if np.ndim(x) == most else np.expand_dims(x, 0))
    return result


def soft_plus() -> Primitive:
    return fused(
        lambda x: np.log1p(np.exp(x)),
        lambda g, y, x: g * (1 - np.exp(-y)),
        name="soft_plus",
        definition=lambda x: tg.log(1 + tg.exp(x)),
    )


def steps() -> Primitive:
    return nondifferentiable(lambda x: np.floor(2 * x) / 2, name="steps")


def squared_length() -> Primitive:
    """Real of complex: the cotangent of x = a + ib is dy/da - i dy/db."""
    return custom(lambda x: np.sum(abs(x) ** 2), lambda g, y, x: 2 * g * tg.conj(x), name="squared")


ROWS: dict[str, tuple[Callable[[], Primitive], tuple[Any, ...], dict[str, Any]]] = {
    "elementwise": (cube, (X,), {}),
    "elementwise, 0-d": (cube, (np.array(0.7),), {}),
    "elementwise, empty": (cube, (np.zeros((0, 3)),), {}),
    "elementwise, complex": (cube, (X + 1j * Y,), {}),
    "elementwise of a ufunc": (cubic_root, (X,), {}),
    "elementwise of two that broadcast": (softened, (M, X), {}),
    "linear": (every_second, (M,), {}),
    "linear with metadata": (turned, (X,), {"steps": 2}),
    "bilinear": (area, (X, Y), {}),
    "custom": (length, (X,), {}),
    "custom with a constant": (chosen, (M, np.array([1, 0])), {}),
    "variadic": (total, (X, Y, X), {}),
    "fused": (soft_plus, (M,), {}),
    "nondifferentiable": (steps, (X,), {}),
    "custom, complex": (squared_length, (X + 1j * Y,), {}),
}


@pytest.mark.parametrize("kind", ROWS)
def test_a_row_of_each_kind_is_right(kind: str) -> None:
    make, operands, params = ROWS[kind]
    check_rule(make(), *operands, **params)


@pytest.mark.parametrize("kind", ROWS)
def test_a_row_is_recorded_under_its_name_with_the_value_of_its_forward(kind: str) -> None:
    make, operands, params = ROWS[kind]
    row = make()
    tensors = [tg.Tensor(x) for x in operands]
    y = row(*tensors, **params)
    assert y._node.primitive is row
    assert row.name in repr(tg.tape(y))
    np.testing.assert_array_equal(y.data, row.forward(*operands, **params))
    assert not isinstance(row(*operands, **params), tg.Tensor)


@pytest.mark.parametrize("kind", ROWS)
def test_a_row_works_in_every_transform(kind: str) -> None:
    """Forward mode comes from its kind, second derivatives from its rules."""
    make, operands, params = ROWS[kind]
    row, x = make(), operands[0]

    def f(x: Any) -> Any:
        y = row(x, *operands[1:], **params)
        return tg.sum(tg.real(y * tg.conj(y)))

    _, tangent = tg.jvp(f, (x,), (np.ones_like(x),))
    np.testing.assert_allclose(tangent, np.sum(tg.grad(f)(x)).real, atol=1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PerformanceWarning)
        gradients = tg.vmap(tg.grad(f))(np.stack([x, 2 * x]))
    np.testing.assert_allclose(gradients, [tg.grad(f)(x), tg.grad(f)(2 * x)], atol=1e-12)


def test_single_precision_stays_single() -> None:
    y, pullback = tg.vjp(cube(), X.astype(np.float32))
    assert y.dtype == np.float32
    assert pullback(np.ones(3))[0].dtype == np.float32


# --- what a rule and a forward are given ---------------------------------------------------------


def test_a_rule_is_given_the_cotangent_the_result_the_operands_and_all_metadata() -> None:
    given: list[Any] = []

    def rule(g: Any, y: Any, x: Any, **params: Any) -> Any:
        given.append((g, y, x, params))
        return g * params["a"]

    def forward(x: Any, a: float = 2.0, b: Any = None) -> Any:
        return a * x

    row = linear(forward, rule, name="scaled")
    y = row(tg.Tensor(X), b="text")
    y.backward(Y)
    ((g, result, x, params),) = given
    assert params == {"a": 2.0, "b": "text"}
    for ours, expected in ((g, Y), (result, 2 * X), (x, X)):
        assert isinstance(ours, np.ndarray)
        np.testing.assert_array_equal(ours, expected)


def test_operands_and_metadata_by_position_and_by_name() -> None:
    row = turned()
    expected = np.roll(X, 2)
    for y in (row(tg.Tensor(X), 2), row(tg.Tensor(X), steps=2), row(x=tg.Tensor(X), steps=2)):
        np.testing.assert_array_equal(y.data, expected)
    np.testing.assert_array_equal(row(tg.Tensor(X)).data, np.roll(X, 1))
    np.testing.assert_array_equal(row(X, 2), expected)


def test_positions_that_numpy_has_and_the_row_has_not() -> None:
    def summed(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return np.sum(x, axis=axis, keepdims=keepdims)

    row = linear(
        summed,
        lambda g, y, x, axis, keepdims: g * np.ones(x.shape),
        positions="axis dtype out keepdims",
    )
    assert row(tg.Tensor(M), 1, None, None, True).shape == (2, 1)
    with pytest.raises(ArgumentError, match=r"summed\(\).*dtype=.*\.astype"):
        row(tg.Tensor(M), 1, np.float32)
    with pytest.raises(ArgumentError, match=r"summed\(\).*out=.*returns"):
        row(tg.Tensor(M), out=np.zeros(2))


MISCALLED: dict[str, tuple[Callable[[Primitive], Any], str]] = {
    "an unknown keyword": (lambda row: row(X, foo=1), r"turned\(\).*foo=.*it takes steps"),
    "too many": (lambda row: row(X, 1, 2), r"turned\(\) was given 3 arguments"),
    "twice": (lambda row: row(X, 1, steps=2), r"turned\(\) was given steps twice"),
    "no operand": (lambda row: row(), r"turned\(\) needs its operand x"),
    "a tensor as metadata": (
        lambda row: row(tg.Tensor(X), tg.Tensor(1)),
        r"turned\(\) was given a tensor as steps.*no rule",
    ),
}


@pytest.mark.parametrize("how", MISCALLED)
def test_a_wrong_call_is_refused_by_name(how: str) -> None:
    call, message = MISCALLED[how]
    with pytest.raises(ArgumentError, match=message):
        call(turned())


# --- operands without a rule ---------------------------------------------------------------------


def half_ruled() -> Primitive:
    def scaled(x: Any, factor: Any) -> Any:
        return x * factor

    return custom(scaled, lambda g, y, x, factor: g * factor, NO_RULE)


def test_an_operand_without_a_rule_is_refused_by_name_when_it_is_a_tensor() -> None:
    row = half_ruled()
    for call in (
        lambda: row(X, tg.Tensor(Y)),
        lambda: row(tg.Tensor(X), tg.Tensor(Y)),
        lambda: row(X, factor=tg.Tensor(Y)),
        lambda: tg.grad(lambda y: tg.sum(row(X, y)))(Y),
    ):
        with pytest.raises(RuleError, match=r"scaled\(\).*'factor'.*t\.data"):
            call()


def test_the_mend_of_that_works() -> None:
    x, factor = tg.Tensor(X), tg.Tensor(Y)
    row = half_ruled()
    tg.sum(row(x, factor.data)).backward()
    np.testing.assert_array_equal(x.grad, Y)


def test_whole_numbers_and_what_is_not_recorded_need_no_rule() -> None:
    row = half_ruled()
    np.testing.assert_array_equal(row(tg.Tensor(X), tg.Tensor([1, 2, 3])).data, X * [1, 2, 3])
    with tg.no_grad():
        np.testing.assert_array_equal(row(X, tg.Tensor(Y)).data, X * Y)
    np.testing.assert_array_equal(row(X, Y), X * Y)


def test_the_operand_that_has_a_rule_can_be_checked() -> None:
    check_rule(half_ruled(), X, Y)


def test_a_row_without_any_rules_refuses_every_operand() -> None:
    row = custom(lambda a, b: a * b, name="product")
    np.testing.assert_array_equal(row(X, Y), X * Y)
    for operands, name in (((tg.Tensor(X), Y), "a"), ((X, tg.Tensor(Y)), "b")):
        with pytest.raises(RuleError, match=rf"product\(\).*'{name}'"):
            row(*operands)
    with pytest.raises(RuleError, match=r"product\(\)"):
        check_rule(row, X, Y)


def test_a_ufunc_without_any_rules_refuses_too() -> None:
    row = elementwise(np.gcd)
    with pytest.raises(RuleError, match=r"gcd\(\) has no derivative rule for its argument 0"):
        row(tg.Tensor(X), 2)


def test_a_variadic_operand_without_a_rule_is_named_by_its_number() -> None:
    row = linear(lambda *xs: sum(xs), lambda i, g, y, *xs: g, NO_RULE, name="first", variadic=True)
    row(tg.Tensor(X), Y)
    with pytest.raises(RuleError, match=r"first\(\).*argument 1"):
        row(X, tg.Tensor(Y))


def test_none_is_a_rule_of_zero() -> None:
    row = custom(
        lambda x, y: x * np.sign(y), lambda g, z, x, y: g * np.sign(y), None, name="signed"
    )
    x, y = tg.Tensor(X), tg.Tensor(Y)
    tg.sum(row(x, y)).backward()
    np.testing.assert_array_equal(x.grad, np.sign(Y))
    assert y.grad is None


# --- batches -------------------------------------------------------------------------------------


def reversed_first(**options: Any) -> Primitive:
    """It reverses the first axis: in a batch, the second."""
    return linear(lambda x: x[::-1], lambda g, y, x: g[::-1], name="reversed_first", **options)


def test_a_row_that_knows_nothing_of_batches_is_called_for_each_with_a_warning() -> None:
    row = reversed_first()
    with pytest.warns(PerformanceWarning, match=r"reversed_first\(\) once for each.*batch="):
        ours = tg.vmap(lambda x: row(x))(M)
    np.testing.assert_array_equal(ours, M[:, ::-1])


def test_a_rule_for_batches() -> None:
    row = reversed_first(batch=lambda mapped, x: x[:, ::-1])
    np.testing.assert_array_equal(tg.vmap(lambda x: row(x))(M), M[:, ::-1])
    check_rule(row, X)


def test_a_rule_for_batches_is_told_which_operands_have_examples() -> None:
    told: list[Any] = []

    def batch(mapped: Any, x: Any, y: Any, sign: float) -> Any:
        told.append((list(mapped), x.shape, y.shape, sign))
        x = x if mapped[0] else x[None]
        y = y if mapped[1] else y[None]
        return sign * np.sum(x * y, axis=1)

    def product(x: Any, y: Any, sign: float = 1.0) -> Any:
        return sign * np.dot(x, y)

    row = bilinear(
        product,
        lambda g, z, x, y, sign: sign * g * y,
        lambda g, z, x, y, sign: sign * g * x,
        batch=batch,
    )
    pairs = np.stack([X, Y])
    for axes in ((0, 0), (0, None), (None, 0)):
        x, y = (pairs if axis == 0 else X for axis in axes)
        ours = tg.vmap(lambda x, y: row(x, y, -1.0), axes)(x, y)
        each = [
            -np.dot(pairs[i] if axes[0] == 0 else X, pairs[i] if axes[1] == 0 else X)
            for i in range(2)
        ]
        np.testing.assert_allclose(values(ours), each)
    assert told[0] == ([True, True], (2, 3), (2, 3), -1.0)
    assert [mapped for mapped, *_ in told] == [[True, True], [True, False], [False, True]]


@pytest.mark.parametrize(
    ("batch", "forward"),
    [(ELEMENTWISE, lambda x: 2 * x), (LEADING, lambda x: np.linalg.inv(x))],
    ids=["elementwise", "leading"],
)
def test_the_ready_rules_for_batches(batch: Any, forward: Any) -> None:
    row = custom(forward, lambda g, y, x: g, name="row", batch=batch)
    xs = np.stack([np.eye(2) * 2, np.eye(2) * 4 + 1])
    np.testing.assert_allclose(tg.vmap(lambda x: row(x))(xs), [forward(x) for x in xs])


def test_a_fused_row_needs_no_rule_for_batches() -> None:
    row = soft_plus()
    ours = tg.vmap(tg.grad(lambda x: tg.sum(row(x))))(M)
    np.testing.assert_allclose(ours, 1 / (1 + np.exp(-M)))


# --- fused rows ----------------------------------------------------------------------------------


def counted() -> tuple[Primitive, list[str]]:
    """A fused row that notes what of it is called."""
    calls: list[str] = []

    def note(what: str, result: Any) -> Any:
        calls.append(what)
        return result

    row = fused(
        lambda x: note("forward", np.square(x)),
        lambda g, y, x: note("kernel", 2 * g * x),
        name="counted",
        definition=lambda x: note("definition", x * x),
    )
    return row, calls


def test_first_derivatives_take_the_kernels_and_second_the_definition() -> None:
    row, calls = counted()
    first = tg.grad(lambda x: tg.sum(row(x)))
    np.testing.assert_array_equal(first(X), 2 * X)
    assert calls == ["forward", "kernel"]
    calls.clear()
    np.testing.assert_array_equal(tg.grad(lambda x: tg.sum(first(x)))(X), [2.0, 2.0, 2.0])
    assert "definition" in calls
    assert "kernel" not in calls


# --- what cannot be right is refused at once -----------------------------------------------------


def test_a_name_is_taken_once() -> None:
    cube()
    with pytest.raises(ArgumentError, match="already a primitive called 'cube'"):
        cube()
    with pytest.raises(ArgumentError, match="already a primitive called 'exp'"):
        elementwise(np.exp, lambda g, y, x: g * y)


def test_a_cell_of_a_notebook_may_be_run_again() -> None:
    cell = "row = elementwise(f, lambda g, y, x: 2 * g)\ndef f(x):\n    return 2 * x\n"
    first, last = cell.split("\n", 1)
    here = {"__name__": "__main__", "elementwise": elementwise}
    for _ in range(2):
        exec(last + first, here)
    assert REGISTRY["f"] is here["row"]
    with pytest.raises(ArgumentError, match="already a primitive called 'exp'"):
        exec("def exp(x):\n    return x\nelementwise(exp, lambda g, y, x: g)", here)


def test_a_lambda_needs_a_name() -> None:
    with pytest.raises(ArgumentError, match="name="):
        elementwise(lambda x: 2 * x, lambda g, y, x: 2 * g)


def test_a_fused_row_needs_its_expression() -> None:
    with pytest.raises(ArgumentError, match=r"kernel\(\).*definition="):
        fused(lambda x: 2 * x, lambda g, y, x: 2 * g, name="kernel")


def test_more_rules_than_operands_are_refused() -> None:
    with pytest.raises(ArgumentError, match=r"double\(\) takes 1 .*2 rules"):
        elementwise(lambda x: 2 * x, lambda g, y, x: 2 * g, lambda g, y, x: g, name="double")


def test_several_results_are_refused_with_the_mend() -> None:
    row = custom(lambda x: (x, x), lambda g, y, x: g, name="pair")
    with pytest.raises(RuleError, match=r"pair\(\) gives a tuple.*one array"):
        row(tg.Tensor(X))


def test_a_tensor_among_the_metadata_is_refused_where_the_result_is_one() -> None:
    row = linear(lambda x, a=1.0: a * x, lambda g, y, x, a: a * g, name="scaled")
    with pytest.raises(RuleError, match=r"scaled\(\) gives a Tensor.*rule"):
        row(tg.Tensor(X), a=tg.Tensor(2.0))


def test_a_rule_that_gives_another_shape_is_refused() -> None:
    row = custom(lambda x: x[1:], lambda g, y, x: g, name="shorter")
    with pytest.raises(ShapeError, match=r"cotangent of shape \(2,\) .*operand of shape \(3,\)"):
        row(tg.Tensor(X)).backward(np.ones(2))


def test_a_forward_may_give_a_number() -> None:
    row = custom(lambda x: float(np.sum(x)), lambda g, y, x: g * np.ones(3), name="added")
    y = row(tg.Tensor(X))
    y.backward()
    assert (y.shape, y.dtype, y.item()) == ((), np.float64, 1.5)


def test_a_refused_row_is_not_registered() -> None:
    before = set(REGISTRY)
    with pytest.raises(ArgumentError):
        fused(lambda x: 2 * x, lambda g, y, x: 2 * g, name="kernel")
    assert set(REGISTRY) == before


# --- among the others ----------------------------------------------------------------------------


def test_a_row_in_a_formula_with_others() -> None:
    row, root = cube(), length()
    check_grads(lambda x, y: root(row(x) + tg.exp(y)) * tg.sum(row(y)), (X, Y))


def test_a_row_in_a_layer_is_trained() -> None:
    row = cube()

    class Cubed(tg.nn.Layer):
        def forward(self, x: Any, training: bool) -> Any:
            return row(x)

    layers = [tg.nn.Dense(1, 1, dtype=np.float64), Cubed()]
    (w, b) = layers[0].parameters().values()
    x = np.array([[0.5], [1.0]])
    output: Any = x
    for layer in layers:
        output = layer(output, training=True)
    tg.sum(output).backward()
    inner = x * w.data + b.data
    np.testing.assert_allclose(w.grad, [[np.sum(3 * inner**2 * x)]])


def test_its_docstring_and_name_are_those_of_its_forward() -> None:
    def doubled(x: Any) -> Any:
        """Twice ``x``."""
        return 2 * x

    row = linear(doubled, lambda g, y, x: 2 * g)
    assert (row.__name__, row.__doc__, row.name, row.kind) == (
        "doubled",
        "Twice ``x``.",
        "doubled",
        "linear",
    )
    assert repr(row) == "<linear primitive doubled>"


def test_what_extend_offers_is_what_primitive_has() -> None:
    assert all(hasattr(extend, name) for name in extend.__all__)
