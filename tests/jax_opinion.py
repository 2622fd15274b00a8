"""A second opinion on values and derivatives: what JAX makes of a row of the table.

Whoever adds a row need not come here if JAX has a function of its name with NumPy's arguments: it
is found by name. Otherwise the row gets an entry in ``ADAPTERS``, or, where JAX has nothing to
compare with, in ``WITHOUT_COUNTERPART``. Read next: ``engine/test_against_jax``.
"""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

os.environ.setdefault("JAX_PLATFORMS", "cpu")  # before JAX looks for devices

import jax
import jax.numpy as jnp
import numpy as np

import op_specs_elementwise
from op_cases import Case, OpSpec
from tensorgraph.ops.indexing import _ARRAY


def _is_complex(x: Any) -> bool:
    return jnp.issubdtype(x.dtype, jnp.complexfloating)


# --- numbers and choices -------------------------------------------------------------------------


def _arccosh(x: Any) -> Any:
    """By its definition: JAX's derivative has the wrong sign left of the imaginary axis."""
    return jnp.log(x + jnp.sqrt(x - 1) * jnp.sqrt(x + 1)) if _is_complex(x) else jnp.arccosh(x)


def _clip(x: Any, a_min: Any = None, a_max: Any = None, **bounds: Any) -> Any:
    """Also of complex numbers, which JAX puts in order, but does not clip."""
    if not _is_complex(x):
        return jnp.clip(x, **(bounds or {"min": a_min, "max": a_max}))
    raised = x if a_min is None else jnp.maximum(x, a_min)
    return raised if a_max is None else jnp.minimum(raised, a_max)


def _divmod(x: Any, y: Any) -> Any:
    quotient, remainder = jnp.divmod(x, y)
    return 2 * quotient + remainder


def _modf(x: Any) -> Any:
    fraction, whole = jnp.modf(x)
    return 2 * fraction + whole


def _sinc(x: Any) -> Any:
    """By its series near 0, where JAX's derivatives lose all their digits."""
    far = jnp.where(jnp.abs(x) > 0.1, x, 1.0)
    terms = [(-1) ** k * (np.pi * x) ** (2 * k) / math.factorial(2 * k + 1) for k in range(7)]
    return jnp.where(jnp.abs(x) > 0.1, jnp.sin(np.pi * far) / (np.pi * far), sum(terms))


def _select(a: Any, b: Any, default: Any) -> Any:
    rows = op_specs_elementwise._CONDITION
    return jnp.select([rows, rows[0]], [a, b], default)


_NUMBERS = {
    "arccosh": _arccosh,
    "clip": _clip,
    "divmod": _divmod,
    "fix": jnp.trunc,
    "modf": lambda x: jnp.modf(x)[0],
    "modf, both parts": _modf,
    "polygamma": lambda x, n: jax.scipy.special.polygamma(n, x),
    "select": _select,
    "sign, of complex numbers": lambda x: x / jnp.abs(x),  # JAX has no derivative for it
    "sinc": _sinc,
}

# --- elements and their places -------------------------------------------------------------------


def _index(x: Any, key: Any) -> Any:
    return x[_as_key(key)]


def _as_key(key: Any) -> tuple[Any, ...]:
    """JAX takes no lists for indices."""
    return tuple(_as_index(part) for part in (key if isinstance(key, tuple) else (key,)))


def _as_index(part: Any) -> Any:
    if isinstance(part, (list, tuple, range, np.bool_)):
        return np.asarray(part, None if np.size(part) else int)
    return part


def _scatter(x: Any, *arrays: Any, template: Any, shape: Any) -> Any:
    rest = iter(arrays)
    key = tuple(next(rest) if part is _ARRAY else part for part in template)
    return jnp.zeros(shape, x.dtype).at[key].add(x)


def _assign(x: Any, value: Any, key: Any) -> Any:
    """JAX takes no value with more axes than the place has, though they be of length 1."""
    shape = x[_as_key(key)].shape
    fitting = np.shape(value)[max(np.ndim(value) - len(shape), 0) :]
    return x.at[_as_key(key)].set(jnp.reshape(value, fitting))


def _with_arrays(function: Callable[..., Any], *names: str) -> Callable[..., Any]:
    """The function with the lists among the arguments of these names turned into arrays."""

    def called(*xs: Any, **params: Any) -> Any:
        return function(*xs, **{k: _as_index(v) if k in names else v for k, v in params.items()})

    return called


def _all_of(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with its several results raveled and joined: one array."""

    def joined(*xs: Any, **params: Any) -> Any:
        return jnp.concatenate([jnp.ravel(part) for part in function(*xs, **params)])

    return joined


def _compress(a: Any, condition: Any, axis: int | None = None) -> Any:
    return jnp.take(a, np.flatnonzero(condition), axis)


def _insert(arr: Any, values: Any, obj: Any, axis: int | None = None) -> Any:
    """JAX takes no masks."""
    is_mask = isinstance(obj, np.ndarray) and obj.dtype.kind == "b"
    return jnp.insert(arr, np.flatnonzero(obj) if is_mask else _as_index(obj), values, axis)


def _meshgrid(*xs: Any, copy: bool = True, **how: Any) -> Any:
    """JAX takes vectors, and always copies."""
    return jnp.meshgrid(*map(jnp.ravel, xs), **how)


def _pad(x: Any, pad_width: Any, mode: str = "constant", **how: Any) -> Any:
    """JAX takes no dict."""
    if isinstance(pad_width, dict):
        widths = {axis % x.ndim: width for axis, width in pad_width.items()}
        pad_width = [np.broadcast_to(widths.get(axis, 0), 2) for axis in range(x.ndim)]
    return jnp.pad(x, pad_width, mode, **how)


def _triangle(function: Callable[..., Any]) -> Callable[..., Any]:
    """Of a vector NumPy makes a matrix with equal rows first."""

    def called(m: Any, k: int = 0) -> Any:
        return function(jnp.tile(m, (len(m), 1)) if jnp.ndim(m) == 1 else m, k)

    return called


def _split(x: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """JAX takes indices from the front, and none behind the end."""
    if isinstance(indices_or_sections, int):
        return jnp.split(x, indices_or_sections, axis)
    size = x.shape[axis]
    places = [min(i if i >= 0 else i + size, size) for i in indices_or_sections]
    return jnp.split(x, places, axis)


_PLACES = {
    "alias": lambda x: x,
    "assign": _assign,
    "astype": lambda x, dtype: x.astype(dtype),
    "block": lambda a, b, c, d: jnp.block([[a, b], [c, d]]),
    "block, a row": lambda *xs: jnp.block([*xs]),
    "compress": _compress,
    "delete": _with_arrays(jnp.delete, "obj"),
    "extract": lambda a, condition: a[condition],
    "index": _index,
    "insert": _insert,
    "meshgrid, all results": _all_of(_meshgrid),
    "pad": _pad,
    "pad, the frame alone": lambda x: jnp.pad(x, 1, "empty")[1:-1],
    "repeat": _with_arrays(jnp.repeat, "repeats"),
    "scatter": _scatter,
    "split, all results": _all_of(_split),
    "take": _with_arrays(jnp.take, "indices"),
    "tril": _triangle(jnp.tril),
    "triu": _triangle(jnp.triu),
}

# --- sums, products and spreads ------------------------------------------------------------------


def _std(function: Callable[..., Any]) -> Callable[..., Any]:
    """The root of ``function``, a variance; where that is 0, JAX's own is not a number."""

    def called(x: Any, **params: Any) -> Any:
        variance = function(x, **params)
        return jnp.where(variance > 0, jnp.sqrt(jnp.where(variance > 0, variance, 1.0)), 0.0)

    return called


def _vecdot(x1: Any, x2: Any, axis: int = -1, keepdims: bool = False) -> Any:
    y = jnp.vecdot(x1, x2, axis=axis)
    return jnp.expand_dims(y, axis) if keepdims else y


def _einsum(xs: Any, subscripts: str, optimize: Any = None) -> Any:
    """The order of the products, ``optimize``, does not change the sum."""
    return jnp.einsum(subscripts, *xs)


def _sum_of_squares(xs: Any, factors: Any) -> Any:
    return sum(factor * jnp.sum(x * x) for x, factor in zip(xs, factors, strict=True))


_SUMS = {
    "average, and the sum of the weights": lambda x, w: jnp.stack(jnp.average(x, 0, w, True)),
    "cov, weighed": lambda m, w, **how: jnp.cov(m, aweights=w, **how),
    "einsum": _einsum,
    "einsum, interleaved": lambda x, y, labels: jnp.einsum(x, labels[0], y, *labels[1:]),
    "nanstd": _std(jnp.nanvar),
    "std": _std(jnp.var),
    "sum_of_squares": _sum_of_squares,
    "var, about a mean that is known": lambda x, m: jnp.var(x, 1, mean=m, correction=1),
    "vecdot": _vecdot,
}

# --- matrices ------------------------------------------------------------------------------------


def _adjoint(x: Any) -> Any:
    return jnp.conj(jnp.swapaxes(x, -1, -2))


def _hermitian(a: Any, triangle: str = "L") -> Any:
    """The Hermitian matrices of which one triangle of ``a`` is read."""
    beside = jnp.tril(a, -1) if triangle in "Ll" else jnp.triu(a, 1)
    return beside + _adjoint(beside) + jnp.real(a) * jnp.eye(a.shape[-1])


def _pack(*parts: Any) -> Any:
    """Several results as our rows pack them: raveled and joined along the last axis."""
    batch = parts[0].shape[:-2]
    return jnp.concatenate([x.reshape(*batch, -1) for x in parts], -1)


def _result(position: int, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with one of its several results."""
    return lambda *xs, **params: function(*xs, **params)[position]


def _pinv(a: Any, rcond: Any = None, hermitian: bool = False, rtol: Any = None) -> Any:
    return jnp.linalg.pinv(_hermitian(a) if hermitian else a, rcond if rtol is None else rtol)


def _det(a: Any) -> Any:
    """JAX's derivative fails where there are no elements."""
    return jnp.linalg.det(a) if a.size else jnp.ones((), a.dtype)


def _adjugate(a: Any) -> Any:
    return jnp.linalg.det(a)[..., None, None] * jnp.linalg.inv(a)


def _adjugate_slope(a: Any, k: Any) -> Any:
    """The derivative of the adjugate in the direction ``k``, transposed."""
    return jnp.swapaxes(jax.jvp(_adjugate, (a,), (jnp.broadcast_to(k, a.shape),))[1], -1, -2)


def _cholesky(a: Any, upper: bool = False) -> Any:
    return jnp.linalg.cholesky(_hermitian(a, "U" if upper else "L"), upper=upper)


def _eigh(a: Any, UPLO: str = "L") -> Any:
    return jnp.linalg.eigh(_hermitian(a, UPLO), symmetrize_input=False)


def _eig(a: Any) -> Any:
    """Eigenvalues, and eigenvectors whose length is 1 also to the derivatives."""
    w, v = jax.lax.linalg.eig(a, compute_left_eigenvectors=False, enable_eigvec_derivs=True)
    return w, v / jnp.linalg.norm(v, axis=-2, keepdims=True)


def _svd(a: Any, full_matrices: bool = True, hermitian: bool = False, **how: Any) -> Any:
    return jnp.linalg.svd(_hermitian(a) if hermitian else a, full_matrices, **how)


def _packed_eigh(a: Any) -> Any:
    w, v = _eigh(a + jnp.swapaxes(a, -1, -2))
    return _pack(v, w)


def _packed_eig(a: Any) -> Any:
    w, v = _eig(a)
    return _pack(v, w)


def _projectors(function: Callable[..., Any]) -> Callable[..., Any]:
    def called(a: Any, **params: Any) -> Any:
        v = function(a, **params)[1]
        return jnp.einsum("...ik,...jk->...kij", v, jnp.conj(v))

    return called


def _directions(a: Any, **params: Any) -> Any:
    u, _, vh = _svd(a, **params)
    return jnp.einsum("...ik,...kj->...kij", u, vh)


_MATRICES = {
    "adjugate": _adjugate,
    "adjugate_slope": _adjugate_slope,
    "cholesky": _cholesky,
    "det": _det,
    "eig": _packed_eig,
    "eigh": _packed_eigh,
    "eigvalsh": _result(0, _eigh),
    "euclidean_norm": jnp.linalg.norm,
    "linalg.cholesky, upper": _cholesky,
    "linalg.eig, eigenvalues": _result(0, _eig),
    "linalg.eig, projectors": _projectors(_eig),
    "linalg.eigh, eigenvalues": _result(0, _eigh),
    "linalg.eigh, projectors": _projectors(_eigh),
    "linalg.eigvals": _result(0, _eig),
    "linalg.lstsq, the residuals": _result(1, jnp.linalg.lstsq),
    "linalg.lstsq, the singular values": _result(3, jnp.linalg.lstsq),
    "linalg.lstsq, the solution": _result(0, jnp.linalg.lstsq),
    "linalg.qr, q": _result(0, jnp.linalg.qr),
    "linalg.qr, r": _result(1, jnp.linalg.qr),
    "linalg.slogdet, the logarithm": _result(1, jnp.linalg.slogdet),
    "linalg.slogdet, the sign": _result(0, jnp.linalg.slogdet),
    "linalg.svd, directions": _directions,
    "linalg.svd, values": _result(1, _svd),
    "linalg.svd, values alone": _svd,
    "pinv": _pinv,
    "qr": lambda a, mode: _pack(*jnp.linalg.qr(a, mode)),
    "slogdet": lambda a: jnp.stack(jnp.linalg.slogdet(a), -1),
    "svd": lambda a, full_matrices: _pack(*jnp.linalg.svd(a, full_matrices)),
}

# --- order, calculus, transforms -----------------------------------------------------------------


def _median(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Also of complex numbers, which JAX sorts, but whose quantiles it does not take."""
    if not _is_complex(x):
        return jnp.median(x, axis, keepdims=keepdims)
    ordered, n = jnp.moveaxis(jnp.sort(x, axis), axis, 0), x.shape[axis]
    return (ordered[(n - 1) // 2] + ordered[n // 2]) / 2


def _quantile(x: Any, q: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """JAX takes neither lists nor matrices for ``q``."""
    q = jnp.asarray(q, float)
    y = jnp.quantile(x, q.ravel(), axis, keepdims=keepdims)
    return y.reshape(q.shape + y.shape[1:])


def _slope(f: Any, spacing: Any = 1.0, axis: int = 0, edge_order: int = 1) -> Any:
    """``gradient`` along one axis; JAX has no second order at the ends.

    There a parabola through the three points at the end is differentiated.
    """
    inside = jnp.gradient(f, spacing, axis=axis)
    if edge_order == 1:
        return inside
    f, slope = jnp.moveaxis(f, axis, 0), jnp.moveaxis(inside, axis, 0)
    x = spacing if np.ndim(spacing) else spacing * np.arange(len(f))
    for end, next_one, third in ((0, 1, 2), (-1, -2, -3)):
        h, k = x[next_one] - x[end], x[third] - x[end]
        rise, more = f[next_one] - f[end], f[third] - f[end]
        slope = slope.at[end].set((k * k * rise - h * h * more) / (h * k * (k - h)))
    return jnp.moveaxis(slope, 0, axis)


def _slopes(f: Any, *spacings: Any, axis: Any = None, edge_order: int = 1) -> Any:
    axes = range(f.ndim) if axis is None else axis
    spacings = spacings * len(axes) if len(spacings) == 1 else spacings
    each = zip(spacings, axes, strict=True)
    return jnp.stack([_slope(f, spacing, axis, edge_order) for spacing, axis in each])


def _diff(a: Any, prepend: Any, append: Any) -> Any:
    return jnp.diff(a, prepend=prepend, append=append)


def _transform(name: str) -> Callable[..., Any]:
    """A transform of several axes: JAX takes no -1 among the lengths, and no axis twice."""
    function = getattr(jnp.fft, name)

    def transform(a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
        if axes is not None and len(set(axes)) < len(axes):
            return transform(function(a, None, axes[-1:], norm), None, axes[:-1], norm)
        if s is not None:
            s = [np.shape(a)[i] if n == -1 else n for n, i in zip(s, axes, strict=True)]
        return function(a, s, axes, norm)

    return transform


_CALCULUS = {
    "convolve": lambda a, v, mode="full": jnp.convolve(*map(jnp.atleast_1d, (a, v)), mode),
    "diff, with more at the ends": _diff,
    "gradient": _slope,
    "gradient, along several axes": _slopes,
    "linspace, and the step": lambda start, stop: jnp.linspace(start, stop, 4, retstep=True)[1],
    "median": _median,
    "partition": lambda a, kth, axis=-1: jnp.sort(a, axis),  # three elements, the middle in place
    "quantile": _quantile,
    "sort": lambda a, axis=-1, **how: jnp.sort(a, axis),
    **{name: _transform(name) for name in ("fftn", "ifftn", "rfftn", "irfftn")},
}


# --- networks ------------------------------------------------------------------------------------


def _softmax_cross_entropy(logits: Any, labels: Any) -> Any:
    return -jnp.mean(jax.nn.log_softmax(logits)[np.arange(len(labels)), labels])


def _sigmoid_cross_entropy(logits: Any, targets: Any) -> Any:
    return jnp.mean(jax.nn.softplus(logits) - logits * targets)


_NETWORKS = {
    "dense": lambda x, weights, biases: x @ weights + biases,
    "gelu": lambda x, approximate=False: jax.nn.gelu(x, approximate),
    "sigmoid_cross_entropy": _sigmoid_cross_entropy,
    "softmax_cross_entropy": _softmax_cross_entropy,
    "softmax_minus_one_hot": lambda share, p, labels: (
        (p - jax.nn.one_hot(labels, p.shape[1])) * share
    ),
    "softsign": jax.nn.soft_sign,
}

# --- which function of JAX answers for a row -----------------------------------------------------

ADAPTERS: dict[str, Callable[..., Any]] = {
    **_NUMBERS,
    **_PLACES,
    **_SUMS,
    **_MATRICES,
    **_CALCULUS,
    **_NETWORKS,
}
"""By the name of a row: what to call where JAX has no function of its name and arguments."""

WITHOUT_COUNTERPART: dict[str, str] = {
    "real_if_close": "its dtype depends on the values, of which JAX knows nothing beforehand",
}
"""By the name of a row: why there is nothing in JAX to compare with."""

_NAMESPACES = (jnp, jnp.linalg, jnp.fft, jax.nn, jax.scipy.special, jax.scipy.linalg)


def counterpart(spec: OpSpec) -> Callable[..., Any] | None:
    """The function of JAX for ``spec``: its adapter, or what bears its name."""
    if spec.name in ADAPTERS:
        return ADAPTERS[spec.name]
    full_name, _, remark = spec.name.partition(", ")
    *path, name = full_name.split(".")
    for namespace in (getattr(jnp, path[0]),) if path else _NAMESPACES:
        function = getattr(namespace, name, None)
        if callable(function):
            return _all_of(function) if remark == "all results" else function
    return None


# --- what it says --------------------------------------------------------------------------------


class Opinion(NamedTuple):
    """Of a case: its value, and for each variable the first and the second derivative.

    The first is the vjp with ``cotangents``; the second is the gradient of the real part of its
    product with other such numbers, or, what is the same, its jvp with them.
    """

    value: Any
    first: Sequence[Any]
    second: Sequence[Any]


def cotangents(*likes: Any) -> list[np.ndarray]:
    """Fixed numbers of the shapes and dtypes of ``likes``."""
    drawn = []
    for i, like in enumerate(likes):
        angles = (np.arange(np.size(like)) + 1.0 + i).reshape(np.shape(like))
        is_complex = np.asarray(like).dtype.kind == "c"
        numbers = np.cos(angles) + 1j * np.sin(3 * angles) if is_complex else np.cos(angles)
        drawn.append(numbers.astype(np.asarray(like).dtype))
    return drawn


def jax_on(spec: OpSpec, case: Case, u: np.ndarray, ws: Sequence[np.ndarray]) -> Opinion:
    """JAX's opinion of ``case``, in one compiled program; ``u`` and ``ws`` are ``cotangents``.

    The second derivative is its jvp of the vjp: a third less to compile than the vjp of the vjp.
    """
    function, positions = counterpart(spec), spec.variables(case)
    points = [case.operands[i] for i in positions]

    def f(*xs: Any) -> Any:
        operands = list(case.operands)
        for i, x in zip(positions, xs, strict=True):
            operands[i] = x
        return (
            function(operands, **case.params)
            if spec.variadic
            else function(*operands, **case.params)
        )

    def first(*xs: Any) -> Any:
        y, pullback = jax.vjp(f, *xs)
        return pullback(u.astype(y.dtype)), y

    def everything(*xs: Any) -> Any:
        gs, hs, y = jax.jvp(first, xs, tuple(ws), has_aux=True)
        return y, gs, hs

    compiled = jax.jit(everything).lower(*points).compile(compiler_options=_quick_options())
    return Opinion(*jax.tree.map(np.asarray, compiled(*points)))


# XLA spends most of its time on making programs fast that run once. Three times as quick without.
_QUICK = {
    "xla_cpu_use_fusion_emitters": False,
    "xla_backend_optimization_level": 0,
    "xla_cpu_parallel_codegen_split_count": 1,
}


@functools.cache
def _quick_options() -> dict[str, Any]:
    """Those of the options that this version of XLA knows."""
    return {name: value for name, value in _QUICK.items() if _is_known(name, value)}


def _is_known(name: str, value: Any) -> bool:
    try:
        jax.jit(jnp.negative).lower(0.0).compile(compiler_options={name: value})
    except RuntimeError:
        return False
    return True
