"""``tensorgraph.numpy`` in the place of NumPy, and NumPy itself where tensors are passed in.

First programs as people write them with NumPy, each with its gradient beside differences; then the
namespace, name by name; then what NumPy alone cannot hand on, which says so.
"""

from __future__ import annotations

import importlib
import itertools
import math
import re
from collections.abc import Callable
from typing import Any

import numpy
import pytest

import tensorgraph as tg
import tensorgraph.numpy as np
import tensorgraph.numpy.random as npr
from op_cases import draw
from tensorgraph.errors import TensorGraphError
from tensorgraph.numpy.linalg import solve
from tensorgraph.testing import check_grads


def agrees(f: Callable[[Any], Any], parameters: Any, order: int = 1) -> None:
    """Fail unless the derivatives of ``f`` by a tree of parameters agree with differences."""
    leaves = tg.tree.flatten(parameters)
    check_grads(lambda *xs: f(tg.tree.unflatten(parameters, list(xs))), leaves, order)
    gradients = tg.tree.flatten(tg.grad(f)(parameters))
    assert [g.shape for g in gradients] == [numpy.shape(x) for x in leaves]


# --- programs ------------------------------------------------------------------------------------

rng = npr.default_rng(0)
INPUTS = rng.standard_normal((6, 3))
TARGETS = rng.standard_normal((6, 2))


def layers(*sizes: int) -> list[tuple[Any, Any]]:
    """Weights and biases, a pair for each layer."""
    rs = npr.RandomState(0)
    return [(0.5 * rs.randn(m, n), 0.1 * rs.randn(n)) for m, n in itertools.pairwise(sizes)]


def network(parameters: Any, inputs: Any) -> Any:
    for w, b in parameters:
        outputs = np.dot(inputs, w) + b
        inputs = np.tanh(outputs)
    return outputs


def test_a_network_of_pairs() -> None:
    def loss(parameters: Any) -> Any:
        penalty = sum(np.sum(w**2) + np.sum(b**2) for w, b in parameters)
        return np.mean((network(parameters, INPUTS) - TARGETS) ** 2) + 0.01 * penalty

    agrees(loss, layers(3, 4, 2), order=2)


def test_a_network_with_normalized_activations() -> None:
    def loss(parameters: Any) -> Any:
        x = INPUTS
        for w, b in parameters:
            x = np.dot(x, w) + b
            x = (x - np.mean(x, axis=0, keepdims=True)) / (np.std(x, axis=0, keepdims=True) + 1.0)
            x = np.maximum(0.1 * x, x)
        return np.mean(np.logaddexp(0.0, -x))

    agrees(loss, layers(3, 4, 2))


def test_a_recurrent_network() -> None:
    rs = npr.RandomState(1)
    sequence = rs.randn(4, 2, 3)
    parameters = {
        "first state": rs.randn(1, 2) * 0.5,
        "change": rs.randn(3 + 2 + 1, 2) * 0.5,
        "predict": rs.randn(2 + 1, 3) * 0.5,
    }

    def with_one(*parts: Any) -> Any:
        return np.hstack((*parts, np.ones((parts[0].shape[0], 1))))

    def loss(p: Any) -> Any:
        state = np.repeat(p["first state"], 2, axis=0)
        outputs = []
        for x in sequence[:-1]:
            state = np.tanh(np.dot(with_one(x, state), p["change"]))
            outputs.append(np.dot(with_one(state), p["predict"]))
        return np.sum((np.array(outputs) - sequence[1:]) ** 2)

    agrees(loss, parameters, order=2)


def test_logistic_regression() -> None:
    truths = np.array([True, False, True, True, False, False])

    def loss(weights: Any) -> Any:
        p = 0.5 * (np.tanh(INPUTS @ weights) + 1.0)
        return -np.sum(np.log(p * truths + (1 - p) * (1 - truths)))

    weights = np.array([0.2, -0.4, 0.1])
    agrees(loss, weights, order=2)
    before = loss(weights)
    for _ in range(20):
        weights -= 0.1 * tg.grad(loss)(weights)
    assert isinstance(weights, numpy.ndarray)
    assert loss(weights) < before


def test_the_likelihood_of_a_gaussian_process() -> None:
    x, y = np.linspace(-2.0, 2.0, 5)[:, None], np.cos(np.linspace(-2.0, 2.0, 5))

    def covariance(p: Any, a: Any, b: Any) -> Any:
        apart = np.expand_dims(a / np.exp(p[1:]), 1) - np.expand_dims(b / np.exp(p[1:]), 0)
        return np.exp(p[0]) * np.exp(-0.5 * np.sum(apart**2, axis=2))

    def minus_log_likelihood(p: Any) -> Any:
        k = covariance(p[1:], x, x) + np.exp(p[0]) * np.eye(len(y))
        sign, logarithm = np.linalg.slogdet(k)
        return 0.5 * (np.dot(y, solve(k, y)) + sign * logarithm + len(y) * np.log(2 * np.pi))

    agrees(minus_log_likelihood, np.array([-1.0, 0.3, 0.2]), order=2)


def test_a_step_of_a_fluid() -> None:
    """Velocities are carried along themselves, then made free of divergence, in place."""
    rs = npr.RandomState(7)
    smoke = rs.rand(4, 4)

    def difference(f: Any, axis: int) -> Any:
        return (np.roll(f, -1, axis=axis) - np.roll(f, 1, axis=axis)) / 2

    def project(vx: Any, vy: Any) -> Any:
        divergence = difference(vx, 0) + difference(vy, 1)
        p = np.zeros(vx.shape)
        for _ in range(3):
            around = sum(np.roll(p, shift, axis) for shift in (1, -1) for axis in (0, 1))
            p = (around - divergence) / 4
        vx -= difference(p, 0)
        vy -= difference(p, 1)
        return vx, vy

    def advect(f: Any, vx: Any, vy: Any) -> Any:
        rows, columns = f.shape
        j, i = np.meshgrid(np.arange(rows), np.arange(columns))
        x, y = (i - vx).ravel(), (j - vy).ravel()
        left, top = np.floor(x).astype(int), np.floor(y).astype(int)
        u, v = x - left, y - top
        left, top = np.mod(left, rows), np.mod(top, columns)
        right, bottom = np.mod(left + 1, rows), np.mod(top + 1, columns)
        flat = (1 - u) * ((1 - v) * f[left, top] + v * f[left, bottom]) + u * (
            (1 - v) * f[right, top] + v * f[right, bottom]
        )
        return np.reshape(flat, (rows, columns))

    def loss(velocity: Any) -> Any:
        vx, vy = velocity[:16].reshape(4, 4), velocity[16:].reshape(4, 4)
        vx, vy = project(advect(vx, vx, vy), advect(vy, vx, vy))
        vorticity = difference(vy, 0) - difference(vx, 1)
        return np.mean((advect(smoke, vx, vy) - 0.5) ** 2) + 0.1 * np.mean(vorticity**2)

    agrees(loss, 0.3 * rs.randn(32))


def patches(x: Any, size: int) -> Any:
    """Every square of ``size`` by ``size``: an axis for its row and its column, two inside it."""
    start = np.arange(x.shape[0] - size + 1)
    place = start[:, None] + np.arange(size)
    return x[place[:, None, :, None], place[None, :, None, :]]


def test_a_convolution_of_patches() -> None:
    rs = npr.RandomState(3)
    image, kernels = rs.rand(5, 5), rs.randn(2, 3, 3)

    def loss(both: Any) -> Any:
        image, kernels = both
        maps = np.einsum("yxhw,khw->kyx", patches(image, 3), kernels)
        pooled = np.max(np.maximum(maps, 0.0)[:, :2, :2].reshape(2, 2, 2), axis=(1, 2))
        return np.sum(pooled**2) + np.sum(np.pad(image, 1)[::2, ::2] ** 3)

    agrees(loss, (image, kernels))


def test_a_differential_equation_by_eulers_steps() -> None:
    def loss(both: Any) -> Any:
        matrix, start = both
        y, path = start, []
        for _ in range(5):
            y = y + 0.1 * np.dot(y**3, matrix)
            path.append(y)
        return np.mean(np.abs(np.array(path) - 0.5))

    agrees(loss, (np.array([[-0.1, 2.0], [-2.0, -0.1]]), np.array([0.9, 0.1])))


def test_a_mixture_of_gaussians() -> None:
    data = npr.RandomState(4).randn(6, 2)

    def logsumexp(x: Any, axis: Any = None) -> Any:
        top = np.max(x, axis=axis, keepdims=True)
        return np.squeeze(top + np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)), axis)

    def minus_log_likelihood(p: Any) -> Any:
        proportions = p["log proportions"] - logsumexp(p["log proportions"])
        parts = []
        for log_proportion, mean, root in zip(
            proportions, p["means"], p["lower triangles"], strict=True
        ):
            apart = np.linalg.solve(root, (data - mean).T)
            log_root = np.log(np.abs(np.linalg.det(root)))
            parts.append(log_proportion - 0.5 * np.sum(apart**2, axis=0) - log_root)
        return -np.sum(logsumexp(np.vstack(parts), axis=0))

    rs = npr.RandomState(5)
    parameters = {
        "log proportions": rs.randn(2),
        "means": rs.randn(2, 2),
        "lower triangles": np.zeros((2, 2, 2)) + np.eye(2) + 0.1 * rs.randn(2, 2, 2),
    }
    agrees(minus_log_likelihood, parameters)


def test_a_spectrum() -> None:
    def loss(signal: Any) -> Any:
        spectrum = np.fft.rfft(signal * np.hanning(8))
        low = np.where(np.arange(5) < 3, spectrum, 0.0)
        return np.sum(np.abs(spectrum) ** 2) + np.sum(np.fft.irfft(low) ** 3)

    agrees(loss, npr.RandomState(6).randn(8), order=2)


def test_a_rosenbrock_valley_descended_with_second_derivatives() -> None:
    def valley(x: Any) -> Any:
        return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2

    x = np.zeros(2)
    for _ in range(3):  # Newton's method ends in two steps here
        x = x - np.linalg.solve(tg.hessian(valley)(x), tg.grad(valley)(x))
    numpy.testing.assert_allclose(x, [1.0, 1.0])


# --- arrays of tensors ---------------------------------------------------------------------------


def of(a: Any, b: Any) -> list[Any]:
    return [a, a * b, 2.0]


ROW: dict[str, Callable[[Any, Any], Any]] = {
    "array": lambda a, b: np.array(of(a, b)),
    "array of a tuple": lambda a, b: np.array(tuple(of(a, b))),
    "nested": lambda a, b: np.array([[a, 1.0], [b, a]]),
    "nested, with arrays and tensors": lambda a, b: np.array(
        [numpy.ones(2), [a, b], np.array([b, a])]
    ),
    "of a tensor": lambda a, b: np.array(a * b),
    "of rows": lambda a, b: np.array(list(np.array(of(a, b)))),
    "with whole numbers": lambda a, b: np.array([1, a, True]),
    "with axes in front": lambda a, b: np.array(of(a, b), ndmin=2),
    "asarray": lambda a, b: np.asarray(of(a, b)),
    "asanyarray": lambda a, b: np.asanyarray(of(a, b)),
    "ascontiguousarray": lambda a, b: np.ascontiguousarray(of(a, b)),
    "asfortranarray": lambda a, b: np.asfortranarray(of(a, b)),
    "full": lambda a, b: np.full((2, 2), a * b),
    "full by one number": lambda a, b: np.full(3, a),
    "full of a row": lambda a, b: np.full([2, 3], of(a, b)),
    "full_like": lambda a, b: np.full_like(numpy.ones((2, 2)), a * b),
    "a sum of a list": lambda a, b: np.sum(of(a, b)),
    "a mean of a list": lambda a, b: np.mean([np.array(of(a, b)), np.ones(3)], axis=0),
    "a maximum of a list": lambda a, b: np.max([a, a * b, 0.5]),
    "sorted": lambda a, b: np.sort(of(a, b)),
    "a product": lambda a, b: np.prod(of(a, b)),
    "running sums": lambda a, b: np.cumsum(of(a, b)),
    "a diagonal": lambda a, b: np.diag(of(a, b)),
    "a diagonal by name": lambda a, b: np.diag(v=np.array(of(a, b))),
    "differences": lambda a, b: np.diff(of(a, b)),
    "reshaped": lambda a, b: np.reshape(of(a, b), (3, 1)),
    "a matrix's determinant": lambda a, b: np.linalg.det(np.array([[a, 2.0], [1.0, b]])),
    "concatenated": lambda a, b: np.concatenate([np.array(of(a, b)), np.ones(2)]),
    "stacked": lambda a, b: np.stack(of(a, b)),
    "blocks": lambda a, b: np.block([[a, 2.0], [1.0, b]]),
    "filled": lambda a, b: filled(a, b),
}


def filled(a: Any, b: Any) -> Any:
    out = tg.zeros((2, 2))
    out[0] = [a, b]
    out[1, :] = a * b
    return out


def without_tensors(f: Callable[[Any, Any], Any], a: float, b: float) -> Any:
    """The same program on numbers."""
    return f(numpy.float64(a), numpy.float64(b))


@pytest.mark.parametrize("what", ROW)
def test_an_array_of_tensors_has_the_values_of_one_of_numbers(what: str) -> None:
    ours = ROW[what](tg.Tensor(0.7), tg.Tensor(1.3))
    assert isinstance(ours, tg.Tensor)
    plain = without_tensors(ROW[what], 0.7, 1.3)
    expected = plain.data if isinstance(plain, tg.Tensor) else numpy.asarray(plain)
    numpy.testing.assert_allclose(ours.data, expected, strict=True)


@pytest.mark.parametrize("what", ROW)
def test_derivatives_pass_an_array_of_tensors(what: str) -> None:
    point = numpy.array(0.7), numpy.array(1.3)
    check_grads(ROW[what], point)
    assert any(np.any(g != 0) for g in tg.jacobian(ROW[what], (0, 1))(*point))


@pytest.mark.parametrize("make", [np.array, np.asarray, lambda x, d: np.full(2, x[0], d)])
def test_dtypes_can_be_asked_for(make: Any) -> None:
    t = tg.Tensor(1.5)
    y = make([t, t], np.float32)
    assert y.dtype == np.float32
    np.sum(y).backward()
    assert t.grad == 2.0
    assert t.grad.dtype == np.float64


def test_an_array_of_a_tensor_is_another_value_and_asarray_is_not() -> None:
    t = tg.Tensor([1.0, 2.0])
    assert np.asarray(t) is t
    twin = np.array(t)
    twin += 1.0
    numpy.testing.assert_array_equal(t.data, [1.0, 2.0])


def test_rows_of_different_lengths_are_refused() -> None:
    t = tg.Tensor(1.0)
    with pytest.raises(ValueError, match=r"\(1,\), \(2,\)"):
        np.array([[t], [t, t]])


# --- the namespace -------------------------------------------------------------------------------

OURS = {
    *("array", "asarray", "asanyarray", "ascontiguousarray", "asfortranarray", "full", "full_like"),
    *("all", "any", "amax", "amin", "argmax", "argmin", "argsort", "average", "cumprod", "cumsum"),
    *("diag", "diff", "max", "mean", "median", "min", "prod", "ptp", "ravel", "reshape", "sort"),
    *("squeeze", "std", "sum", "trace", "transpose", "var"),
}
MODULES = {"fft", "linalg", "random"}


def test_every_other_name_is_numpys_own() -> None:
    others = set(numpy.__all__) - MODULES
    assert {name for name in others if getattr(np, name) is not getattr(numpy, name)} == OURS


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_name_of_ours_is_documented(name: str) -> None:
    assert getattr(np, name).__doc__


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_submodule_has_all_of_numpys(module: str) -> None:
    numpys = getattr(numpy, module)
    for ours in (getattr(np, module), importlib.import_module(f"tensorgraph.numpy.{module}")):
        assert [n for n in numpys.__all__ if getattr(ours, n) is not getattr(numpys, n)] == []


def test_nothing_in_numpy_is_missing() -> None:
    names = [name for name in dir(numpy) if not name.startswith("_")]
    assert [name for name in names if not hasattr(np, name)] == []


M = draw((3, 4), seed=1)
PLAIN: dict[str, Callable[[Any], Any]] = {
    "array": lambda np: np.array([[1, 2], [3, 4]]),
    "array with options": lambda np: np.array(M, np.float32, order="F", ndmin=3, copy=True),
    "array of nothing": lambda np: np.array([]),
    "array of text": lambda np: np.array(["a", "b"]),
    "asarray": lambda np: np.asarray(M),
    "asarray of a list": lambda np: np.asarray([1, 2.5], dtype=complex),
    "ascontiguousarray": lambda np: np.ascontiguousarray(M.T),
    "asfortranarray": lambda np: np.asfortranarray(M),
    "full": lambda np: np.full((2, 3), 7),
    "full of a row": lambda np: np.full((2, 3), [1.0, 2.0, 3.0], dtype=np.float32),
    "full_like": lambda np: np.full_like(M, 7),
    "sum": lambda np: np.sum(M, 1, keepdims=True),
    "sum of a list": lambda np: np.sum([1, 2, 3]),
    "sum with where": lambda np: np.sum(M, where=M > 0, initial=1.0),
    "max": lambda np: np.max(M, axis=0),
    "amin": lambda np: np.amin(a=M),
    "mean": lambda np: np.mean([[1, 2], [3, 4]], axis=0),
    "average": lambda np: np.average(M, weights=[1.0, 2.0, 3.0, 4.0], axis=1),
    "median": lambda np: np.median(M, axis=1),
    "std": lambda np: np.std(M, ddof=1),
    "var": lambda np: np.var(M, 0, dtype=np.float32),
    "ptp": lambda np: np.ptp(M, axis=-1),
    "all": lambda np: np.all(M > 0, axis=1),
    "any": lambda np: np.any([False, True]),
    "argmax": lambda np: np.argmax(M, axis=1),
    "argsort": lambda np: np.argsort(M, axis=0, kind="stable"),
    "sort": lambda np: np.sort(M),
    "cumsum": lambda np: np.cumsum(M, axis=1),
    "cumprod": lambda np: np.cumprod(M),
    "prod": lambda np: np.prod(M, 0),
    "diag": lambda np: np.diag(v=np.arange(3), k=1),
    "diff": lambda np: np.diff(M, n=2, axis=1, prepend=0.0),
    "ravel": lambda np: np.ravel(M, "F"),
    "reshape": lambda np: np.reshape(M, (2, -1), order="F"),
    "squeeze": lambda np: np.squeeze(M[None], 0),
    "trace": lambda np: np.trace(M, offset=1),
    "transpose": lambda np: np.transpose(M, (1, 0)),
    "linalg": lambda np: np.linalg.norm(M, axis=1),
    "fft": lambda np: np.fft.fft(M),
    "random": lambda np: np.random.default_rng(1).normal(size=3),
    "the old random": lambda np: np.random.RandomState(1).randn(3),
}


@pytest.mark.parametrize("call", PLAIN)
def test_on_plain_arrays_nothing_is_changed(call: str) -> None:
    ours, numpys = PLAIN[call](np), PLAIN[call](numpy)
    assert type(ours) is type(numpys)
    assert ours.dtype == numpys.dtype
    numpy.testing.assert_array_equal(ours, numpys, strict=True)
    assert numpy.asarray(ours).flags.c_contiguous == numpy.asarray(numpys).flags.c_contiguous


def test_arrays_are_not_copied_where_numpy_does_not() -> None:
    assert np.asarray(M) is M
    assert numpy.shares_memory(np.ravel(M), M)


def test_constants_and_types() -> None:
    assert np.pi == math.pi
    assert np.newaxis is None
    assert np.float64 is numpy.float64
    assert np.dtype("f4") == np.float32
    assert isinstance(M, np.ndarray)
    assert np.linalg.LinAlgError is numpy.linalg.LinAlgError


# --- NumPy alone ---------------------------------------------------------------------------------


def fill_an_array(t: Any) -> None:
    numpy.zeros(3)[0] = t[0]


def fill_a_slice(t: Any) -> None:
    numpy.zeros(3)[:2] = t[:2]


REFUSED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "np.array([t, t])": (lambda t: numpy.array([t, t]), r"\.data"),
    "np.asarray": (numpy.asarray, r"\.data"),
    "np.float64(t)": (lambda t: numpy.float64(t[0]), r"\.data|\.item"),
    "np.full": (lambda t: numpy.full(3, t[0]), r"\.data|copyto"),
    "np.full_like": (lambda t: numpy.full_like(M, t[0]), r"\.data|copyto"),
    "np.fromiter": (lambda t: numpy.fromiter(t, float), r"\.item"),
    "np.exp([t])": (lambda t: numpy.exp([t, t]), r"\.data"),
    "np.r_": (lambda t: numpy.r_[t, 1.0], r"\.data"),
    "out=": (lambda t: numpy.exp(t, out=numpy.zeros(3)), r"out=.*y = "),
    "out= of a function": (lambda t: numpy.sum(t, out=numpy.zeros(())), r"out=.*returns"),
    "where=": (lambda t: numpy.exp(t, where=numpy.array([True] * 3)), r"where=.*tg\.where"),
    "where= of a reduction": (lambda t: numpy.sum(t, where=numpy.array([True] * 3)), r"where="),
    "dtype=": (lambda t: numpy.exp(t, dtype=numpy.float32), r"dtype=.*\.astype"),
    "initial=": (lambda t: numpy.sum(t, initial=1.0), r"initial=.*afterwards"),
    "np.frompyfunc": (lambda t: numpy.frompyfunc(math.exp, 1, 1)(t), r"tg's functions"),
    "np.vectorize": (lambda t: numpy.vectorize(math.exp)(t), r"\.data"),
    "np.apply_along_axis": (
        lambda t: numpy.apply_along_axis(numpy.sum, 0, t),
        r"apply_along_axis.*\.data",
    ),
    "np.piecewise": (lambda t: numpy.piecewise(t, [t.data > 0], [1.0]), r"piecewise.*\.data"),
    "np.add.at": (lambda t: numpy.add.at(t, [0], 1.0), r"add\.at.*tg"),
    "np.add.at of an array": (lambda t: numpy.add.at(numpy.zeros(3), [0], t[0]), r"add\.at.*tg"),
    "np.add.reduceat": (lambda t: numpy.add.reduceat(t, [0, 1]), r"add\.reduceat.*tg"),
    "np.copyto": (lambda t: numpy.copyto(numpy.zeros(3), t), r"copyto.*\.data"),
    "np.put": (lambda t: numpy.put(t, [0], 1.0), r"put.*\.data"),
    "np.putmask": (lambda t: numpy.putmask(t, t.data > 0, 1.0), r"putmask.*\.data"),
    "np.fill_diagonal": (lambda t: numpy.fill_diagonal(t, 1.0), r"fill_diagonal.*\.data"),
    "array += t": (lambda t: numpy.ones(3).__iadd__(t), r"out=.*y = "),
    "array[0] = t": (fill_an_array, r"tg\.zeros"),
    "array[:2] = t": (fill_a_slice, r"tg\.zeros"),
    "math.exp": (lambda t: math.exp(t[0]), r"\.item"),
    "float": (lambda t: float(t[0]), r"\.item"),
}


def told(error: BaseException | None) -> str:
    """What an error says, and the errors that it came from."""
    return "" if error is None else f"{error} {told(error.__cause__ or error.__context__)}"


@pytest.mark.parametrize("what", REFUSED)
def test_what_numpy_does_not_hand_on_is_refused_with_the_mend(what: str) -> None:
    call, mend = REFUSED[what]
    with pytest.raises((TensorGraphError, ValueError, TypeError)) as raised:
        call(tg.Tensor([0.5, 1.0, 1.5]) * 2.0)
    assert re.search(mend, told(raised.value)), told(raised.value)


LOST: dict[str, Callable[[Any], Any]] = {
    "np.array([t, t])": lambda t: numpy.sum(numpy.array([t, 1.0])),
    "np.asarray": lambda t: numpy.sum(numpy.asarray(t)),
    "np.exp([t])": lambda t: numpy.sum(numpy.exp([t, 1.0])),
    "float": lambda t: float(t) ** 2,
    "math.exp": lambda t: t * math.exp(t),
    "array[0] = t": lambda t: fill_an_array([t]),
    "np.float64": lambda t: numpy.float64(t) * 2,
}


@pytest.mark.parametrize("what", LOST)
def test_an_argument_of_a_transform_does_not_leave_the_tape_in_silence(what: str) -> None:
    """A variable of one's own may be converted; here it would give a derivative that is wrong."""
    for x in (0.5, tg.Tensor(0.5)):
        with pytest.raises((TensorGraphError, ValueError, TypeError)) as raised:
            tg.grad(LOST[what])(x)
        assert "tape" in told(raised.value)


def test_truths_and_whole_numbers_index_plain_arrays() -> None:
    """No derivative passes them: nothing is lost."""
    t = tg.Tensor([0.5, 2.0, 1.0]) * 1.0
    array = numpy.array([10.0, 20.0, 30.0])
    numpy.testing.assert_array_equal(array[t > 0.7], [20.0, 30.0])
    numpy.testing.assert_array_equal(array[np.floor(t).astype(int)], [10.0, 30.0, 20.0])
    assert array[np.argmax(t)] == 20.0
    assert [10, 20, 30][np.argmax(t)] == 20


THROUGH: dict[str, Callable[[Any, Any], Any]] = {
    "an operator, array first": lambda np, t: numpy.ones(3) @ t,
    "a ufunc": lambda np, t: np.exp(t),
    "a ufunc of two": lambda np, t: np.arctan2(numpy.ones(3), t),
    "a reduction": lambda np, t: np.sum(t, axis=0),
    "by a ufunc": lambda np, t: np.add.reduce(t),
    "joined": lambda np, t: np.concatenate([t, numpy.ones(2)]),
    "an outer product": lambda np, t: np.outer(numpy.ones(2), t),
    "einsum": lambda np, t: np.einsum("i,i", t, t),
    "a choice": lambda np, t: np.where(t > 1.0, t, 0.0),
    "linalg": lambda np, t: np.linalg.norm(t),
    "fft": lambda np, t: np.abs(np.fft.fft(t)),
    "a method": lambda np, t: t.mean(),
    "an index": lambda np, t: t[::-1][np.newaxis],
}


@pytest.mark.parametrize("namespace", [numpy, np], ids=["numpy", "tensorgraph.numpy"])
@pytest.mark.parametrize("what", THROUGH)
def test_what_numpy_hands_on_is_recorded(what: str, namespace: Any) -> None:
    x = numpy.array([0.5, 1.2, 2.0])
    y = THROUGH[what](namespace, tg.Tensor(x))
    assert isinstance(y, tg.Tensor)
    numpy.testing.assert_allclose(y.data, THROUGH[what](namespace, x))
    check_grads(lambda x: THROUGH[what](namespace, x), (x,))
