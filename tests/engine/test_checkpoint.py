"""``checkpoint``: the same values and gradients, with the intermediates forgotten in between.

Read next: ``test_testing``.
"""

from __future__ import annotations

import gc
import tracemalloc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from samples import MATRIX, V, X, cubes, scalars, tangled, vector_function
from tensorgraph import nn
from tensorgraph.errors import GraphError
from tensorgraph.random import generator
from tensorgraph.recording import recording

XS = np.stack([X, 2 * X, X - V])


def close(ours: Any, expected: Any) -> None:
    np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-14, strict=True)


def same(ours: Any, expected: Any) -> None:
    np.testing.assert_array_equal(ours, expected, strict=True)


# --- the same ------------------------------------------------------------------------------------


@scalars
def test_values_and_gradients_are_the_same_to_the_bit(f: Callable[[Any], Any]) -> None:
    value, gradient = tg.value_and_grad(tg.checkpoint(f))(X)
    expected, expected_gradient = tg.value_and_grad(f)(X)
    same(value, expected)
    same(gradient, expected_gradient)


@scalars
def test_backward_is_the_same_to_the_bit(f: Callable[[Any], Any]) -> None:
    x, plain = tg.Tensor(X), tg.Tensor(X)
    tg.checkpoint(f)(x * 2.0).backward()
    f(plain * 2.0).backward()
    same(x.grad, plain.grad)


def test_a_network_to_the_bit() -> None:
    gradients = []
    for wrap in (lambda f: f, tg.checkpoint):
        network = [nn.Dense(3, 8, rng=1), nn.ReLU(), nn.Dense(8, 2, rng=2)]
        x = tg.Tensor(XS.astype(np.float32))

        def block(x: Any, network: Any = network) -> Any:
            for layer in network:
                x = layer(x)
            return x

        tg.sum(wrap(block)(x) ** 2).backward()
        parameters = [p for layer in network for p in layer.parameters().values()]
        gradients.append([x.grad, *(p.grad for p in parameters)])
    for ours, plain in zip(*gradients, strict=True):
        same(ours, plain)


def test_it_keeps_the_name_of_the_function() -> None:
    assert tg.checkpoint(cubes).__name__ == "cubes"


def test_on_arrays_it_is_the_function() -> None:
    out = tg.checkpoint(tangled)(X)
    assert not isinstance(out, tg.Tensor)
    same(out, tangled(X))


def test_without_any_tensor() -> None:
    assert tg.checkpoint(lambda: 3.0)() == 3.0
    assert tg.checkpoint(lambda n, name: (n + 1, name))(2, "two") == (3, "two")


def test_a_result_that_depends_on_no_argument() -> None:
    x = tg.Tensor(X)
    out = tg.checkpoint(lambda x: 2.0)(x)
    assert out == 2.0
    same(tg.grad(lambda x: tg.checkpoint(lambda x: tg.sum(tg.Tensor(V)))(x) * 1.0)(X), np.zeros(3))


def test_the_argument_itself() -> None:
    same(tg.grad(lambda x: tg.sum(tg.checkpoint(lambda x: x)(x) * V))(X), V)


# --- what is remembered --------------------------------------------------------------------------


def test_the_tape_holds_the_call_alone() -> None:
    x = tg.Tensor(X)
    out = tg.checkpoint(tangled)(x)
    assert [node.primitive and node.primitive.name for node in tg.tape(out)] == [None, "checkpoint"]
    assert len(tg.tape(tangled(x))) > 5


def test_the_tape_holds_what_the_function_closes_over() -> None:
    w = tg.Tensor(V)
    out = tg.checkpoint(lambda x: tg.sum(tg.exp(x * w) * w))(tg.Tensor(X))
    assert len(tg.tape(out)) == 3
    assert w._node in tg.tape(out).nodes


def test_intermediates_are_freed() -> None:
    seen: list[Any] = []

    def f(x: Any) -> Any:
        y = tg.exp(x)
        seen.append(weakref.ref(y._node))
        return tg.sum(y * y)

    out = tg.checkpoint(f)(tg.Tensor(X))
    gc.collect()
    assert seen[0]() is None
    kept = f(tg.Tensor(X))
    assert seen[1]() is not None
    assert kept.item() == out.item()


def test_memory() -> None:
    def deep(x: Any) -> Any:
        for _ in range(10):
            x = tg.tanh(x)
        return tg.sum(x)

    x = tg.Tensor(np.ones(100_000))
    sizes = []
    for f in (deep, tg.checkpoint(deep)):
        tracemalloc.start()
        out = f(x)
        sizes.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        assert out.item() > 0
    assert sizes[0] > 10 * 800_000
    assert sizes[1] < 800_000


def test_a_part_of_an_intermediate_does_not_keep_the_whole() -> None:
    x = tg.Tensor(np.ones(100_000))
    tracemalloc.start()
    out = tg.checkpoint(lambda x: tg.exp(x)[:3])(x)
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert out.shape == (3,)
    assert size < 800_000


def test_the_function_is_called_once_more_for_the_sweep() -> None:
    calls = []

    def f(x: Any, w: Any) -> Any:
        calls.append(1)
        return x * w, x + w

    x, w = tg.Tensor(X), tg.Tensor(V)
    first, second = tg.checkpoint(f)(x, w)
    assert len(calls) == 1
    tg.sum(first * second).backward()
    assert len(calls) == 2
    close(x.grad, V * (X + V) + X * V)
    close(w.grad, X * (X + V) + X * V)


def test_the_function_is_called_once_more_for_all_tangents() -> None:
    calls = []

    def f(x: Any, y: Any, z: Any) -> Any:
        calls.append(1)
        return x * y * z

    tangent = tg.jvp(tg.checkpoint(f), (X, V, X), (V, X, V))[1]
    close(tangent, 2 * V * V * X + X * X * X)
    assert len(calls) == 2


# --- arguments and results -----------------------------------------------------------------------


def test_trees_in_and_out() -> None:
    def f(p: Any, q: Any) -> Any:
        return {"a": p["x"] * q[0], "b": (tg.sum(p["x"]), [q[1] * 2.0])}

    def total(f: Callable[..., Any]) -> Callable[..., Any]:
        def g(p: Any, q: Any) -> Any:
            out = f(p, q)
            return tg.sum(out["a"] ** 2) * out["b"][0] + tg.sum(out["b"][1][0] ** 3)

        return g

    args = ({"x": X}, [V, MATRIX])
    ours = tg.grad(total(tg.checkpoint(f)), (0, 1))(*args)
    plain = tg.grad(total(f), (0, 1))(*args)
    for a, b in zip(tg.tree.flatten(ours), tg.tree.flatten(plain), strict=True):
        close(a, b)


def test_results_keep_their_dtypes_and_shapes() -> None:
    x = tg.Tensor(X.astype(np.float32))

    def f(x: Any) -> Any:
        return x * 2, x[0].astype(np.float64), tg.argmax(x), x > 0, x[None]

    for ours, plain in zip(tg.checkpoint(f)(x), f(x), strict=True):
        assert isinstance(ours, tg.Tensor)
        same(ours.data, plain.data)


def test_real_and_complex_results_together() -> None:
    def f(x: Any) -> Any:
        return x * x, x * (1 + 2j)

    real, rotated = tg.checkpoint(f)(tg.Tensor(X))
    same(real.data, X * X)
    same(rotated.data, X * (1 + 2j))

    def g(x: Any) -> Any:
        real, rotated = tg.checkpoint(f)(x)
        return tg.sum(real) + tg.sum(tg.abs(rotated) ** 2)

    close(tg.grad(g)(X), 2 * X + 10 * X)


OTHERS: dict[str, Any] = {
    "text": "name",
    "None": None,
    "a number": 3,
    "an array": V,
    "an object": gc,
}


@pytest.mark.parametrize("what", OTHERS)
def test_results_that_are_no_tensors(what: str) -> None:
    def f(x: Any) -> Any:
        return {"other": OTHERS[what], "y": x * x, "more": (OTHERS[what], tg.exp(x))}

    out = tg.checkpoint(f)(tg.Tensor(X))
    assert out["other"] is OTHERS[what]
    assert out["more"][0] is OTHERS[what]
    same(out["y"].data, X * X)

    def g(x: Any) -> Any:
        out = tg.checkpoint(f)(x)
        return tg.sum(out["y"] * out["more"][1])

    close(tg.grad(g)(X), (2 * X + X * X) * np.exp(X))


def test_one_tensor_beside_something_else() -> None:
    close(tg.grad(lambda x: tg.sum(tg.checkpoint(lambda x: (x * x, "name"))(x)[0]))(X), 2 * X)


@pytest.mark.parametrize("unused", [0, 1])
def test_a_result_that_is_not_used(unused: int) -> None:
    def f(x: Any) -> Any:
        return tg.exp(x), x * x

    ours = tg.grad(lambda x: tg.sum(tg.checkpoint(f)(x)[1 - unused]))(X)
    close(ours, [np.exp(X), 2 * X][1 - unused])


def test_keyword_arguments() -> None:
    f = tg.checkpoint(lambda x, *, w, power: tg.sum(w * x**power))
    x, w = tg.Tensor(X), tg.Tensor(V)
    f(x, w=w, power=2).backward()
    close(x.grad, 2 * X * V)
    close(w.grad, X * X)


def test_arguments_that_are_no_tensors() -> None:
    f = tg.checkpoint(lambda name, x, m, n: tg.sum(m @ x) * n if name == "sum" else x)
    close(tg.grad(lambda x: f("sum", x, MATRIX, 3))(X), 3 * MATRIX.sum(0))


def test_the_same_tensor_twice() -> None:
    close(tg.grad(lambda x: tg.sum(tg.checkpoint(tg.multiply)(x, x)))(X), 2 * X)


# --- what it closes over -------------------------------------------------------------------------


def test_parameters_get_their_gradients() -> None:
    w = tg.Tensor(V)
    tg.sum(tg.checkpoint(lambda x: tg.exp(x * w))(X)).backward()
    close(w.grad, X * np.exp(X * V))


def test_arguments_and_parameters_together() -> None:
    w, x = tg.Tensor(V), tg.Tensor(X)
    tg.sum(tg.checkpoint(lambda x: tg.exp(x * w) * w)(x)).backward()
    close(x.grad, V * V * np.exp(X * V))
    close(w.grad, (1 + X * V) * np.exp(X * V))


def test_an_argument_that_it_also_closes_over() -> None:
    def f(x: Any) -> Any:
        return tg.sum(tg.checkpoint(lambda y: tg.exp(y) * x)(x))

    close(tg.grad(f)(X), (1 + X) * np.exp(X))


def test_computed_tensors_and_what_they_were_computed_from() -> None:
    def f(w: Any) -> Any:
        twice = tg.exp(w)
        return tg.sum(tg.checkpoint(lambda: twice * w * twice)())

    close(tg.grad(f)(X), (1 + 2 * X) * np.exp(2 * X))


def test_a_parameter_that_changed_in_between_is_refused() -> None:
    w = tg.Tensor(V, name="weights")
    out = tg.checkpoint(lambda x: tg.sum(x * w))(tg.Tensor(X))
    w.data = V * 2
    with pytest.raises(GraphError, match=r"weights.*changed"):
        out.backward()


# --- nested, and in other transforms -------------------------------------------------------------


def nested(x: Any) -> Any:
    """``tangled`` in two layers of checkpoints."""

    def outer(x: Any) -> Any:
        y = tg.checkpoint(lambda x: tg.tanh(x) * x)(x)
        return tg.checkpoint(lambda z: tangled(z) + tg.sum(z * y))(y)

    return tg.checkpoint(outer)(x)


def plain_nested(x: Any) -> Any:
    y = tg.tanh(x) * x
    return tangled(y) + tg.sum(y * y)


def checkpointed_tangled(x: Any) -> Any:
    return tg.checkpoint(tangled)(x)


def closing(x: Any) -> Any:
    """Closes over its argument as well."""
    return tg.checkpoint(lambda y: tg.sum(tg.sin(y * x) * x))(x * x)


def plain_closing(x: Any) -> Any:
    return tg.sum(tg.sin(x * x * x) * x)


def of_several(x: Any) -> Any:
    a, b = tg.checkpoint(lambda x: (tg.exp(x), x[::-1] * x))(x)
    return tg.sum(a * b) * tg.sum(b)


def plain_of_several(x: Any) -> Any:
    return tg.sum(tg.exp(x) * x[::-1] * x) * tg.sum(x[::-1] * x)


pairs = pytest.mark.parametrize(
    ("ours", "plain"),
    [
        (checkpointed_tangled, tangled),
        (nested, plain_nested),
        (closing, plain_closing),
        (of_several, plain_of_several),
    ],
    ids=lambda f: f.__name__,
)
Function = Callable[[Any], Any]


@pairs
def test_gradients(ours: Function, plain: Function) -> None:
    close(tg.grad(ours)(X), tg.grad(plain)(X))


@pairs
def test_second_derivatives(ours: Function, plain: Function) -> None:
    close(tg.hessian(ours)(X), tg.hessian(plain)(X))


@pairs
def test_third_derivatives(ours: Function, plain: Function) -> None:
    third = tg.hvp(lambda x: tg.sum(tg.grad(ours)(x) * V))(X, V)
    close(third, tg.hvp(lambda x: tg.sum(tg.grad(plain)(x) * V))(X, V))


@pairs
def test_tangents(ours: Function, plain: Function) -> None:
    value, tangent = tg.jvp(ours, (X,), (V,))
    expected, expected_tangent = tg.jvp(plain, (X,), (V,))
    close(value, expected)
    close(tangent, expected_tangent)


@pairs
def test_tangent_of_the_gradient_and_gradient_of_the_tangent(
    ours: Function, plain: Function
) -> None:
    expected = tg.hessian(plain)(X) @ V
    close(tg.hvp(ours)(X, V), expected)
    close(tg.grad(lambda x: tg.jvp(ours, (x,), (V,))[1])(X), expected)


@pairs
def test_inside_vmap(ours: Function, plain: Function) -> None:
    close(tg.vmap(ours)(XS), np.stack([plain(x) for x in XS]))
    close(tg.vmap(tg.grad(ours))(XS), np.stack([tg.grad(plain)(x) for x in XS]))
    close(
        tg.grad(lambda xs: tg.sum(tg.vmap(ours)(xs)))(XS),
        np.stack([tg.grad(plain)(x) for x in XS]),
    )


@pairs
def test_around_vmap(ours: Function, plain: Function) -> None:
    expected = np.stack([tg.grad(plain)(x) for x in XS])
    close(tg.grad(lambda xs: tg.sum(tg.checkpoint(tg.vmap(ours))(xs)))(XS), expected)


@pairs
def test_inside_no_grad(ours: Function, plain: Function) -> None:
    with tg.no_grad():
        close(ours(tg.Tensor(X)).data, plain(X))
        close(tg.grad(ours)(X), tg.grad(plain)(X))


@pairs
def test_around_grad(ours: Function, plain: Function) -> None:
    close(tg.jacobian(tg.checkpoint(tg.grad(ours)))(X), tg.hessian(plain)(X))


def test_a_jacobian_both_ways() -> None:
    f = tg.checkpoint(vector_function)
    close(tg.jacobian(f)(X), tg.jacobian(vector_function)(X))
    close(tg.jacobian(lambda x: tg.stack([f(x)] * 4))(X)[3], tg.jacobian(vector_function)(X))


def test_vmap_of_one_that_does_not_use_its_examples() -> None:
    w = tg.Tensor(V)
    ours = tg.vmap(tg.checkpoint(lambda x: w * 2))(XS)
    close(ours.data, np.stack([2 * V] * 3))
    close(tg.vmap(lambda x: tg.checkpoint(lambda y: x * 2)(x))(XS), 2 * XS)


def test_vmap_with_parameters_and_shared_arguments() -> None:
    w = tg.Tensor(V)
    f = tg.checkpoint(lambda x, y: tg.sum(x * w * y))
    ours = tg.vmap(f, (0, None))(XS, tg.Tensor(X))
    ours.sum().backward()
    close(ours.data, XS @ (V * X))
    close(w.grad, XS.sum(0) * X)


def test_gradients_by_parameters_to_second_order() -> None:
    w = tg.Tensor(V)
    slope = tg.grad(lambda x: tg.checkpoint(lambda x: tg.sum(tg.exp(x * w)))(x))(X)
    tg.sum(slope).backward()
    close(w.grad, (1 + X * V) * np.exp(X * V))


def test_no_history_is_recorded_inside_no_grad() -> None:
    with tg.no_grad():
        assert tg.checkpoint(cubes)(tg.Tensor(X))._node.is_leaf


# --- draws ---------------------------------------------------------------------------------------


def of_layer(rng: np.random.Generator) -> Callable[[Any], Any]:
    return tg.checkpoint(lambda x: nn.Dropout(0.5, rng=rng)(x * x, training=True))


def of_default(rng: np.random.Generator) -> Callable[[Any], Any]:
    dropout = nn.Dropout(0.5)
    return tg.checkpoint(lambda x: dropout(x * x, training=True))


def of_default_directly(rng: np.random.Generator) -> Callable[[Any], Any]:
    return tg.checkpoint(lambda x: x * x * (generator().random(x.shape) < 0.5) * 2)


def of_derivative(rng: np.random.Generator) -> Callable[[Any], Any]:
    """Draws inside a transform: the derivative of x³/3, with a mask."""
    dropout = nn.Dropout(0.5, rng=rng)
    cube = tg.grad(lambda x: tg.sum(dropout(x * x * x / 3, training=True)))
    return tg.checkpoint(cube)


def of_argument(rng: np.random.Generator) -> Callable[[Any], Any]:
    f = tg.checkpoint(lambda x, rng: x * x * (rng.random(x.shape) < 0.5) * 2)
    return lambda x: f(x, rng)


def of_keyword(rng: np.random.Generator) -> Callable[[Any], Any]:
    f = tg.checkpoint(lambda x, *, rng: x * x * (rng.random(x.shape) < 0.5) * 2)
    return lambda x: f(x, rng=rng)


def of_tree(rng: np.random.Generator) -> Callable[[Any], Any]:
    f = tg.checkpoint(lambda x, more: x * x * (more["rng"].random(x.shape) < 0.5) * 2)
    return lambda x: f(x, {"rng": rng})


def of_inner(rng: np.random.Generator) -> Callable[[Any], Any]:
    dropout = nn.Dropout(0.5, rng=rng)
    inner = tg.checkpoint(lambda x: dropout(x * x, training=True))
    return tg.checkpoint(lambda x: inner(x) * 1.0)


def of_both(rng: np.random.Generator) -> Callable[[Any], Any]:
    dropout = nn.Dropout(0.5, rng=rng)
    inner = tg.checkpoint(lambda x: dropout(x * x, training=True))

    def f(x: Any) -> Any:
        return dropout(inner(dropout(x, training=True)), training=True)

    return tg.checkpoint(f)


SOURCES = [
    of_layer,
    of_default,
    of_default_directly,
    of_derivative,
    of_argument,
    of_keyword,
    of_tree,
    of_inner,
    of_both,
]
sources = pytest.mark.parametrize("source", SOURCES, ids=lambda f: f.__name__)
X40 = np.linspace(1.0, 2.0, 40)


@sources
def test_draws_are_repeated(source: Any) -> None:
    """d(factor * x^n)/dx is n value / x for whatever was kept: other draws would not agree."""
    x = tg.Tensor(X40)
    y = source(np.random.default_rng(0))(x)
    power = 2.0
    tg.sum(y).backward()
    assert 0 < np.count_nonzero(y.data) < 40
    close(x.grad, power * y.data / X40)


@sources
def test_draws_are_repeated_though_others_came_in_between(source: Any) -> None:
    rng = np.random.default_rng(0)
    f = source(rng)
    x = tg.Tensor(X40)
    first, second = f(x), f(x)
    tg.sum(first + second).backward()
    assert np.any(first.data != second.data)
    close(x.grad, 2 * (first.data + second.data) / X40)


@sources
def test_the_generators_go_on_as_without_a_checkpoint(
    source: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    after = []
    for wrap in (tg.checkpoint, lambda f: f):
        monkeypatch.setattr(tg, "checkpoint", wrap)
        tg.seed(0)
        rng = np.random.default_rng(0)
        x = tg.Tensor(X40)
        tg.sum(source(rng)(x)).backward()
        after.append((rng.random(), nn.Dropout(0.5).rng.random()))
    assert after[0] == after[1]


@sources
@pytest.mark.parametrize("transform", ["jvp", "hvp", "vmap", "jacobian"])
def test_draws_are_repeated_in_other_transforms(source: Any, transform: str) -> None:
    f = source(np.random.default_rng(0))
    if transform == "jvp":
        y, tangent = tg.jvp(f, (X40,), (np.ones(40),))
        close(tangent, 2 * y / X40)
    elif transform == "hvp":
        slope, curvature = tg.jvp(tg.grad(lambda x: tg.sum(f(x))), (X40,), (np.ones(40),))
        close(curvature, slope / X40)
    elif transform == "vmap":
        y = tg.vmap(f)(np.stack([X40, 3 * X40]))
        assert 0 < np.count_nonzero(y[0]) < 40
        close(y[1], 9 * y[0])
    else:
        j = tg.jacobian(lambda x: tg.concatenate([f(x)] * 2))(X40)
        close(j[:40], j[40:])
        assert 0 < np.count_nonzero(np.diag(j[:40])) < 40


class InterruptedCall(Exception):
    """What a function raises in the middle."""


@pytest.mark.parametrize("when", ["forward", "sweep"])
def test_an_error_leaves_everything_as_without_a_checkpoint(when: str) -> None:
    rng, default = np.random.default_rng(0), nn.Dropout(0.5).rng
    calls = []

    def f(x: Any) -> Any:
        calls.append(1)
        x = nn.Dropout(0.5, rng=rng)(x, training=True)
        x = nn.Dropout(0.5)(x, training=True)
        if len(calls) == (1 if when == "forward" else 2):
            raise InterruptedCall
        return x * x

    x = tg.Tensor(X40)
    if when == "forward":
        with pytest.raises(InterruptedCall):
            tg.checkpoint(f)(x)
    else:
        out = tg.sum(tg.checkpoint(f)(x))
        with pytest.raises(InterruptedCall):
            out.backward()
    twin, default_twin = np.random.default_rng(0), np.random.default_rng(0)
    for copy in (twin, default_twin):
        copy.random(X40.shape, np.float32)
    assert rng.random() == twin.random()
    assert default.random() == default_twin.random()  # tg.seed(0), before each test
    assert recording().enabled
    assert recording().draws is None
    assert x.grad is None


def test_draws_that_a_checkpoint_made_are_repeated_by_the_one_around_it() -> None:
    """The inner function draws first, and from a generator that the outer one has not seen."""
    rng = np.random.default_rng(0)
    dropout = nn.Dropout(0.5, rng=rng)

    def outer(x: Any) -> Any:
        y = tg.checkpoint(lambda x: dropout(x, training=True))(x)
        return y * y

    x = tg.Tensor(X40)
    out = tg.checkpoint(outer)(x)
    tg.sum(out).backward()
    close(x.grad, 2 * out.data / X40)
