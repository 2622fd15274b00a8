"""Assignment to elements and in place: NumPy's values, gradients to both sides, nothing in silence.

The rows behind it, for every kind of index and to second order, are in ``op_specs_assignment``;
what is refused is in ``test_assignment_refused``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tensorgraph as tg
from op_cases import draw
from op_specs_indexing import KEYS
from tensorgraph.errors import GraphError, ShapeError
from tensorgraph.testing import check_grads

X = draw((2, 3, 4), seed=3)


def written(x: Any, key: Any, v: Any) -> Any:
    """``x[key] = v`` in a copy: of an array NumPy's, of a tensor ours."""
    y = x.copy()
    y[key] = v
    return y


# --- values --------------------------------------------------------------------------------------

FORMS: dict[str, Callable[[np.ndarray], Any]] = {
    "a number": lambda chosen: 0.7,
    "its last axis": lambda chosen: draw(chosen.shape[-1:]),
    "its first axis": lambda chosen: draw(chosen.shape[:1] + (1,) * (chosen.ndim - 1)),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("what", KEYS)
def test_values_are_numpys(what: str, form: str) -> None:
    key = KEYS[what]
    v = FORMS[form](X[key])
    t = tg.Tensor(X)
    t[key] = v
    np.testing.assert_array_equal(t.data, written(X, key, v), strict=True)


VALUES: dict[str, Any] = {
    "a whole number": 3,
    "a truth": True,
    "a NumPy number": np.float32(0.5),
    "a 0-d array": np.array(0.7),
    "leading axes of one": draw((1, 1, 2, 4)),
    "a nested list": draw((2, 4)).tolist(),
    "a column": draw((2, 1)),
    "strided": draw((4, 2)).T,
}


@pytest.mark.parametrize("key", [(0, slice(1, 3)), (np.array([0, 1]), 1)], ids=["slice", "array"])
@pytest.mark.parametrize("what", VALUES)
def test_values_of_every_form(what: str, key: Any) -> None:
    t = tg.Tensor(X)
    t[key] = VALUES[what]
    np.testing.assert_array_equal(t.data, written(X, key, VALUES[what]))


INDEX_ARRAYS = [what for what, key in KEYS.items() if isinstance(key, np.ndarray)]


@pytest.mark.parametrize("what", INDEX_ARRAYS)
def test_a_tensor_as_index(what: str) -> None:
    t = tg.Tensor(X)
    t[tg.Tensor(KEYS[what])] = 5.0
    np.testing.assert_array_equal(t.data, written(X, KEYS[what], 5.0))


def test_a_computed_mask() -> None:
    x = tg.Tensor(X)
    t = x * 1.0
    t[t > 0] = 0.0
    np.testing.assert_array_equal(t.data, np.minimum(X, 0.0))
    tg.sum(t * t).backward()
    np.testing.assert_array_equal(x.grad, 2 * np.minimum(X, 0.0))


def test_an_index_that_was_computed() -> None:
    x = tg.Tensor([0.1, 0.7, 0.3])
    t = x * 2.0
    t[tg.argmax(x)] = x[0]
    tg.sum(t).backward()
    np.testing.assert_array_equal(t.data, [0.2, 0.1, 0.6])
    np.testing.assert_array_equal(x.grad, [3.0, 0.0, 2.0])


def test_a_list_of_tensors_as_value() -> None:
    a, b = tg.Tensor(2.0), tg.Tensor(3.0)
    t = tg.zeros(3)
    t[:2] = [a, a * b]
    tg.sum(t).backward()
    np.testing.assert_array_equal(t.data, [2.0, 6.0, 0.0])
    assert (a.grad, b.grad) == (4.0, 2.0)


def test_the_last_of_repeated_writes_stays_and_alone_has_a_gradient() -> None:
    v = tg.Tensor([1.0, 2.0, 3.0, 4.0])
    t = tg.zeros(3)
    t[[1, 0, 1, 1]] = v
    (t * [10.0, 20.0, 30.0]).sum().backward()
    np.testing.assert_array_equal(t.data, [2.0, 4.0, 0.0])
    np.testing.assert_array_equal(v.grad, [0.0, 10.0, 0.0, 20.0])


# --- any shape and any index, against NumPy itself -----------------------------------------------


@st.composite
def assignments(draw: Any) -> tuple[np.ndarray, Any, np.ndarray]:
    """An array, an index of it, and a value that broadcasts to what the index chooses."""
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=3))
    index = st.one_of(
        hnp.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True),
        hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(max_dims=2, max_side=3)),
        hnp.arrays(bool, shape),
        hnp.arrays(bool, shape[:1]),
    )
    key = draw(index)
    x = np.arange(1.0, 1.0 + np.prod(shape)).reshape(shape)
    chosen = np.shape(x[key])
    assume(len(chosen) < 6)
    cut = draw(st.integers(0, len(chosen)))
    ones = draw(st.lists(st.booleans(), min_size=len(chosen), max_size=len(chosen)))
    sides = [1 if one else n for n, one in zip(chosen, ones, strict=True)][cut:]
    return x, key, -np.arange(1.0, 1.0 + np.prod(sides)).reshape(sides)


def columns(f: Callable[[np.ndarray], np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    """The matrix of a linear function: a column for each unit vector."""
    n = int(np.prod(shape))
    results = [f(unit.reshape(shape)).ravel() for unit in np.eye(n)]
    return np.array(results).T if n else np.zeros((f(np.zeros(shape)).size, 0))


@given(assignments())
def test_any_assignment_has_numpys_value(case: Any) -> None:
    x, key, v = case
    np.testing.assert_array_equal(written(tg.Tensor(x), key, tg.Tensor(v)).data, written(x, key, v))


@given(assignments())
def test_any_assignment_is_linear_with_the_transpose_as_its_gradient(case: Any) -> None:
    """NumPy's own assignment of unit vectors makes the two matrices of t = A x + B v."""
    x, key, v = case
    a = columns(lambda x: written(x, key, np.zeros_like(v)), x.shape)
    b = columns(lambda v: written(np.zeros_like(x), key, v), v.shape)
    u = np.cos(np.arange(x.size)).reshape(x.shape)
    by_x, by_v = tg.vjp(lambda x, v: written(x, key, v), x, v)[1](u)
    np.testing.assert_allclose(by_x, (a.T @ u.ravel()).reshape(x.shape), strict=True)
    np.testing.assert_allclose(by_v, (b.T @ u.ravel()).reshape(v.shape), strict=True, atol=1e-15)
    _, tangent = tg.jvp(lambda x, v: written(x, key, v), (x, v), (u, v))
    np.testing.assert_allclose(tangent.ravel(), a @ u.ravel() + b @ v.ravel(), atol=1e-15)


@given(assignments(), st.sampled_from([(0, 0), (0, None), (None, 0)]))
def test_any_assignment_in_a_batch_is_that_of_each_example(case: Any, axes: Any) -> None:
    x, key, v = case
    xs, vs = (
        np.stack([z, 2 * z, z - 1]) if axis == 0 else z
        for z, axis in zip((x, v), axes, strict=True)
    )
    together = tg.vmap(lambda x, v: written(tg.copy(x), key, v), axes)(
        xs if axes[0] == 0 else tg.Tensor(xs), vs
    )
    each = [
        written(xs[i] if axes[0] == 0 else xs, key, vs[i] if axes[1] == 0 else vs) for i in range(3)
    ]
    np.testing.assert_array_equal(np.asarray(getattr(together, "data", together)), each)


@given(assignments())
def test_any_addition_in_place_has_numpys_value(case: Any) -> None:
    """Of repeated indices NumPy adds the last one alone, and so do we."""
    x, key, v = case
    t, y = tg.Tensor(x), x.copy()
    t[key] += v
    y[key] += v
    np.testing.assert_array_equal(t.data, y)


# --- in place ------------------------------------------------------------------------------------


def plus(t: Any, v: Any) -> Any:
    t += v
    return t


def minus(t: Any, v: Any) -> Any:
    t -= v
    return t


def times(t: Any, v: Any) -> Any:
    t *= v
    return t


def over(t: Any, v: Any) -> Any:
    t /= v
    return t


def floor(t: Any, v: Any) -> Any:
    t //= v
    return t


def modulo(t: Any, v: Any) -> Any:
    t %= v
    return t


def to_the(t: Any, v: Any) -> Any:
    t **= v
    return t


def matrix(t: Any, v: Any) -> Any:
    t @= v
    return t


IN_PLACE = {f.__name__: f for f in (plus, minus, times, over, floor, modulo, to_the, matrix)}


def plus_at(t: Any, v: Any) -> Any:
    t[0] += v[1]
    return t


def minus_at(t: Any, v: Any) -> Any:
    t[:, [1, 1]] -= v[:, :2]
    return t


def times_at(t: Any, v: Any) -> Any:
    t[..., None, 0] *= v[:, 1:2]
    return t


def over_at(t: Any, v: Any) -> Any:
    t[t > 1.0] /= v[0, 0]
    return t


def to_the_at(t: Any, v: Any) -> Any:
    t[1, 2] **= v[0, 1]
    return t


AT_AN_INDEX = {f.__name__: f for f in (plus_at, minus_at, times_at, over_at, to_the_at)}
POINT = draw((3, 3), (0.6, 0.9), (1.2, 2.0), seed=1), draw((3, 3), (0.7, 1.8), seed=2)


@pytest.mark.parametrize("name", {**IN_PLACE, **AT_AN_INDEX})
def test_in_place_values_are_numpys(name: str) -> None:
    f = {**IN_PLACE, **AT_AN_INDEX}[name]
    x, v = POINT
    t = tg.Tensor(x)
    assert f(t, tg.Tensor(v)) is t
    np.testing.assert_allclose(t.data, f(x.copy(), v), rtol=1e-15, strict=True)


@pytest.mark.parametrize("name", {**IN_PLACE, **AT_AN_INDEX})
def test_in_place_derivatives_agree_with_central_differences(name: str) -> None:
    f = {**IN_PLACE, **AT_AN_INDEX}[name]

    def moved(x: Any, v: Any) -> Any:
        return f(x * 1.0, v) * x

    check_grads(moved, POINT)


def both(t: Any, v: Any) -> Any:
    t &= v
    return t


def either(t: Any, v: Any) -> Any:
    t |= v
    return t


def one_of(t: Any, v: Any) -> Any:
    t ^= v
    return t


@pytest.mark.parametrize("f", [both, either, one_of], ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", [bool, int])
def test_in_place_of_truths_and_whole_numbers(f: Any, dtype: type) -> None:
    x, v = np.array([0, 0, 1, 1], dtype), np.array([0, 1, 0, 1], dtype)
    np.testing.assert_array_equal(f(tg.Tensor(x), v).data, f(x.copy(), v), strict=True)


def test_in_place_into_single_precision_stays_single() -> None:
    t = tg.Tensor(np.ones(2, np.float32))
    t += np.array([0.5, 1.5])
    t[0] = np.float64(0.25)
    assert t.dtype == np.float32
    np.testing.assert_array_equal(t.data, [0.25, 2.5])


def test_a_0_d_tensor() -> None:
    t = tg.zeros(())
    t[()] = tg.Tensor(2.0)
    t[...] *= 3.0
    t += 1.0
    assert t.item() == 7.0


def test_elements_are_numbers_of_their_own() -> None:
    """As NumPy's are: ``total = xs[0]; total += xs[1]`` leaves ``xs`` alone."""

    def total_of(xs: Any) -> Any:
        total = xs[0]
        for i in range(1, 3):
            total += xs[i] * total
        return total + 0.0 * xs[0]

    xs = np.array([1.0, 2.0, 3.0])
    t = tg.Tensor(xs)
    assert total_of(t).item() == total_of(xs.copy()) == 12.0
    np.testing.assert_array_equal(t.data, xs)
    check_grads(total_of, (xs,))


# --- earlier uses keep what they used ------------------------------------------------------------


def test_earlier_uses_keep_the_old_value_and_its_gradient() -> None:
    x = tg.Tensor([1.0, 2.0, 3.0], name="x")
    t = x * 1.0
    before = tg.sum(t * t)
    t[1] = 10.0
    after = tg.sum(t * t)
    t *= 2.0
    assert (before.item(), after.item(), tg.sum(t).item()) == (14.0, 110.0, 28.0)
    (before + after).backward()
    np.testing.assert_array_equal(x.grad, [4.0, 4.0, 12.0])


def test_the_old_value_is_not_written_to() -> None:
    t = tg.Tensor(X) * 1.0
    old, array = tg.stop_gradient(t), t.data
    t[0] = 0.0
    t += 1.0
    np.testing.assert_array_equal(array, X)
    np.testing.assert_array_equal(old.data, X)


def test_two_names_of_one_tensor_move_together() -> None:
    t = u = tg.Tensor([1.0, 2.0]) * 1.0
    t += 1.0
    u[0] = 7.0
    assert t is u
    np.testing.assert_array_equal(t.data, [7.0, 3.0])


def test_another_handle_on_the_value_stays() -> None:
    t = tg.Tensor([1.0, 2.0]) * 1.0
    other = tg.Tensor._of(t._node)
    t[0] = 7.0
    np.testing.assert_array_equal(other.data, [1.0, 2.0])


def test_a_tensor_may_be_assigned_to_itself() -> None:
    t = tg.Tensor([1.0, 2.0, 3.0]) * 1.0
    t[1:] = t[:-1]
    t[0] += t[2]
    t[:] = t
    np.testing.assert_array_equal(t.data, [3.0, 1.0, 2.0])


# --- filling -------------------------------------------------------------------------------------


def powers(x: Any) -> Any:
    """x, x squared, x cubed..., each from the one before."""
    out = tg.zeros((3, 2))
    out[0] = x
    for i in range(1, 3):
        out[i] = out[i - 1] * x
    return out


def table(x: Any) -> Any:
    """Element by element, in a tensor that holds NaN until it is full."""
    out = tg.empty((2, 2))
    for i in range(2):
        for j in range(2):
            out[i, j] = x[i] ** (j + 1) * x[j]
    return out


def scan(x: Any) -> Any:
    """A running state beside the record of it."""
    state, record = x[:2] * 0.0, tg.zeros((2, 2))
    for i in range(2):
        state += x * (i + 1)
        record[i] = state * state
    return record


@pytest.mark.parametrize("f", [powers, table, scan], ids=lambda f: f.__name__)
def test_loops_that_fill(f: Callable[[Any], Any]) -> None:
    x = np.array([0.7, 1.3])
    assert np.isfinite(f(x).data).all()
    check_grads(f, (x,))


def test_what_is_filled_inside_a_function_is_filled_anew_in_each_call() -> None:
    gradient = tg.grad(lambda x: tg.sum(powers(x)))
    once = gradient(np.array([0.7, 1.3]))
    np.testing.assert_array_equal(gradient(np.array([0.7, 1.3])), once)
    assert not isinstance(once, tg.Tensor)


# --- inside transforms ---------------------------------------------------------------------------


def squares(x: Any) -> Any:
    """x squared, in place: the function writes to its own argument."""
    x *= x
    x[0] = 0.0
    return x


def total_of_squares(x: Any) -> Any:
    return tg.sum(squares(x))


Z = np.array([1.0, 2.0, 3.0])
BY_HAND = np.array([0.0, 4.0, 6.0])  # d/dx x², where x is not overwritten

TRANSFORMED: dict[str, tuple[Callable[[], Any], Any]] = {
    "grad": (lambda: tg.grad(total_of_squares)(Z), BY_HAND),
    "grad of a tensor": (lambda: tg.grad(total_of_squares)(tg.Tensor(Z)).data, BY_HAND),
    "value_and_grad": (lambda: tg.value_and_grad(total_of_squares)(Z)[1], BY_HAND),
    "vjp": (lambda: tg.vjp(squares, Z)[1](np.ones(3))[0], BY_HAND),
    "jvp": (lambda: tg.jvp(squares, (Z,), (np.ones(3),))[1], BY_HAND),
    "jacobian": (lambda: tg.jacobian(squares)(Z), np.diag(BY_HAND)),
    "jacobian by columns": (
        lambda: tg.jacobian(lambda x: tg.concatenate([squares(x), [0.0]]))(Z)[:3],
        np.diag(BY_HAND),
    ),
    "hessian": (lambda: tg.hessian(total_of_squares)(Z), np.diag([0.0, 2.0, 2.0])),
    "hvp": (lambda: tg.hvp(total_of_squares)(Z, np.ones(3)), np.array([0.0, 2.0, 2.0])),
    "elementwise_grad": (lambda: tg.elementwise_grad(squares)(Z), BY_HAND),
    "grad of grad": (
        lambda: tg.grad(lambda x: tg.sum(tg.grad(total_of_squares)(x)))(Z),
        np.array([0.0, 2.0, 2.0]),
    ),
    "vmap": (lambda: tg.vmap(squares)(np.stack([Z, 2 * Z])), [[0, 4, 9], [0, 16, 36]]),
    "grad in vmap": (lambda: tg.vmap(tg.grad(total_of_squares))(Z[None]), BY_HAND[None]),
    "grad of vmap": (
        lambda: tg.grad(lambda x: tg.sum(tg.vmap(squares)(x)))(Z[None]),
        BY_HAND[None],
    ),
    "checkpoint": (lambda: tg.grad(lambda x: tg.sum(tg.checkpoint(squares)(x)))(Z), BY_HAND),
}


@pytest.mark.parametrize("name", TRANSFORMED)
def test_a_function_may_write_to_its_argument(name: str) -> None:
    transformed, expected = TRANSFORMED[name]
    np.testing.assert_allclose(transformed(), expected)
    np.testing.assert_array_equal(Z, [1.0, 2.0, 3.0])


def test_the_argument_of_a_transform_stays_as_it_was() -> None:
    x = tg.Tensor(Z)
    tg.grad(total_of_squares)(x)
    np.testing.assert_array_equal(x.data, Z)
    assert x._node.is_leaf


def test_writing_to_what_vjp_returned_changes_no_gradient() -> None:
    w = tg.Tensor(2.0)
    y, pullback = tg.vjp(lambda x: x * w, tg.Tensor(3.0))
    y *= 10.0
    assert pullback(1.0)[0].item() == 2.0


PUT: dict[str, tuple[Any, Any, Any, Any]] = {
    "x": (0, None, None, "rows"),
    "values": (None, 0, None, "rows"),
    "indices": (None, None, 0, "rows"),
    "x and indices": (0, None, 0, "rows"),
    "values and indices": (None, 0, 0, "rows"),
    "everything": (0, 0, 0, "rows"),
    "everything, columns": (0, 0, 0, "columns"),
    "indices, columns": (None, None, 0, "columns"),
}


@pytest.mark.parametrize("mapped", PUT)
def test_what_differs_between_the_examples_of_a_batch(mapped: str) -> None:
    *axes, place = PUT[mapped]
    shape = (3, 4) if place == "rows" else (4, 3)
    n = 3
    everything = [
        draw((n, *shape), seed=1),
        draw((n, 2, 4) if place == "rows" else (n, 4, 2), seed=2),
        np.array([[0, 2], [1, 1], [2, 0]]),
    ]
    args = [z if axis == 0 else z[1] for z, axis in zip(everything, axes, strict=True)]

    def put(x: Any, v: Any, i: Any) -> Any:
        t = x * 1.0 if isinstance(x, tg.Tensor) else tg.Tensor(x)
        t[i if place == "rows" else (slice(None), i)] = v
        return t

    def each(k: int) -> tuple[Any, ...]:
        return tuple(z[k] if axis == 0 else z for z, axis in zip(args, axes, strict=True))

    expected = [put(*each(k)).data for k in range(n)]
    np.testing.assert_array_equal(tg.vmap(put, tuple(axes))(*args), expected)
    floats = [k for k in (0, 1) if axes[k] == 0]
    if floats:

        def weighed(*xs: Any) -> Any:
            full = list(args)
            for k, x in zip(floats, xs, strict=True):
                full[k] = x
            return tg.vmap(put, tuple(axes))(*full) ** 2

        check_grads(weighed, [args[k] for k in floats])


def test_one_element_of_each_example() -> None:
    def put(x: Any, i: Any, v: Any) -> Any:
        x[i] = v
        return x

    i = np.array([2, 0])
    ours = tg.vmap(put)(np.zeros((2, 3)), i, np.array([5.0, 6.0]))
    np.testing.assert_array_equal(ours, [[0, 0, 5], [6, 0, 0]])


@pytest.mark.parametrize("key", ["rows", "columns", "both", "a matrix"])
def test_gradients_of_examples_that_write_to_different_places(key: str) -> None:
    """The last of repeated writes is another one in each example."""
    i = np.array([[0, 2, 0], [1, 1, 2]])
    j = np.array([[1, 0, 1], [0, 2, 2]])
    x, u = draw((2, 3, 3), seed=1), draw((3, 3), seed=2)

    def loss(x: Any, v: Any, i: Any, j: Any) -> Any:
        t = x * 1.0
        keys = {"rows": i, "columns": (slice(None), i), "both": (i, j), "a matrix": i[:, None]}
        t[keys[key]] = v
        return tg.sum(u * t**3)

    shape = {"rows": (3, 3), "columns": (3, 3), "both": (3,), "a matrix": (3, 1, 3)}[key]
    v = draw((2, *shape), seed=3)
    ours = tg.vmap(tg.grad(loss, (0, 1)))(x, v, i, j)
    for k in range(2):
        each = tg.grad(loss, (0, 1))(x[k], v[k], i[k], j[k])
        np.testing.assert_allclose(ours[0][k], each[0])
        np.testing.assert_allclose(ours[1][k], each[1])


def test_what_was_filled_in_a_batch_is_one_example() -> None:
    def look(x: Any) -> Any:
        t, u = tg.zeros(2), tg.zeros(2)
        t[0] = x
        u += x
        return t if u[0] > 0 else -t

    with pytest.raises(GraphError, match="inside vmap"):
        tg.vmap(look)(np.array([1.0, -1.0]))


def test_filling_inside_a_batch() -> None:
    xs = draw((3, 2), (0.5, 1.5))
    np.testing.assert_allclose(tg.vmap(powers)(xs), [powers(x).data for x in xs])
    check_grads(tg.vmap(powers), (xs,))


def test_a_mask_that_differs_between_examples_is_refused_with_the_mend() -> None:
    def put(x: Any) -> Any:
        x[x > 0] = 0.0
        return x

    with pytest.raises(ShapeError, match=r"mask.*tg\.where"):
        tg.vmap(put)(draw((2, 3)))
