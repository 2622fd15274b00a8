"""NumPy's ``fft``: discrete Fourier transforms, and the shifts that go with them.

Four rows do the work: ``fft`` and ``ifft``, and the pair for real signals, ``rfft`` and ``irfft``.
Each transforms along one axis as long as it is; the public functions cut the operand or fill it up
with zeros first, and go through several axes one after the other.

The matrix of the transform, exp(-2πi jk/n), is symmetric: ``fft`` and ``ifft`` are their own
transposes. A real signal of n samples has n // 2 + 1 frequencies, of which all but the first and,
for even n, the last stand for a conjugate pair: ``irfft`` counts them twice. Read next: ``nn``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.ops.arrange import roll
from tensorgraph.ops.elementwise import conjugate
from tensorgraph.ops.indexing import _scatter, index
from tensorgraph.ops.shape import as_operand, inner_axis, normalize_axes
from tensorgraph.primitive import linear, refuse
from tensorgraph.typing import Array

__all__ = [
    "fft",
    "fft2",
    "fftn",
    "fftshift",
    "hfft",
    "ifft",
    "ifft2",
    "ifftn",
    "ifftshift",
    "ihfft",
    "irfft",
    "irfft2",
    "irfftn",
    "rfft",
    "rfft2",
    "rfftn",
]

Norm = Literal["backward", "ortho", "forward"] | None

# Which of the two directions is divided by n ("ortho": both by its root), seen from the other one.
_SWAPPED: dict[Norm, Norm] = {
    None: "forward",
    "backward": "forward",
    "ortho": "ortho",
    "forward": "backward",
}


def _swapped(norm: Norm, name: str) -> Norm:
    """The norm with which the opposite transform has the factor that this one has with ``norm``."""
    if norm not in _SWAPPED:
        raise ArgumentError(f'{name}() takes norm "backward", "ortho" or "forward", not {norm!r}')
    return _SWAPPED[norm]


# --- rows: one axis, as long as it is ------------------------------------------------------------


@linear.rules(
    lambda g, y, x, axis, norm: _fft(g, axis=axis, norm=norm),
    name="fft",
    batch=lambda mapped, x, axis, norm: _fft(x, axis=inner_axis(axis, x.ndim), norm=norm),
)
def _fft(x: Any, axis: int, norm: Norm) -> Array:
    return np.fft.fft(x, axis=axis, norm=norm)


@linear.rules(
    lambda g, y, x, axis, norm: _ifft(g, axis=axis, norm=norm),
    name="ifft",
    batch=lambda mapped, x, axis, norm: _ifft(x, axis=inner_axis(axis, x.ndim), norm=norm),
)
def _ifft(x: Any, axis: int, norm: Norm) -> Array:
    return np.fft.ifft(x, axis=axis, norm=norm)


def _counts(g: Any, n: int, axis: int) -> Array:
    """How many of the ``n`` frequencies of a real signal each of its first n // 2 + 1 stands for.

    Shaped to multiply along ``axis`` of ``g``, and as precise.
    """
    counts = np.full(n // 2 + 1, 2, np.finfo(g.dtype).dtype)
    counts[0] = 1
    if n % 2 == 0:
        counts[-1] = 1
    return np.expand_dims(counts, tuple(range(1, np.ndim(g) - axis % np.ndim(g))))


def _of_rfft(g: Any, y: Any, x: Any, axis: int, norm: Norm) -> Any:
    """Re sum_k g_k exp(-2πi jk/n), which is irfft of the conjugates with every pair's g halved."""
    n = np.shape(x)[axis]
    halved = conjugate(g) / _counts(g, n, axis)
    return _irfft(halved, n=n, axis=axis, norm=_swapped(norm, "rfft"))


def _of_irfft(g: Any, y: Any, x: Any, n: int, axis: int, norm: Norm) -> Any:
    """The sum over j of g_j exp(2πi jk/n), counted as often as k is."""
    spectrum = _rfft(g, axis=axis, norm=_swapped(norm, "irfft"))
    return conjugate(spectrum) * _counts(g, n, axis)


@linear.rules(
    _of_rfft,
    name="rfft",
    batch=lambda mapped, x, axis, norm: _rfft(x, axis=inner_axis(axis, x.ndim), norm=norm),
)
def _rfft(x: Any, axis: int, norm: Norm) -> Array:
    return np.fft.rfft(x, axis=axis, norm=norm)


@linear.rules(
    _of_irfft,
    name="irfft",
    batch=lambda mapped, x, n, axis, norm: _irfft(x, n=n, axis=inner_axis(axis, x.ndim), norm=norm),
)
def _irfft(x: Any, n: int, axis: int, norm: Norm) -> Array:
    return np.fft.irfft(x, n, axis=axis, norm=norm)


# --- one axis ------------------------------------------------------------------------------------


def _axis(a: Any, axis: int, name: str) -> int:
    """``axis`` counted from the front."""
    return normalize_axes(operator.index(axis), np.ndim(a), name)[0]


def _points(n: int | None, otherwise: int, name: str) -> int:
    """The length of the transform: ``n``, or what follows from the operand."""
    n = otherwise if n is None else operator.index(n)
    if n < 1:
        raise ShapeError(f"{name}() needs at least one point, and was to transform {n}")
    return n


def _resized(a: Any, size: int, axis: int) -> Any:
    """``a`` cut along ``axis`` to its first ``size`` elements, or filled up with zeros."""
    shape = list(np.shape(a))
    here = (slice(None),) * axis
    if size < shape[axis]:
        return index(a, (*here, slice(size)))
    if size == shape[axis]:
        return a
    key = (*here, slice(shape[axis]))
    shape[axis] = size
    return _scatter(a, template=key, shape=tuple(shape))


def _prepared(
    name: str, a: Any, n: int | None, axis: int, norm: Norm, out: None
) -> tuple[Any, int]:
    """The operand of a row and its axis, made of what the public function was given."""
    refuse(name, out=out)
    _swapped(norm, name)
    a = as_operand(a)
    axis = _axis(a, axis, name)
    return _resized(a, _points(n, np.shape(a)[axis], name), axis), axis


def fft(a: Any, n: int | None = None, axis: int = -1, norm: Norm = None, out: None = None) -> Any:
    """The discrete Fourier transform over ``n`` points along ``axis``.

    The operand is cut or filled up with zeros to ``n``. ``norm`` says which direction is divided
    by n: "backward" (None) or "forward"; "ortho" divides both by its root.
    """
    a, axis = _prepared("fft", a, n, axis, norm, out)
    return _fft(a, axis=axis, norm=norm)


def ifft(a: Any, n: int | None = None, axis: int = -1, norm: Norm = None, out: None = None) -> Any:
    """The inverse of ``fft``."""
    a, axis = _prepared("ifft", a, n, axis, norm, out)
    return _ifft(a, axis=axis, norm=norm)


def rfft(a: Any, n: int | None = None, axis: int = -1, norm: Norm = None, out: None = None) -> Any:
    """``fft`` of a real signal: its n // 2 + 1 frequencies from 0 up; the rest are conjugates."""
    a, axis = _prepared("rfft", a, n, axis, norm, out)
    return _rfft(a, axis=axis, norm=norm)


def irfft(a: Any, n: int | None = None, axis: int = -1, norm: Norm = None, out: None = None) -> Any:
    """The inverse of ``rfft``: a real signal of ``n`` samples (None: of even number).

    The imaginary parts of the first frequency and, for even n, of the last one do not count.
    """
    a = as_operand(a)
    n = _points(n, 2 * (np.shape(a)[_axis(a, axis, "irfft")] - 1), "irfft")
    a, axis = _prepared("irfft", a, n // 2 + 1, axis, norm, out)
    return _irfft(a, n=n, axis=axis, norm=norm)


def hfft(a: Any, n: int | None = None, axis: int = -1, norm: Norm = None, out: None = None) -> Any:
    """``fft`` of a signal whose second half mirrors the conjugates of its first half ``a``."""
    refuse("hfft", out=out)
    return irfft(conjugate(a), n, axis, _swapped(norm, "hfft"))


def ihfft(a: Any, n: int | None = None, axis: int = -1, norm: Norm = None, out: None = None) -> Any:
    """The inverse of ``hfft``: the first half of the signal."""
    refuse("ihfft", out=out)
    return conjugate(rfft(a, n, axis, _swapped(norm, "ihfft")))


# --- several axes --------------------------------------------------------------------------------

Transform = Callable[..., Any]


def _lengths(a: Any, s: Any, axes: Any, name: str) -> tuple[list[int | None], list[int]]:
    """The points to transform along each of the axes; -1 in ``s`` stands for the whole axis.

    Without ``s`` they are as long as they are; without ``axes``, the last ones are meant.
    """
    axes = range(-(np.ndim(a) if s is None else len(s)), 0) if axes is None else axes
    axes = [_axis(a, axis, name) for axis in axes]
    whole = [np.shape(a)[axis] for axis in axes]
    if s is None:
        return list(whole), axes
    if len(s) != len(axes):
        raise ShapeError(f"{name}() got {len(s)} lengths in s for {len(axes)} axes")
    return [size if n == -1 else n for n, size in zip(s, whole, strict=True)], axes


def _along_each(
    transform: Transform, a: Any, lengths: Sequence[int | None], axes: Sequence[int], norm: Norm
) -> Any:
    """``a`` transformed along one axis after the other, the last one first."""
    for n, axis in zip(reversed(lengths), reversed(axes), strict=True):
        a = transform(a, n, axis, norm)
    return a


def fftn(a: Any, s: Any = None, axes: Any = None, norm: Norm = None, out: None = None) -> Any:
    """``fft`` along ``axes`` (None: all), over ``s`` points (None: as many as there are)."""
    refuse("fftn", out=out)
    a = as_operand(a)
    return _along_each(fft, a, *_lengths(a, s, axes, "fftn"), norm)


def ifftn(a: Any, s: Any = None, axes: Any = None, norm: Norm = None, out: None = None) -> Any:
    """The inverse of ``fftn``."""
    refuse("ifftn", out=out)
    a = as_operand(a)
    return _along_each(ifft, a, *_lengths(a, s, axes, "ifftn"), norm)


def rfftn(a: Any, s: Any = None, axes: Any = None, norm: Norm = None, out: None = None) -> Any:
    """``rfft`` along the last of ``axes``, then ``fft`` along the others."""
    refuse("rfftn", out=out)
    a = as_operand(a)
    lengths, axes = _lengths(a, s, axes, "rfftn")
    _needs_an_axis(axes, "rfftn")
    halved = rfft(a, lengths[-1], axes[-1], norm)
    return _along_each(fft, halved, lengths[:-1], axes[:-1], norm)


def irfftn(a: Any, s: Any = None, axes: Any = None, norm: Norm = None, out: None = None) -> Any:
    """The inverse of ``rfftn``: the last axis has an even number of samples unless ``s`` is given.

    ``ifft`` along the axes but the last, from the first one on, then ``irfft`` along the last.
    """
    refuse("irfftn", out=out)
    a = as_operand(a)
    lengths, axes = _lengths(a, s, axes, "irfftn")
    _needs_an_axis(axes, "irfftn")
    last = None if s is None else lengths[-1]
    a = _along_each(ifft, a, lengths[-2::-1], axes[-2::-1], norm)
    return irfft(a, last, axes[-1], norm)


def _needs_an_axis(axes: Sequence[int], name: str) -> None:
    if not axes:
        raise ShapeError(f"{name}() needs at least one axis to transform")


def fft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Norm = None, out: None = None) -> Any:
    """``fftn`` along two axes."""
    refuse("fft2", out=out)
    return fftn(a, s, axes, norm)


def ifft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Norm = None, out: None = None) -> Any:
    """``ifftn`` along two axes."""
    refuse("ifft2", out=out)
    return ifftn(a, s, axes, norm)


def rfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Norm = None, out: None = None) -> Any:
    """``rfftn`` along two axes."""
    refuse("rfft2", out=out)
    return rfftn(a, s, axes, norm)


def irfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Norm = None, out: None = None) -> Any:
    """``irfftn`` along two axes."""
    refuse("irfft2", out=out)
    return irfftn(a, s, axes, norm)


# --- the zero frequency in the middle ------------------------------------------------------------


def fftshift(x: Any, axes: Any = None) -> Any:
    """Move the frequency 0 from the start to the middle of ``axes`` (None: all)."""
    x = as_operand(x)
    axes = normalize_axes(axes, np.ndim(x), "fftshift")
    return roll(x, tuple(np.shape(x)[axis] // 2 for axis in axes), axes)


def ifftshift(x: Any, axes: Any = None) -> Any:
    """The inverse of ``fftshift``, which differs from it for axes of odd length."""
    x = as_operand(x)
    axes = normalize_axes(axes, np.ndim(x), "ifftshift")
    return roll(x, tuple(-(np.shape(x)[axis] // 2) for axis in axes), axes)
