"""``vmap``: axes, forms, nesting with the other transforms, and what it refuses.

Read next: ``test_vmap_table``, every operation under it.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from samples import MATRIX, V, X, cubes, scalars, tangled, vector_function
from tensorgraph import losses, nn
from tensorgraph.errors import ArgumentError, GraphError, PerformanceWarning, ShapeError
from tensorgraph.primitive import REGISTRY, custom

XS = np.stack([X, 2 * X, X - V])
"""Three examples of three numbers."""


def close(ours: Any, expected: Any) -> None:
    np.testing.assert_allclose(ours, expected, rtol=1e-13, atol=1e-15, strict=True)


def values(x: Any) -> Any:
    return x.data if isinstance(x, tg.Tensor) else x


def loop(f: Callable[..., Any], *batches: Any) -> Any:
    return np.stack([f(*example) for example in zip(*batches, strict=True)])


# --- axes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("f", [tangled, vector_function, tg.exp])
def test_it_is_the_loop(f: Callable[..., Any]) -> None:
    ours = tg.vmap(f)(XS)
    assert type(ours) is np.ndarray
    close(ours, loop(f, XS))


@pytest.mark.parametrize("axis", [1, -1, -2, 0])
def test_the_axis_of_the_examples(axis: int) -> None:
    batch = np.moveaxis(np.arange(24.0).reshape(4, 2, 3), 0, axis)
    close(tg.vmap(lambda m: m @ X, in_axes=axis)(batch), np.moveaxis(batch, axis, 0) @ X)


def test_numpy_integers_are_axes() -> None:
    close(tg.vmap(tg.sum, in_axes=np.int64(1))(XS), XS.sum(0))


def test_an_argument_that_all_examples_share() -> None:
    close(tg.vmap(lambda x, v: x * v, in_axes=(0, None))(XS, V), XS * V)
    close(tg.vmap(lambda v, x: x * v, in_axes=(None, 1))(V, XS.T), XS * V)


def test_a_list_of_axes() -> None:
    close(tg.vmap(lambda x, v: x * v, in_axes=[0, None])(XS, V), XS * V)


def test_axes_in_the_form_of_the_arguments() -> None:
    def f(p: Any, q: Any) -> Any:
        return p["w"] * p["rest"][0] + p["rest"][1] * q

    parameters = {"w": XS.T, "rest": (V, XS)}
    ours = tg.vmap(f, in_axes=({"w": 1, "rest": (None, 0)}, None))(parameters, 2.0)
    close(ours, XS * V + 2 * XS)


def test_an_axis_for_a_whole_tree() -> None:
    ours = tg.vmap(lambda p, q: p["a"] * p["b"] + q[0], in_axes=({"a": 0, "b": 1}, 0))(
        {"a": XS, "b": XS.T}, [XS]
    )
    close(ours, XS * XS + XS)


def test_keys_in_another_order() -> None:
    f = tg.vmap(lambda p: p["a"] * p["b"], in_axes=({"b": None, "a": 0},))
    close(f({"a": XS, "b": V}), XS * V)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2])
def test_the_axis_of_the_results(axis: int) -> None:
    ours = tg.vmap(lambda x: tg.stack([x, x]), out_axes=axis)(XS[:2])
    close(ours, np.stack([np.stack([x, x]) for x in XS[:2]], axis))


def test_axes_in_the_form_of_the_results() -> None:
    ours = tg.vmap(lambda x: {"x": x, "more": (x * x, x.sum())}, out_axes={"x": 1, "more": 0})(XS)
    close(ours["x"], XS.T)
    close(ours["more"][0], XS * XS)
    close(ours["more"][1], XS.sum(1))


def test_several_results_keep_their_form() -> None:
    pair = tg.vmap(lambda x: (x.sum(), [x * x]))(XS)
    assert isinstance(pair, tuple)
    close(pair[0], XS.sum(1))
    close(pair[1][0], XS * XS)


def test_keyword_arguments_are_shared() -> None:
    close(tg.vmap(lambda x, *, scale: x * scale)(XS, scale=V), XS * V)


def test_it_keeps_the_name_of_the_function() -> None:
    assert tg.vmap(cubes).__name__ == "cubes"


# --- few examples, and results that do not depend on them ----------------------------------------


def pole(x: Any) -> Any:
    """Infinite at 1, a value that might stand in for an example where there is none."""
    return 1 / (x - 1) + tg.linalg.inv(MATRIX[:, :2] * x[0])[0, 0]


@pytest.mark.parametrize("size", [0, 1])
@pytest.mark.parametrize(
    "f", [tangled, tg.softmax, tg.prod, tg.log, pole], ids=lambda f: f.__name__
)
def test_one_example_or_none(size: int, f: Callable[..., Any]) -> None:
    batch = np.abs(XS[:size])
    expected = np.stack([f(x) for x in batch]) if size else np.zeros((0, *np.shape(f(X * X))))
    close(tg.vmap(f)(batch), expected)


CONSTANT: dict[str, Callable[[Any], Any]] = {
    "a number": lambda x: 2.0,
    "an array": lambda x: V,
    "a new tensor": lambda x: tg.Tensor(V) * 2,
    "of its shape": lambda x: tg.zeros(x.shape),
}


@pytest.mark.parametrize("what", CONSTANT)
def test_a_result_that_does_not_depend_on_the_examples(what: str) -> None:
    one = values(CONSTANT[what](tg.Tensor(X)))
    ours = tg.vmap(CONSTANT[what])(XS)
    assert type(ours) is np.ndarray
    close(ours, np.stack([one] * 3) + 0.0)


def test_results_can_be_written_to() -> None:
    ours = tg.vmap(lambda x: (V, x * 2))(XS)
    for result in ours:
        result[0] = 7.0
    close(V, np.array([1.0, 2.0, -0.5]))


# --- dtypes --------------------------------------------------------------------------------------


def test_single_precision_stays_single() -> None:
    ours = tg.vmap(lambda x: tg.tanh(x) * 2.0 + tg.mean(x))(XS.astype(np.float32))
    assert ours.dtype == np.float32


def test_whole_numbers() -> None:
    ours = tg.vmap(lambda i: i * i + 1)(np.arange(3))
    close(ours, np.array([1, 2, 5]))


def test_an_index_that_differs() -> None:
    close(
        tg.vmap(lambda i, x: x[i], in_axes=(0, None))(np.array([2, 0]), tg.Tensor(X)).data,
        X[[2, 0]],
    )
    close(tg.vmap(lambda i: tg.take(X, i))(np.array([2, 0])), X[[2, 0]])


BLOCK = np.arange(72.0).reshape(3, 2, 3, 4)
KEYS: dict[str, tuple[Any, ...]] = {
    "ellipsis and array": (..., np.array([2, 0])),
    "ellipsis, new axis, array": (..., None, np.array([2, 0])),
    "ellipsis, array, slice": (..., np.array([2, 0]), slice(1, 3)),
    "new axis, ellipsis, array": (None, ..., np.array([2, 0])),
    "ellipsis and two arrays": (..., np.array([2, 0]), np.array([[1], [3]])),
    "ellipsis, int, array": (..., 1, np.array([2, 0])),
    "ellipsis for no axis": (slice(None), np.array([2, 0]), np.array([1, 3]), ...),
}


@pytest.mark.parametrize("what", KEYS)
def test_indices_behind_an_ellipsis(what: str) -> None:
    key = KEYS[what]
    close(
        tg.vmap(lambda x: tg.exp(x)[key])(BLOCK / 72),
        np.stack([np.exp(x / 72)[key] for x in BLOCK]),
    )
    ours = tg.grad(lambda xs: tg.sum(tg.vmap(lambda x: x[key])(xs) ** 2))(BLOCK)
    close(ours, np.stack([tg.grad(lambda x: tg.sum(x[key] ** 2))(x) for x in BLOCK]))


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_search_for_what_is_there(side: Any) -> None:
    edges = np.array([[0.0, 1.0, 1.0, 2.0], [1.0, 2.0, 3.0, 4.0]])
    sought = np.array([1.0, 2.0])
    ours = tg.vmap(lambda a: tg.searchsorted(a, sought, side))(edges)
    close(ours, np.stack([np.searchsorted(a, sought, side) for a in edges]))


def test_complex_numbers() -> None:
    close(tg.vmap(lambda z: tg.abs(z * z))(XS + 1j), np.abs((XS + 1j) ** 2))


# --- nested --------------------------------------------------------------------------------------


def test_vmap_twice() -> None:
    close(tg.vmap(tg.vmap(lambda x, y: x * y, (None, 0)), (0, None))(X, V), np.outer(X, V))


def test_an_inner_function_sees_the_outer_example() -> None:
    def outer(x: Any) -> Any:
        return tg.vmap(lambda y: x * y + x.sum())(XS)

    close(tg.vmap(outer)(XS), XS[:, None] * XS[None] + XS.sum(1)[:, None, None])


def test_three_times() -> None:
    def f(x: Any) -> Any:
        return tg.vmap(lambda y: tg.vmap(lambda z: tg.sin(x * y) * z)(V))(X)

    close(tg.vmap(f)(X), np.sin(np.outer(X, X))[:, :, None] * V)


def test_a_result_of_the_inner_that_only_the_outer_changes() -> None:
    close(tg.vmap(lambda x: tg.vmap(lambda y: x * 2)(V))(X), np.outer(2 * X, np.ones(3)))


# --- with the other transforms -------------------------------------------------------------------


@scalars
def test_vmap_of_grad(f: Callable[[Any], Any]) -> None:
    close(tg.vmap(tg.grad(f))(XS), loop(tg.grad(f), XS))


@scalars
def test_grad_of_vmap(f: Callable[[Any], Any]) -> None:
    ours = tg.grad(lambda xs: tg.sum(tg.vmap(f)(xs) * V))(XS)
    close(ours, V[:, None] * loop(tg.grad(f), XS))


@scalars
def test_jvp_of_vmap(f: Callable[[Any], Any]) -> None:
    value, tangent = tg.jvp(tg.vmap(f), (XS,), (XS[::-1],))
    close(value, loop(f, XS))
    close(tangent, loop(lambda x, t: tg.jvp(f, (x,), (t,))[1], XS, XS[::-1]))


@scalars
def test_vmap_of_hessian(f: Callable[[Any], Any]) -> None:
    close(tg.vmap(tg.hessian(f))(XS), loop(tg.hessian(f), XS))


@scalars
def test_vmap_of_hvp(f: Callable[[Any], Any]) -> None:
    close(tg.vmap(tg.hvp(f))(XS, XS[::-1]), loop(tg.hvp(f), XS, XS[::-1]))


@scalars
def test_hessian_of_vmap(f: Callable[[Any], Any]) -> None:
    ours = tg.hessian(lambda xs: tg.sum(tg.vmap(f)(xs)))(XS[:2])
    close(ours[0, :, 1], np.zeros((3, 3)))
    close(ours[1, :, 1], tg.hessian(f)(XS[1]))


@pytest.mark.parametrize("transform", [tg.grad, tg.value_and_grad], ids=lambda t: t.__name__)
def test_vmap_of_gradients_with_aux(transform: Any) -> None:
    ours = tg.vmap(transform(lambda x: (tg.sum(x**3), {"y": x * 2, "name": 3.0}), has_aux=True))(XS)
    gradient, aux = ours if transform is tg.grad else (ours[1], ours[0][1])
    close(gradient, 3 * XS**2)
    close(aux["y"], 2 * XS)
    close(aux["name"], np.full(3, 3.0))


def test_vmap_of_a_jacobian_both_ways() -> None:
    close(tg.vmap(tg.jacobian(vector_function))(XS), loop(tg.jacobian(vector_function), XS))
    tall = tg.jacobian(lambda x: tg.stack([x * x, tg.exp(x)]))
    close(tg.vmap(tall)(XS), loop(tall, XS))


def test_a_derivative_inside_sees_the_example() -> None:
    def f(x: Any) -> Any:
        return tg.grad(lambda y: tg.sin(x * y))(2.0)

    close(tg.vmap(f)(X), X * np.cos(2 * X))


def test_a_jacobian_by_vmap_of_its_pullback() -> None:
    out, pullback = tg.vjp(vector_function, X)
    (rows,) = tg.vmap(pullback)(np.eye(len(out)))
    close(values(rows), tg.jacobian(vector_function)(X))


def test_a_jacobian_by_vmap_of_tangents() -> None:
    columns = tg.vmap(lambda v: tg.jvp(vector_function, (X,), (v,))[1], out_axes=1)(np.eye(3))
    np.testing.assert_allclose(columns, tg.jacobian(vector_function)(X), rtol=1e-13)


# --- networks ------------------------------------------------------------------------------------

INPUTS = np.random.default_rng(0).normal(size=(5, 2))
LABELS = np.array([2, 0, 1, 1, 2])


def layers() -> tuple[nn.Layer, ...]:
    return (
        nn.Dense(2, 4, dtype=np.float64, rng=1),
        nn.Tanh(),
        nn.Dense(4, 3, dtype=np.float64, rng=2),
    )


def network_loss(network: tuple[nn.Layer, ...], softmax: bool, x: Any, label: Any) -> Any:
    """The loss of one example."""
    out = x.reshape((1, 2))
    for layer in network:
        out = layer(out)
    if softmax:
        return losses.CategoricalCrossentropy()(tg.softmax(out), label.reshape((1,)))
    return losses.CategoricalCrossentropy(from_logits=True)(out, label.reshape((1,)))


def gradients_by_backward(softmax: bool) -> list[list[np.ndarray]]:
    """Each parameter's gradient for each example on its own."""
    network = layers()
    parameters = [p for layer in network for p in layer.parameters().values()]
    each: list[list[np.ndarray]] = [[] for _ in parameters]
    for x, label in zip(INPUTS, LABELS, strict=True):
        network_loss(network, softmax, x, label).backward()
        for gradients, p in zip(each, parameters, strict=True):
            gradients.append(p.grad.copy())
            p.grad = None
    return each


@pytest.mark.parametrize("softmax", [True, False], ids=["softmax", "from logits"])
def test_per_example_gradients_by_parameters_as_arguments(softmax: bool) -> None:
    network = layers()

    def loss(weights: Any, x: Any, label: Any) -> Any:
        hidden = tg.tanh(x.reshape((1, 2)) @ weights[0] + weights[1])
        logits = hidden @ weights[2] + weights[3]
        predictions = tg.softmax(logits) if softmax else logits
        return losses.CategoricalCrossentropy(from_logits=not softmax)(
            predictions, label.reshape((1,))
        )

    weights = [p.data for layer in network for p in layer.parameters().values()]
    ours = tg.vmap(tg.grad(loss), (None, 0, 0))(weights, INPUTS, LABELS)
    assert len(ours) == 4
    for gradient, expected in zip(ours, gradients_by_backward(softmax), strict=True):
        np.testing.assert_allclose(gradient, np.stack(expected), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("softmax", [True, False], ids=["softmax", "from logits"])
def test_per_example_gradients_by_the_inputs_of_layers(softmax: bool) -> None:
    network = layers()
    ours = tg.vmap(tg.grad(lambda x, label: network_loss(network, softmax, x, label)))(
        INPUTS, LABELS
    )
    assert isinstance(ours, tg.Tensor)  # it depends on the parameters
    for gradient, x, label in zip(ours.data, INPUTS, LABELS, strict=True):
        variable = tg.Tensor(x)
        network_loss(network, softmax, variable, label).backward()
        np.testing.assert_allclose(gradient, variable.grad, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("softmax", [True, False], ids=["softmax", "from logits"])
def test_the_loss_of_all_examples_reaches_the_parameters(softmax: bool) -> None:
    network = layers()
    each = tg.vmap(lambda x, label: network_loss(network, softmax, x, label))(INPUTS, LABELS)
    each.sum().backward()
    parameters = [p for layer in network for p in layer.parameters().values()]
    for p, expected in zip(parameters, gradients_by_backward(softmax), strict=True):
        np.testing.assert_allclose(p.grad, np.sum(expected, axis=0), rtol=1e-12, atol=1e-14)


def test_one_hot_targets_that_differ() -> None:
    targets = np.eye(3)[LABELS]
    logits = np.random.default_rng(3).normal(size=(5, 3))

    def loss(logits: Any, target: Any) -> Any:
        return losses.CategoricalCrossentropy()(tg.softmax(logits[None]), target[None])

    close(tg.vmap(loss)(logits, targets), loop(loss, logits, targets))


def test_dropout_has_one_mask_for_all_examples() -> None:
    dropout = nn.Dropout(0.5, rng=0)
    ours = tg.vmap(lambda x: dropout(x, training=True))(np.ones((4, 20)))
    assert set(np.unique(ours)) == {0.0, 2.0}
    np.testing.assert_array_equal(ours, np.broadcast_to(ours[0], ours.shape))


# --- tensors -------------------------------------------------------------------------------------


def test_tensors_in_tensors_out() -> None:
    xs = tg.Tensor(XS)
    ours = tg.vmap(tangled)(xs)
    assert type(ours) is tg.Tensor
    (ours * V).sum().backward()
    close(xs.grad, V[:, None] * loop(tg.grad(tangled), XS))


def test_tensors_along_another_axis() -> None:
    xs = tg.Tensor(XS.T)
    tg.vmap(cubes, in_axes=1)(xs).sum().backward()
    close(xs.grad, 3 * XS.T**2)


def test_one_tensor_among_arrays() -> None:
    v = tg.Tensor(V)
    ours = tg.vmap(lambda x, v: tg.sum(x * v), (0, None))(XS, v)
    ours.sum().backward()
    close(v.grad, XS.sum(0))


def test_a_tensor_that_the_function_closes_over() -> None:
    v = tg.Tensor(V)
    ours = tg.vmap(lambda x: tg.sum(tg.exp(v) * x))(XS)
    assert type(ours) is tg.Tensor
    ours.sum().backward()
    close(v.grad, np.exp(V) * XS.sum(0))


def test_a_result_that_is_an_outside_tensor() -> None:
    v = tg.Tensor(V)
    ours = tg.vmap(lambda x: v)(XS)
    ours.sum().backward()
    close(v.grad, np.full(3, 3.0))


def test_tensors_that_are_not_used_leave_arrays() -> None:
    v = tg.Tensor(V)
    assert type(tg.vmap(lambda x: (v * 2, x)[1])(XS)) is np.ndarray


# --- without recording ---------------------------------------------------------------------------


def test_inside_no_grad() -> None:
    with tg.no_grad():
        close(tg.vmap(tangled)(XS), loop(tangled, XS))
        close(tg.vmap(tg.grad(tangled))(XS), loop(tg.grad(tangled), XS))


def test_inside_no_grad_nothing_is_remembered() -> None:
    xs = tg.Tensor(XS)
    with tg.no_grad():
        ours = tg.vmap(tangled)(xs)
    assert not isinstance(ours, tg.Tensor) or ours._node.is_leaf
    close(values(ours), loop(tangled, XS))


def test_no_grad_in_the_function_stops_gradients_for_all_examples() -> None:
    def f(x: Any) -> Any:
        with tg.no_grad():
            constant = x * x
        return constant * x

    close(tg.vmap(f)(X), X**3)
    close(tg.vmap(tg.grad(f))(X), X * X)
    close(tg.grad(lambda xs: tg.sum(tg.vmap(f)(xs)))(X), X * X)


def test_an_assignment_within_no_grad_reaches_all_examples() -> None:
    def f(x: Any) -> Any:
        with tg.no_grad():
            x[0] = 5.0
        return x * 1.0

    expected = XS.copy()
    expected[:, 0] = 5.0
    close(tg.vmap(f)(XS), expected)


def test_no_grad_around_an_inner_vmap() -> None:
    def f(x: Any) -> Any:
        with tg.no_grad():
            return tg.vmap(lambda y: x * y)(V)

    close(tg.vmap(f)(X), np.outer(X, V))


# --- assignment ----------------------------------------------------------------------------------


def test_assignment_to_an_example() -> None:
    def f(x: Any) -> Any:
        x[0] = x[1] * 2
        x += 1
        return x

    before = XS.copy()
    close(tg.vmap(f)(XS), np.stack([2 * XS[:, 1] + 1, XS[:, 1] + 1, XS[:, 2] + 1], 1))
    close(XS, before)


def test_filling_an_array_of_zeros() -> None:
    def f(x: Any) -> Any:
        y = tg.zeros(2)
        y[1] = x
        return y

    close(tg.vmap(f)(X), np.stack([np.zeros(3), X], 1))


# --- refused -------------------------------------------------------------------------------------

LOOKS_AT_VALUES: dict[str, Callable[[Any], Any]] = {
    "if": lambda x: x if x.sum() > 0 else -x,
    "in": lambda x: x.sum() in (1.0, 2.0),
    "max": lambda x: max(x[0], x[1]),
    "float": lambda x: float(x[0]),
    "int": lambda x: int(x[0]),
    "range": lambda x: range(x[0].astype(int)),
    "item": lambda x: x[0].item(),
    "data": lambda x: x.data * 2,
    "numpy": lambda x: x.numpy(),
    "asarray": np.asarray,
    "array of examples": lambda x: np.array([x, x]),
    "index of an array": lambda x: V[tg.argmax(x)],
    "a question of values": lambda x: np.allclose(x, 1.0),
    "nonzero": lambda x: tg.where(x > 0),
    "a new tensor": tg.Tensor,
    "backward": lambda x: x.sum().backward(),
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
}


@pytest.mark.parametrize("how", LOOKS_AT_VALUES)
def test_a_look_at_values_is_refused(how: str) -> None:
    with pytest.raises(GraphError, match=r"inside vmap.*first example.*tg\.where"):
        tg.vmap(LOOKS_AT_VALUES[how])(XS)


@pytest.mark.parametrize("how", LOOKS_AT_VALUES)
def test_it_is_refused_of_computed_values_too(how: str) -> None:
    with pytest.raises(GraphError, match=r"inside vmap.*first example"):
        tg.vmap(lambda x: LOOKS_AT_VALUES[how](tg.exp(x)))(XS)


INNER: dict[str, Callable[[Any], Any]] = {
    "vmap that closes over it": lambda x: tg.vmap(lambda v: v * x.sum())(V),
    "vmap of it": lambda x: tg.vmap(tg.exp)(x),
    "a constant of an inner vmap": lambda x: tg.vmap(lambda v: x.sum())(V),
    "grad": tg.grad(cubes),
    "grad that closes over it": lambda x: tg.grad(lambda v: cubes(v * x))(V),
    "value": lambda x: tg.value_and_grad(lambda v: cubes(v * x))(V)[0],
    "jvp": lambda x: tg.jvp(lambda v: v * x, (V,), (V,))[1],
    "jvp of several": lambda x: tg.jvp(lambda v: (tg.Tensor(V) * v, v * x), (V,), (V,))[1][1],
    "hessian": lambda x: tg.hessian(lambda v: cubes(v * x))(V),
    "checkpoint": lambda x: tg.checkpoint(tg.exp)(x),
    "checkpoint that closes over it": lambda x: tg.checkpoint(lambda: tg.exp(x))(),
    "vmap in a checkpoint": lambda x: tg.checkpoint(
        lambda: tg.vmap(lambda v: v * x.sum())(tg.Tensor(V))
    )(),
    "vmap in a checkpoint, looked at there": lambda x: tg.checkpoint(
        lambda: x * tg.vmap(lambda v: v * x.sum())(V).sum().item()
    )(),
    "stop_gradient": tg.stop_gradient,
    "log of a softmax": lambda x: losses.CategoricalCrossentropy()(
        tg.softmax(x[None]), np.eye(3)[:1]
    ),
}


@pytest.mark.parametrize("what", INNER)
def test_what_transforms_give_inside_is_still_one_example(what: str) -> None:
    with pytest.raises(GraphError, match=r"inside vmap.*first example"):
        tg.vmap(lambda x: INNER[what](x).sum().item())(XS)


def test_writing_an_example_into_a_variable_is_refused() -> None:
    weights = tg.Tensor(V)

    def f(x: Any) -> Any:
        weights.data = x
        return x

    with pytest.raises(GraphError, match="inside vmap"):
        tg.vmap(f)(XS)
    close(weights.data, V)


def test_an_example_shows_itself_without_values() -> None:
    shown: list[str] = []
    tg.vmap(lambda x: (shown.append(f"{x!r} {x:.2f}"), x)[1])(XS)
    assert "one example" in shown[0]
    assert "(3,)" in shown[0]
    assert "0.3" not in shown[0]


def test_a_mask_that_differs_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"mask.*tg\.where"):
        tg.vmap(lambda x: x[x > 0])(XS)


def test_a_mask_that_all_share_is_not() -> None:
    close(tg.vmap(lambda x: x[V > 0])(XS), XS[:, V > 0])


def test_numbers_of_examples_that_differ() -> None:
    with pytest.raises(ShapeError, match=r"vmap of multiply: .*2 and 3 examples.*in_axes"):
        tg.vmap(tg.multiply)(XS, XS[:2])


def test_no_argument_with_examples() -> None:
    with pytest.raises(ShapeError, match=r"vmap of cubes: no argument.*in_axes"):
        tg.vmap(cubes, in_axes=None)(XS)


@pytest.mark.parametrize("axis", [2, -3])
def test_an_axis_that_is_not_there(axis: int) -> None:
    with pytest.raises(ShapeError, match=rf"\(3, 3\) has no axis {axis}.*in_axes None"):
        tg.vmap(cubes, in_axes=axis)(XS)


def test_a_number_has_no_examples() -> None:
    with pytest.raises(ShapeError, match=r"in_axes None"):
        tg.vmap(tg.multiply)(XS, 2.0)


WRONG_AXES: dict[str, Any] = {
    "too many": (0, 0, 0),
    "too few": (0,),
    "other keys": ({"b": 0}, 0),
    "a tuple for a dict": ((0,), 0),
    "a dict for an array": (0, {"a": 0}),
    "a fraction": 0.5,
    "a name": "rows",
    "a fraction inside": (0, 1.5),
}


@pytest.mark.parametrize("what", WRONG_AXES)
def test_axes_of_another_form(what: str) -> None:
    with pytest.raises(ArgumentError, match=r"vmap.*(in_axes|axes|axis)"):
        tg.vmap(lambda p, x: p["a"] * x, in_axes=WRONG_AXES[what])({"a": XS}, XS)


@pytest.mark.parametrize("axes", [(0, 0), 2, -3, None, (None,)], ids=repr)
def test_axes_of_results_that_cannot_be(axes: Any) -> None:
    with pytest.raises((ArgumentError, ShapeError), match="vmap"):
        tg.vmap(lambda x: x * 2, out_axes=axes)(XS)


# --- rows without a rule -------------------------------------------------------------------------


def test_a_row_without_a_rule_is_called_once_an_example() -> None:
    twice = custom(lambda x, y: x * y.sum(), lambda g, z, x, y: g * y.sum(), None, name="twice_")
    try:
        with pytest.warns(PerformanceWarning, match=r"twice_\(\) once for each example.*batch="):
            ours = tg.vmap(lambda x: twice(x, x))(XS)
        close(ours, XS * XS.sum(1, keepdims=True))
        with pytest.warns(PerformanceWarning):
            shared = tg.vmap(lambda x: twice(x, V))(XS)
        close(shared, XS * V.sum())
        with pytest.warns(PerformanceWarning):
            assert tg.vmap(lambda x: twice(x, x))(XS[:0]).shape == (0, 3)
        xs = tg.Tensor(XS)
        with pytest.warns(PerformanceWarning):
            tg.vmap(lambda x: twice(x, V))(xs).sum().backward()
        close(xs.grad, np.full((3, 3), V.sum()))
    finally:
        del REGISTRY["twice_"]


def test_the_warning_points_at_nothing_that_has_a_rule() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", PerformanceWarning)
        tg.vmap(lambda x: tg.softmax(MATRIX @ x))(XS)
