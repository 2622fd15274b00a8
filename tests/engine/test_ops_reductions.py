"""Products with zeros, nan, ties, and what is refused: exact values, and derivatives past them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tensorgraph import grad, hessian, ops
from tensorgraph.batching import vmap
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError
from tensorgraph.tensor import Tensor
from tensorgraph.testing import check_grads

F = Callable[[Any], Any]
NAN = np.nan

# name: (function, point, value, derivative of the sum of the values)
EXACT: dict[str, tuple[F, list[Any], Any, list[Any]]] = {
    "prod, no zero": (ops.prod, [2, 3, 4], 24, [12, 8, 6]),
    "prod, one zero": (ops.prod, [2, 0, 4], 0, [0, 8, 0]),
    "prod, two zeros": (ops.prod, [2, 0, 0], 0, [0, 0, 0]),
    "prod of nothing": (ops.prod, [], 1, []),
    "prod over rows": (lambda x: ops.prod(x, 1), [[2, 0], [3, 5]], [0, 15], [[0, 2], [5, 3]]),
    "cumprod, one zero": (ops.cumprod, [2, 0, 4], [2, 0, 0], [1, 10, 0]),
    "cumprod, two zeros": (ops.cumprod, [2, 0, 0, 5], [2, 0, 0, 0], [1, 2, 0, 0]),
    "cumsum": (ops.cumsum, [2, 0, 4], [2, 2, 6], [3, 2, 1]),
    "ptp, ties": (ops.ptp, [3, 1, 3], 2, [0.5, -1, 0.5]),
    "std of what is all the same": (ops.std, [2, 2, 2], 0, [0, 0, 0]),
    "nanstd of what is all the same": (ops.nanstd, [2, NAN, 2], 0, [0, 0, 0]),
    "nansum": (ops.nansum, [1, NAN, 2], 3, [1, 0, 1]),
    "nansum, all nan": (ops.nansum, [NAN, NAN], 0, [0, 0]),
    "nanprod with a zero": (ops.nanprod, [0, NAN, 2], 0, [2, 0, 0]),
    "nanmean": (ops.nanmean, [1, NAN, 2], 1.5, [0.5, 0, 0.5]),
    "nanmax, ties": (ops.nanmax, [2, NAN, 2, 1], 2, [0.5, 0, 0.5, 0]),
    "nanmin": (ops.nanmin, [2, NAN, 1], 1, [0, 0, 1]),
    "nanmax, all nan": (ops.nanmax, [NAN, NAN], NAN, [0, 0]),
    "nanvar, too few": (lambda x: ops.nanvar(x, ddof=1), [NAN, 2], NAN, [0, 0]),
    "nancumsum": (ops.nancumsum, [1, NAN, 2], [1, 1, 3], [3, 0, 1]),
    "nancumprod": (ops.nancumprod, [3, NAN, 2], [3, 3, 6], [4, 0, 3]),
    "sort": (lambda x: ops.sort(x) * [1, 2, 3], [5, 4, 6], [4, 10, 18], [2, 1, 3]),
    "median, even": (ops.median, [4, 1, 3, 2], 2.5, [0, 0, 0.5, 0.5]),
    "median, nan": (ops.median, [4, NAN, 3], NAN, [0, 0, 0]),
    "quantile": (lambda x: ops.quantile(x, 0.25), [4, 1, 3], 2, [0, 0.5, 0.5]),
    "diff of nothing": (lambda x: ops.diff(x, 0), [1, 4], [1, 4], [1, 1]),
    "interp outside": (
        lambda x: ops.interp(x, [0, 1], [0, 3]),
        [-1, 0.5, 2],
        [0, 1.5, 3],
        [0, 3, 0],
    ),
    "interp far outside": (lambda x: ops.interp(x, [0, 1], [2, 2]), [np.inf], [2], [0]),
    "interp at a corner": (lambda x: ops.interp(x, [0, 1, 2], [0, 3, 4]), [1], [3], [1]),
    "interp, two points in one place": (
        lambda x: ops.interp(x, [0, 0, 1], [0, 1, 2]),
        [-1, 0.5],
        [0, 1.5],
        [0, 1],
    ),
    "linspace ends where it should": (lambda x: ops.linspace(0.1, x, 4)[-1], [0.7], [0.7], [1]),
    "geomspace of ints": (lambda x: ops.geomspace(x, 8, 4), [1], [[1], [2], [4], [8]], [3 + 2 / 3]),
    "unwrap": (lambda x: ops.unwrap(x, period=4), [0, 3, 6], [0, -1, -2], [1, 1, 1]),
}


@pytest.mark.parametrize("name", EXACT)
def test_exact_values_and_derivatives(name: str) -> None:
    f, point, value, derivative = EXACT[name]
    x = np.array(point, np.float64)
    np.testing.assert_allclose(f(x), value, rtol=1e-14)
    np.testing.assert_allclose(grad(lambda x: ops.sum(f(x)))(x), derivative, rtol=1e-13)


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        ([2.0, 3.0, 4.0], [[0, 4, 3], [4, 0, 2], [3, 2, 0]]),
        ([2.0, 0.0, 4.0], [[0, 4, 0], [4, 0, 2], [0, 2, 0]]),
        ([2.0, 0.0, 0.0], [[0, 0, 0], [0, 0, 2], [0, 2, 0]]),
        ([0.0, 0.0, 0.0], np.zeros((3, 3))),
    ],
    ids=["no zero", "one", "two", "three"],
)
def test_the_second_derivatives_of_a_product_are_the_products_of_the_others(
    point: list[float], expected: Any
) -> None:
    np.testing.assert_allclose(hessian(ops.prod)(np.array(point)), expected, atol=1e-15)


HOLES = np.array([[False, True, False, False], [True, False, True, False]])
PAST_NAN: dict[str, F] = {
    "nansum": lambda x: ops.nansum(x, 1),
    "nanprod": lambda x: ops.nanprod(x, 1),
    "nanmax": lambda x: ops.nanmax(x, 0),
    "nanmin": lambda x: ops.nanmin(x, 1, keepdims=True),
    "nanmean": lambda x: ops.nanmean(x, 0),
    "nanvar": lambda x: ops.nanvar(x, 1, ddof=1),
    "nanvar about a mean": lambda x: ops.nanvar(x, 1, mean=ops.nanmean(x, 1, keepdims=True)),
    "nanstd": lambda x: ops.nanstd(x, 1, keepdims=True),
    "nancumsum": lambda x: ops.nancumsum(x, 1),
    "nancumprod": lambda x: ops.nancumprod(x, 0),
}


@pytest.mark.parametrize("name", PAST_NAN)
def test_derivatives_past_nan(name: str) -> None:
    x = np.array([[0.5, 1.0, -0.7, 1.4], [2.0, -1.2, 0.3, 0.9]])
    check_grads(lambda x: PAST_NAN[name](ops.where(HOLES, NAN, x)), (x,))


def test_a_sorted_array_gives_each_gradient_back_to_where_the_element_was() -> None:
    x = Tensor([[3.0, 1.0, 2.0]])
    np.sort(x, axis=1).backward(np.array([[10.0, 20.0, 30.0]]))
    np.testing.assert_array_equal(x.grad, [[30.0, 10.0, 20.0]])


@pytest.mark.parametrize(("n", "m"), [(n, m) for n in range(1, 5) for m in range(1, 5)])
@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("name", ["convolve", "correlate"])
def test_convolutions_of_every_length(name: str, mode: str, n: int, m: int) -> None:
    a, v = np.sin(np.arange(1.0, n + 1)), np.cos(np.arange(1.0, m + 1)) + 0.5j
    f = getattr(ops, name)
    np.testing.assert_allclose(f(a, v, mode), getattr(np, name)(a, v, mode), rtol=1e-13)
    check_grads(lambda a, v: f(a, v, mode), (a, v), order=1)


# --- over a batch --------------------------------------------------------------------------------

BATCHES = np.random.default_rng(0).normal(size=(3, 2, 4))
KERNELS = np.random.default_rng(1).normal(size=(3, 3))
EDGES = np.sort(KERNELS, 1)
EACH: dict[str, tuple[F, tuple[Any, ...]]] = {
    "prod": (lambda x: ops.prod(x, 0), (BATCHES,)),
    "prod, all": (ops.prod, (BATCHES,)),
    "cumsum": (lambda x: ops.cumsum(x, -1), (BATCHES,)),
    "cumsum, raveled": (ops.cumsum, (BATCHES,)),
    "cumsum of 0-d": (ops.cumsum, (BATCHES[:, 0, 0],)),
    "cumprod": (lambda x: ops.cumprod(x, 0), (BATCHES,)),
    "cumprod, raveled": (ops.cumprod, (BATCHES,)),
    "count_nonzero": (lambda x: ops.count_nonzero(x > 0, 0) * x, (BATCHES,)),
    "nanargmax": (lambda x: ops.nanargmax(x, 1), (BATCHES,)),
    "nanargmin": (ops.nanargmin, (BATCHES,)),
    "argpartition": (lambda x: ops.argpartition(x, 1, 0), (BATCHES,)),
    "argpartition, raveled": (lambda x: ops.argpartition(x, (0, 7), None)[0], (BATCHES,)),
    "sort": (ops.sort, (BATCHES,)),
    "median": (ops.median, (BATCHES,)),
    "quantile": (lambda x: ops.quantile(x, 0.3, 1), (BATCHES,)),
    "quantile, of its own": (ops.quantile, (BATCHES, np.array([0.2, 0.5, 0.7]))),
    "searchsorted": (lambda v: ops.searchsorted(EDGES[0], v), (BATCHES,)),
    "searchsorted, each its own": (ops.searchsorted, (EDGES, BATCHES)),
    "searchsorted, on the right": (lambda a, v: ops.searchsorted(a, v, "right"), (EDGES, EDGES)),
    "digitize": (lambda x: ops.digitize(x, EDGES[0]), (BATCHES,)),
    "digitize, rising": (ops.digitize, (BATCHES, EDGES)),
    "digitize, falling": (ops.digitize, (BATCHES, EDGES[:, ::-1])),
    "digitize, with the right edge": (lambda x, b: ops.digitize(x, b, True), (EDGES, EDGES)),
    "digitize, falling right": (lambda x, b: ops.digitize(x, b, True), (EDGES, EDGES[:, ::-1])),
    "interp": (lambda x, y: ops.interp(x, [0.0, 0.5, 1.0], y), (BATCHES, KERNELS)),
    "convolve": (ops.convolve, (BATCHES[:, 0], KERNELS)),
    "convolve, valid": (lambda a, v: ops.convolve(v, a, "valid"), (BATCHES[:, 0], KERNELS)),
    "convolve with one": (lambda a: ops.convolve(KERNELS[0], a, "same"), (BATCHES[:, 0],)),
    "correlate": (lambda a, v: ops.correlate(v, a, "same"), (BATCHES[:, 0], KERNELS)),
    "unwrap": (lambda x: ops.unwrap(4 * x, axis=0), (BATCHES,)),
    "cov": (ops.cov, (BATCHES,)),
    "linspace": (lambda x, y: ops.linspace(x, y, 4), (KERNELS, EDGES)),
}


@pytest.mark.parametrize("name", EACH)
def test_over_a_batch_it_is_what_it_is_for_each(name: str) -> None:
    f, xs = EACH[name]
    expected = np.stack([f(*each) for each in zip(*xs, strict=True)])
    np.testing.assert_allclose(vmap(f)(*xs), expected, rtol=1e-12, atol=1e-14, strict=True)


# --- what is taken as NumPy takes it, and what is refused ----------------------------------------


def test_whole_numbers_multiply_as_numpy_multiplies_them() -> None:
    x = np.array([[1, 2], [3, 4]], np.int8)
    for name in ("prod", "cumprod", "cumsum"):
        ours, numpys = getattr(ops, name)(Tensor(x), 0).data, getattr(np, name)(x, 0)
        np.testing.assert_array_equal(ours, numpys, strict=True)
    np.testing.assert_array_equal(vmap(ops.prod)(x), np.array([2, 12]), strict=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
@pytest.mark.parametrize("q", [0.5, 1, [0, 1], [0.5]], ids=str)
@pytest.mark.parametrize("name", ["quantile", "percentile"])
def test_quantiles_have_numpys_dtype(name: str, q: Any, dtype: Any) -> None:
    x = np.arange(5).astype(dtype)
    assert getattr(ops, name)(Tensor(x), q).dtype == getattr(np, name)(x, q).dtype


def test_lists_with_tensors_are_operands() -> None:
    t = Tensor(2.0)
    y = ops.polyval([t, 1.0], 3.0) + ops.sum(ops.diff([0.0, t * t, 5.0]) ** 2)
    assert y.item() == 7.0 + 16.0 + 1.0
    assert grad(lambda t: ops.polyval([t, 1.0], 3.0))(2.0) == 3.0


X = Tensor([[1.0, 2.0], [3.0, 4.0]])
REFUSED: dict[str, tuple[type[Exception], str, Callable[[], Any]]] = {
    "out": (ArgumentError, "out=", lambda: np.prod(X, out=np.zeros(()))),
    "where": (ArgumentError, "where=", lambda: np.var(X, where=np.ones((2, 2), bool))),
    "initial": (ArgumentError, "initial=", lambda: np.prod(X, initial=2.0)),
    "nan initial": (ArgumentError, "initial=", lambda: np.nansum(X, initial=2.0)),
    "order": (ArgumentError, "order=", lambda: np.sort(X, order="name")),
    "correction": (ArgumentError, "correction=", lambda: np.var(X, ddof=1, correction=1)),
    "method": (ArgumentError, "linear.*tg.sort", lambda: np.quantile(X, 0.5, method="lower")),
    "q": (ArgumentError, "between 0 and 1", lambda: np.quantile(X, 1.5)),
    "percent": (ArgumentError, "between 0 and 100", lambda: np.percentile(X, 101)),
    "complex": (DTypeError, "real numbers", lambda: np.quantile(X * 1j, 0.5)),
    "axis": (ShapeError, "axis 2", lambda: np.prod(X, axis=2)),
    "no axis": (ShapeError, "axis= is needed", lambda: ops.cumulative_sum(X)),
    "weights": (ShapeError, "weights of shape", lambda: np.average(X, weights=np.ones(2))),
    "n": (ArgumentError, "n is -1", lambda: np.diff(X, -1)),
    "scalar": (ShapeError, "1 dimension", lambda: np.diff(Tensor(1.0))),
    "spacings": (ArgumentError, "3 spacings for 2 axes", lambda: np.gradient(X, 1, 2, 3)),
    "points": (ShapeError, "coordinates", lambda: np.gradient(X, [1.0, 2.0, 3.0], axis=0)),
    "too short": (ShapeError, "needs 3 points", lambda: np.gradient(X, edge_order=2)),
    "edge_order": (ArgumentError, "edge_order", lambda: np.gradient(X, edge_order=3)),
    "interp": (ShapeError, "as many xp as fp", lambda: np.interp(X, [0, 1], [1])),
    "num": (ArgumentError, "num is -1", lambda: np.linspace(X, X, -1)),
    "zero": (ArgumentError, "0 is no multiple", lambda: np.geomspace(X, 0.0)),
    "mode": (ArgumentError, "full, same, valid", lambda: np.convolve(X[0], X[0], "most")),
    "matrix": (ShapeError, "two vectors", lambda: np.convolve(X, X)),
    "cov": (ShapeError, "at most 2", lambda: np.cov(Tensor(np.zeros((2, 2, 2))))),
    "observations": (ShapeError, "2 observations", lambda: np.cov(X, aweights=np.ones(3))),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_says_so(name: str) -> None:
    error, message, call = REFUSED[name]
    with pytest.raises(error, match=message):
        call()
