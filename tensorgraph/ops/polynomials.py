"""Polynomials, and the convolutions that multiply them. Read next: ``special``."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.ops.elementwise import conjugate
from tensorgraph.ops.reduce import sum
from tensorgraph.ops.shape import as_operand, concatenate, expand_dims, reshape, spread
from tensorgraph.primitive import bilinear
from tensorgraph.typing import Array

__all__ = ["convolve", "correlate", "polyval"]


def polyval(p: Any, x: Any) -> Any:
    """The polynomial p[0] x^(n-1) + ... + p[n-1] at ``x``, by Horner's rule."""
    p, x = as_operand(p), as_operand(x)
    y: Any = np.zeros(x.shape, x.dtype)
    for i in range(len(p)):
        y = y * x + p[i]
    return y


# --- convolutions --------------------------------------------------------------------------------


_MODES = ("full", "same", "valid")


def _middle(n: int, m: int, mode: str) -> slice:
    """What ``mode`` takes of the full convolution of ``n`` and ``m`` elements."""
    short, long = sorted((n, m))
    if mode == "valid":
        return slice(short - 1, long)
    start = (short - 1) // 2 if mode == "same" else 0
    return slice(start, start + long) if mode == "same" else slice(0, n + m - 1)


def _of_factor(g: Any, x: Any, other: Any, mode: str) -> Any:
    """The cotangent of x in x * other, which is a convolution itself: of g and other, reversed.

    Each element of x moves as many results as ``other`` has elements; those that ``mode`` leaves
    out have the cotangent 0.
    """
    n, m = len(x), len(other)
    if mode == "valid" and n >= m:
        return _convolve(g, other[::-1], "full")
    if mode == "valid":
        return _convolve(other, g[::-1], "valid")[::-1]
    if mode == "same":
        part = _middle(n, m, mode)
        ends = (np.zeros(k, g.dtype) for k in (part.start, n + m - 1 - part.stop))
        before, behind = ends
        g = concatenate((before, g, behind))
    return _convolve(g, other[::-1], "valid")


def _convolve_each(mapped: Any, a: Any, v: Any, mode: str) -> Any:
    """The convolutions of a batch: for each result the sum of a window of ``a`` times ``v``."""
    a, v = spread(mapped, (a, v))
    n, m = a.shape[1], v.shape[1]
    zeros = np.zeros((len(a), m - 1), a.dtype)
    windows = np.arange(n + m - 1)[:, None] - np.arange(m) + (m - 1)
    full = sum(concatenate((zeros, a, zeros), 1)[:, windows] * expand_dims(v, 1), -1)
    return full[:, _middle(n, m, mode)]


@bilinear.rules(
    lambda g, y, a, v, mode: _of_factor(g, a, v, mode),
    lambda g, y, a, v, mode: _of_factor(g, v, a, mode),
    name="convolve",
    batch=_convolve_each,
)
def _convolve(a: Any, v: Any, mode: Any) -> Array:
    return np.convolve(a, v, mode)


def _check_vectors(function: str, a: Any, v: Any, mode: str) -> tuple[Any, Any]:
    """Both as vectors, or an error."""
    a, v = as_operand(a), as_operand(v)
    if mode not in _MODES:
        raise ArgumentError(f"{function}(): mode is one of {', '.join(_MODES)}, not {mode!r}")
    if a.ndim != 1 or v.ndim != 1 or not a.size or not v.size:
        raise ShapeError(f"{function}() needs two vectors, and got shapes {a.shape} and {v.shape}")
    return a, v


def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """The sums of a[i] v[k - i] for each k.

    ``mode`` chooses all ("full"), the middle ones, as many as the longer vector has elements
    ("same"), or those for which no element is missing ("valid").
    """
    a, v = (reshape(x, (1,)) if np.ndim(x) == 0 else x for x in (a, v))
    a, v = _check_vectors("convolve", a, v, mode)
    return _convolve(a, v, mode)


def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    """The sums of a[i + k] conj(v[i]) for each k, chosen by ``mode`` as in ``convolve``."""
    a, v = _check_vectors("correlate", a, v, mode)
    v = (conjugate(v) if v.dtype.kind == "c" else v)[::-1]
    if mode == "same" and len(a) < len(v):  # NumPy takes the other middle here
        return _convolve(a, v, "full")[len(a) // 2 : len(a) // 2 + len(v)]
    return _convolve(a, v, mode)
