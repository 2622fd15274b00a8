"""Operations on shapes, axes and indices of Hypothesis' choice: values and derivatives."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp

from tensorgraph import ops
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


BAD_AXES = [3, -4, (0, 0), (0, -3), (1, 5)]


@pytest.mark.parametrize("axis", BAD_AXES)
@pytest.mark.parametrize("name", ["sum", "mean", "max", "var"])
def test_an_axis_that_is_not_there(name: str, axis: Any) -> None:
    f = getattr(ops, name)
    with pytest.raises(ValueError, match=r"(?s)(axis|duplicate).*"):
        f(Tensor(np.zeros((2, 3, 4))), axis=axis)
