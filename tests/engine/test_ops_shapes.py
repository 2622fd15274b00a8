"""Operations on shapes, axes and indices of Hypothesis' choice: values and derivatives."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp

from tensorgraph import ops
from tensorgraph.errors import TensorGraphError
from tensorgraph.tensor import Tensor
from tensorgraph.testing import check_grads

SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
FULL = hnp.array_shapes(min_dims=1, max_dims=3, max_side=3)
PAIRS = hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3)


def fill(shape: tuple[int, ...]) -> np.ndarray:
    """Numbers between -1 and 1, no two equal."""
    return np.sin(np.arange(np.prod(shape, dtype=int)) + 1.0).reshape(shape)


def axes_of(shape: tuple[int, ...]) -> st.SearchStrategy[Any]:
    """None, an axis, or some axes in any order, counted from either end."""
    ndim = len(shape)
    if ndim == 0:
        return st.sampled_from([None, ()])
    several = hnp.valid_tuple_axes(ndim)
    return st.one_of(st.none(), st.integers(-ndim, ndim - 1), several)


@given(PAIRS)
def test_operands_broadcast(shapes: Any) -> None:
    x, y = (fill(shape) for shape in shapes.input_shapes)
    product = Tensor(x) * Tensor(y + 2)
    np.testing.assert_array_equal(product.data, x * (y + 2), strict=True)
    check_grads(ops.multiply, (x, y + 2), order=1)


@given(PAIRS)
def test_the_gradient_has_the_shape_of_its_operand(shapes: Any) -> None:
    x, y = (Tensor(fill(shape)) for shape in shapes.input_shapes)
    (x + y).sum().backward()
    copies = [int(np.prod(shapes.result_shape)) // max(1, t.size) for t in (x, y)]
    for t, n in zip((x, y), copies, strict=True):
        np.testing.assert_array_equal(t.grad, np.full(t.shape, float(n)), strict=True)


@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "logsumexp", "var"])
@given(data=st.data())
def test_reductions_over_any_axes(name: str, data: st.DataObject) -> None:
    shape = data.draw(FULL)
    axis, keepdims = data.draw(axes_of(shape)), data.draw(st.booleans())
    x, f = fill(shape), getattr(ops, name)
    plain = getattr(np, name, lambda x, **how: np.log(np.sum(np.exp(x), **how)))
    expected = plain(x, axis=axis, keepdims=keepdims)
    y = f(Tensor(x), axis=axis, keepdims=keepdims)
    np.testing.assert_allclose(y.data, expected, rtol=1e-12, atol=1e-14, strict=True)
    check_grads(lambda x: f(x, axis=axis, keepdims=keepdims), (x,), order=1)


@given(data=st.data())
def test_sums_of_nothing(data: st.DataObject) -> None:
    shape = data.draw(SHAPES)
    axis = data.draw(axes_of(shape))
    x = Tensor(fill(shape))
    y = ops.sum(x, axis)
    np.testing.assert_allclose(y.data, np.sum(x.data, axis), atol=1e-15)
    y.backward(np.ones(y.shape))
    np.testing.assert_array_equal(x.grad, np.ones(shape), strict=True)


def check_index(x: np.ndarray, key: Any) -> None:
    y = Tensor(x)[key]
    np.testing.assert_array_equal(y.data, x[key], strict=True)
    check_grads(lambda x: x[key], (x,), order=1)


@given(data=st.data())
def test_basic_indices(data: st.DataObject) -> None:
    x = fill(data.draw(FULL))
    check_index(x, data.draw(hnp.basic_indices(x.shape, allow_newaxis=True)))


@given(data=st.data())
def test_integer_array_indices(data: st.DataObject) -> None:
    x = fill(data.draw(FULL))
    check_index(x, data.draw(hnp.integer_array_indices(x.shape)))


@given(data=st.data())
def test_masks(data: st.DataObject) -> None:
    x = fill(data.draw(FULL))
    check_index(x, data.draw(hnp.arrays(bool, x.shape)))


@given(data=st.data())
def test_masks_that_are_tensors(data: st.DataObject) -> None:
    x = Tensor(fill(data.draw(FULL)))
    bound = data.draw(st.floats(-1, 1))
    x[x > bound].sum().backward()
    np.testing.assert_array_equal(x.grad, np.where(x.data > bound, 1.0, 0.0), strict=True)


@given(data=st.data())
def test_transpose_by_any_permutation(data: st.DataObject) -> None:
    x = fill(data.draw(SHAPES))
    axes = tuple(data.draw(st.permutations(range(x.ndim))))
    np.testing.assert_array_equal(Tensor(x).transpose(axes).data, x.transpose(axes), strict=True)
    check_grads(lambda x: x.transpose(axes) * 1.0, (x,), order=1)


@given(data=st.data())
def test_moveaxis_anywhere(data: st.DataObject) -> None:
    x = fill(data.draw(FULL))
    place = st.integers(-x.ndim, x.ndim - 1)
    source, destination = data.draw(place), data.draw(place)
    y = np.moveaxis(Tensor(x), source, destination)
    np.testing.assert_array_equal(y.data, np.moveaxis(x, source, destination), strict=True)
    check_grads(lambda x: ops.moveaxis(x, source, destination), (x,), order=1)


@given(data=st.data())
def test_concatenate_along_any_axis(data: st.DataObject) -> None:
    shape = data.draw(FULL)
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    lengths = data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=3))
    shapes = [(*shape[:axis], n, *shape[axis:][1:]) for n in lengths]
    xs = [fill(shape) + i for i, shape in enumerate(shapes)]
    y = np.concatenate([Tensor(x) for x in xs], axis)
    np.testing.assert_array_equal(y.data, np.concatenate(xs, axis), strict=True)
    check_grads(lambda *xs: ops.concatenate(xs, axis), xs, order=1)


@given(
    hnp.mutually_broadcastable_shapes(
        signature=np.matmul.signature, max_dims=2, max_side=3, min_side=0
    )
)
def test_matmul_of_any_ranks(shapes: Any) -> None:
    x, y = (fill(shape) for shape in shapes.input_shapes)
    np.testing.assert_allclose((x @ Tensor(y)).data, x @ y, atol=1e-14, strict=True)
    check_grads(ops.matmul, (x, y), order=1)


@given(data=st.data())
def test_flip_and_roll_along_any_axes(data: st.DataObject) -> None:
    x = fill(data.draw(FULL))
    axis = data.draw(axes_of(x.shape))
    shift = data.draw(st.integers(-4, 4))
    np.testing.assert_array_equal(np.flip(Tensor(x), axis).data, np.flip(x, axis), strict=True)
    check_grads(lambda x: ops.flip(x, axis), (x,), order=1)
    np.testing.assert_array_equal(
        np.roll(Tensor(x), shift, axis).data, np.roll(x, shift, axis), strict=True
    )
    check_grads(lambda x: ops.roll(x, shift, axis), (x,), order=1)


@given(data=st.data())
def test_diagonals_anywhere(data: st.DataObject) -> None:
    x = fill(data.draw(hnp.array_shapes(min_dims=2, max_dims=3, min_side=0, max_side=3)))
    axis1, axis2 = data.draw(st.permutations(range(x.ndim)))[:2]
    offset = data.draw(st.integers(-4, 4))
    expected = np.diagonal(x, offset, axis1, axis2)
    y = np.diagonal(Tensor(x), offset, axis1, axis2)
    np.testing.assert_array_equal(y.data, expected, strict=True)
    check_grads(lambda x: ops.diagonal(x, offset, axis1, axis2), (x,), order=1)


MODES: list[dict[str, Any]] = [
    *({"mode": mode} for mode in ("constant", "edge", "linear_ramp", "maximum", "mean", "median")),
    *({"mode": mode, "stat_length": 2} for mode in ("minimum", "mean", "median")),
    {"mode": "wrap"},
    *(
        {"mode": mode, "reflect_type": how}
        for mode in ("reflect", "symmetric")
        for how in ("even", "odd")
    ),
]


@pytest.mark.parametrize("how", MODES, ids=lambda how: "-".join(map(str, how.values())))
@given(data=st.data())
def test_padding_of_any_width(how: dict[str, Any], data: st.DataObject) -> None:
    x = fill(data.draw(FULL))
    side = st.integers(0, 7)
    widths = data.draw(st.lists(st.tuples(side, side), min_size=x.ndim, max_size=x.ndim))
    y = np.pad(Tensor(x), widths, **how)
    np.testing.assert_allclose(y.data, np.pad(x, widths, **how), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("how", MODES, ids=lambda how: "-".join(map(str, how.values())))
@pytest.mark.parametrize("shape", [(1,), (3,), (2, 3)])
def test_derivatives_of_wide_padding(how: dict[str, Any], shape: tuple[int, ...]) -> None:
    widths = [(7, 4), (0, 2)][: len(shape)]
    check_grads(lambda x: ops.pad(x, widths, **how), (fill(shape),), order=1)


# --- several results, and operands of other kinds ------------------------------------------------

SEVERAL: dict[str, tuple[Any, ...]] = {
    "array_split": (5,),
    "atleast_1d": (fill((3,)), fill((2, 3)), 2.0),
    "atleast_2d": (fill((3,)), fill((2, 3, 1)), 2.0),
    "atleast_3d": (fill((3,)), fill((2, 3)), 2.0),
    "broadcast_arrays": (fill((2, 1)), fill((3,))),
    "dsplit": (2,),
    "hsplit": ([1],),
    "meshgrid": (fill((2,)), fill((3,)), fill((0,))),
    "split": ([1, 1, 9],),
    "vsplit": (2,),
}


@pytest.mark.parametrize("name", SEVERAL)
def test_several_results_have_numpys_shapes(name: str) -> None:
    more = SEVERAL[name]
    x = fill((2, 4, 2)) if "split" in name else fill((1,))
    ours, expected = getattr(np, name)(Tensor(x), *more), getattr(np, name)(x, *more)
    assert type(ours) is type(expected)
    assert [np.shape(part) for part in ours] == [part.shape for part in expected]


def test_unstack_gives_a_tuple_of_slices() -> None:
    parts = ops.unstack(Tensor(fill((2, 3))), axis=-1)
    assert isinstance(parts, tuple)
    assert [part.shape for part in parts] == [(2,), (2,), (2,)]


def test_a_list_of_tensors_is_an_operand() -> None:
    x, y = Tensor(1.0), Tensor(2.0)
    z = ops.flip([x * 3, y])
    np.testing.assert_array_equal(z.data, [2.0, 3.0])
    z.backward([1.0, 10.0])
    assert (x.grad, y.grad) == (30.0, 1.0)


def test_tensors_of_whole_numbers_are_indices() -> None:
    x, i = Tensor(fill((3,))), Tensor([2, 0])
    for chosen in (x[i], x[[i[0], i[1]]], ops.take(x, i - 3, mode="wrap"), ops.delete(x, 1)[::-1]):
        np.testing.assert_array_equal(chosen.data, x.data[[2, 0]])


def test_a_condition_may_be_a_tensor() -> None:
    x = Tensor(fill((3, 2)))
    np.testing.assert_array_equal(ops.compress(x[:, 0] > 0, x, 0).data, x.data[x.data[:, 0] > 0])
    np.testing.assert_array_equal(ops.extract(x > 0, x).data, x.data[x.data > 0])


def test_small_indices_are_wrapped_and_clipped_in_large_numbers() -> None:
    x, indices = fill((999,)), np.array([200], np.uint8)
    for mode in ("wrap", "clip"):
        np.testing.assert_array_equal(ops.take(x, indices, mode=mode), x[[200]])


BAD_AXES = [3, -4, (0, 0), (0, -3), (1, 5)]


@pytest.mark.parametrize("axis", BAD_AXES)
@pytest.mark.parametrize("name", ["sum", "mean", "max", "var"])
def test_an_axis_that_is_not_there(name: str, axis: Any) -> None:
    f = getattr(ops, name)
    with pytest.raises(ValueError, match=r"(?s)(axis|duplicate).*"):
        f(Tensor(np.zeros((2, 3, 4))), axis=axis)


X = Tensor(np.zeros((2, 3)), name="x")

REFUSED: dict[str, Any] = {
    r"index.*'x' \(2, 3\).*index 2 ": lambda: X[2],
    r"index.*\(2, 3\).*too many": lambda: X[0, 0, 0],
    r"index.*index 5 ": lambda: X[:, [0, 5]],
    r"index must be whole numbers.*float64": lambda: X[[0.5]],
    r"take.*mode": lambda: ops.take(X, 0, mode="other"),
    r"take.*out=": lambda: ops.take(X, 0, out=np.zeros(1)),
    r"take_along_axis.*dimensions": lambda: ops.take_along_axis(X, [0]),
    r"take_along_axis.*whole numbers": lambda: ops.take_along_axis(X, X),
    r"compress.*1 dimension": lambda: ops.compress(X, X),
    r"diagonal.*2 dimensions": lambda: ops.diagonal(X[0]),
    r"matrix_transpose.*2 dimensions": lambda: ops.matrix_transpose(X[0]),
    r"reshape.*order": lambda: ops.reshape(X, (3, 2), "A"),
    r"astype.*device": lambda: ops.astype(X, float, device="other"),
    r"concatenate.*dtype=": lambda: ops.concatenate([X], dtype=int),
    r"concatenate.*at least one": lambda: ops.concatenate([]),
    r"stack.*casting=": lambda: ops.stack([X], casting="unsafe"),
    r"stack.*one shape": lambda: ops.stack([X, X[0]]),
    r"rot90.*two axes": lambda: ops.rot90(X, 1, (0,)),
    r"rollaxis.*start 3": lambda: ops.rollaxis(X, 0, 3),
    r"fliplr.*2 dimensions": lambda: ops.fliplr(X[0]),
    r"repeat.*\(2, 3\).*broadcast": lambda: ops.repeat(X, [1, 2], 1),
    r"resize.*negative": lambda: ops.resize(X, (-1, 2)),
    r"broadcast_arrays": lambda: ops.broadcast_arrays(X, np.zeros(4)),
    r"meshgrid.*indexing": lambda: ops.meshgrid(X, indexing="other"),
    r"vander.*vector": lambda: ops.vander(X),
    r"block.*different depths": lambda: ops.block([[X], X]),
    r"block.*tuples": lambda: ops.block((X, X)),
    r"delete.*length 2.*index 2 ": lambda: ops.delete(X, 2, 0),
    r"insert.*length 6.*index 7 ": lambda: ops.insert(X, 7, 0.0),
    r"insert.*room for \(2,\)": lambda: ops.insert(X, [0, 1], np.zeros(5)),
    r"split.*length 3.*2 equal parts": lambda: ops.split(X, 2, 1),
    r"0 parts": lambda: ops.split(X, 0),
    r"diag.*vector or a matrix": lambda: ops.diag(X[None]),
    r"trace.*out=": lambda: ops.trace(X, out=np.zeros(())),
    r"pad.*mode is one of": lambda: ops.pad(X, 1, lambda *args: None),
    r"pad.*'edge'.*constant_values=": lambda: ops.pad(X, 1, "edge", constant_values=1),
    r"pad.*not tensors": lambda: ops.pad(X, 1, constant_values=[X[0, 0], 1.0]),
    r"pad.*reflect_type": lambda: ops.pad(X, 1, "reflect", reflect_type="other"),
    r"pad.*'mean'.*empty axis 0": lambda: ops.pad(X[:0], 1, "mean"),
    r"pad.*stat_length 0": lambda: ops.pad(X, 1, "maximum", stat_length=0),
    r"pad.*negative": lambda: ops.pad(X, (0, -1)),
    r"pad.*whole numbers": lambda: ops.pad(X, 0.5),
    r"pad.*each of 2 axes": lambda: ops.pad(X, [(1, 1)] * 3),
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_does_not_fit_is_refused_by_name(message: str) -> None:
    with pytest.raises(TensorGraphError, match=f"(?s){message}"):
        REFUSED[message]()
