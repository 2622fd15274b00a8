"""Sums of products that subscripts tell: ``einsum``, and ``vecdot``. Read next: ``statistics``."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.ops.indexing import diagonal
from tensorgraph.ops.products import _moved, conjugated
from tensorgraph.ops.shape import as_operand, broadcast_to, expand_dims, reshape
from tensorgraph.primitive import bilinear, refuse

__all__ = ["einsum", "vecdot"]


def einsum(
    *operands: Any,
    out: None = None,
    dtype: None = None,
    order: Any = "K",
    casting: Any = "safe",
    optimize: Any = False,
) -> Any:
    """The sum of products that ``subscripts`` tell: ``einsum("ij,jk->ik", x, y)``.

    Also as ``einsum(x, [0, 1], y, [1, 2], [0, 2])``. A label that the result has not is summed
    over; one that an operand has twice takes its diagonal; ``...`` stands for axes that broadcast.
    Without ``->`` the result has the labels that stand once, sorted. ``optimize`` is NumPy's.
    """
    refuse("einsum", out=out, dtype=dtype)
    refuse("einsum", order=None if order == "K" else order)
    refuse("einsum", casting=None if casting == "safe" else casting)
    inputs, output, xs = _operands(operands)
    inputs, output = _without_ellipses(inputs, output, [x.ndim for x in xs])
    if output is None:
        output = "".join(sorted(_labels_that_stand_once(inputs)))
    _check_output(output, inputs)
    for i, labels in enumerate(inputs):
        xs[i], inputs[i] = _without_repeats(xs[i], labels)
    return _einsum(*xs, subscripts=f"{','.join(inputs)}->{output}", optimize=optimize)


def _einsum_rule(position: int, g: Any, z: Any, *xs: Any, subscripts: str, optimize: Any) -> Any:
    """The cotangent of one operand: the sum of products of ``g`` and the others.

    Along a label that no other operand and not the result has, it is the same everywhere.
    """
    inputs, output = _terms(subscripts)
    own = inputs[position]
    others = [output, *inputs[:position], *inputs[position + 1 :]]
    known = "".join(label for label in own if any(label in labels for labels in others))
    factors = _einsum(
        *(g, *xs[:position], *xs[position + 1 :]),
        subscripts=f"{','.join(others)}->{known}",
        optimize=optimize if isinstance(optimize, (bool, str)) else True,
    )
    sizes = dict(zip(known, factors.shape, strict=True))
    aligned = tuple(sizes.get(label, 1) for label in own)
    full = np.broadcast_shapes(aligned, np.shape(xs[position]))
    if full == factors.shape:
        return factors
    return broadcast_to(reshape(factors, aligned), full)


def _einsum_each(mapped: Sequence[bool], *xs: Any, subscripts: str, optimize: Any) -> Any:
    """The sums of each example of a batch: one more label counts the examples."""
    label = _unused(subscripts, 1)
    inputs, output = _terms(subscripts)
    inputs = [label * is_mapped + term for term, is_mapped in zip(inputs, mapped, strict=True)]
    each = f"{','.join(inputs)}->{label}{output}"
    return _einsum(*xs, subscripts=each, optimize=optimize)


@bilinear.rules(_einsum_rule, name="einsum", variadic=True, batch=_einsum_each)
def _einsum(*xs: Any, subscripts: str, optimize: Any) -> Any:
    """One explicit sum of products: no ellipsis, and no label twice in an operand."""
    return np.einsum(subscripts, *xs, optimize=optimize)


def _terms(subscripts: str) -> tuple[list[str], str]:
    """The labels of each operand and those of the result."""
    inputs, output = subscripts.split("->")
    return inputs.split(","), output


# --- what the subscripts say ---------------------------------------------------------------------


def _operands(operands: Sequence[Any]) -> tuple[list[str], str | None, list[Any]]:
    """The labels of each operand, those of the result (None: not told), and the operands."""
    if operands and not isinstance(operands[0], str):
        subscripts, operands = _interleaved(operands)
    elif operands:
        subscripts, operands = "".join(operands[0].split()), operands[1:]
    if not operands:
        raise ArgumentError("einsum() needs subscripts and at least one operand")
    left, arrow, right = subscripts.partition("->")
    inputs = left.split(",")
    if len(inputs) != len(operands):
        raise ArgumentError(
            f"einsum(): the subscripts {subscripts!r} are for {len(inputs)} operands, "
            f"and {len(operands)} were given"
        )
    for labels in (*inputs, right):
        if not set(labels.replace("...", "", 1)) <= set(string.ascii_letters):
            raise ArgumentError(f"einsum(): {labels!r} may hold letters and one '...'")
    return inputs, right if arrow else None, [as_operand(x) for x in operands]


def _interleaved(operands: Sequence[Any]) -> tuple[str, list[Any]]:
    """The subscripts and operands of the form x, labels, y, labels, ..., labels of the result."""
    pairs = len(operands) // 2
    terms = [_letters(labels) for labels in operands[1 : 2 * pairs : 2]]
    result = "->" + _letters(operands[-1]) if len(operands) % 2 else ""
    return ",".join(terms) + result, list(operands[: 2 * pairs : 2])


def _letters(labels: Sequence[Any]) -> str:
    """Labels that are numbers, as letters in the same order."""
    letters = sorted(string.ascii_letters)
    return "".join("..." if label is Ellipsis else letters[label] for label in labels)


def _unused(labels: str, count: int) -> str:
    """``count`` letters that are not among ``labels``."""
    free = [letter for letter in string.ascii_letters if letter not in labels]
    if len(free) < count:
        raise ArgumentError("einsum(): there are more axes than letters to name them")
    return "".join(free[:count])


def _without_ellipses(
    inputs: list[str], output: str | None, ndims: Sequence[int]
) -> tuple[list[str], str | None]:
    """The same with letters for the axes that each ``...`` stands for, equal from the right."""
    hidden = []
    for labels, ndim in zip(inputs, ndims, strict=True):
        named = len(labels.replace("...", ""))
        if named > ndim or (named < ndim and "..." not in labels):
            raise ShapeError(f"einsum(): {labels!r} is for an operand of {ndim} dimensions")
        hidden.append(ndim - named)
    spare = _unused("".join(inputs), max(hidden))
    inputs = [
        labels.replace("...", spare[len(spare) - count :])
        for labels, count in zip(inputs, hidden, strict=True)
    ]
    if output is None:
        once = sorted(_labels_that_stand_once(inputs) - set(spare))
        return inputs, spare + "".join(once)
    if spare and "..." not in output:
        raise ShapeError(f"einsum(): the result {output!r} needs '...' for the operands' axes")
    return inputs, output.replace("...", spare)


def _labels_that_stand_once(inputs: Sequence[str]) -> set[str]:
    everything = "".join(inputs)
    return {label for label in everything if everything.count(label) == 1}


def _check_output(output: str, inputs: Sequence[str]) -> None:
    for label in output:
        if output.count(label) > 1 or not any(label in labels for labels in inputs):
            raise ArgumentError(
                f"einsum(): label {label!r} of the result must stand there once, and in an operand"
            )


def _without_repeats(x: Any, labels: str) -> tuple[Any, str]:
    """The diagonals of ``x`` along the axes that have one label; such a label goes to the end."""
    for label in labels:
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            sizes = x.shape[first], x.shape[second]
            if sizes[0] != sizes[1]:
                raise ShapeError(f"einsum(): label {label!r} stands for axes of lengths {sizes}")
            x = diagonal(x, 0, first, second)
            labels = labels[:first] + labels[first + 1 : second] + labels[second + 1 :] + label
    return x, labels


# --- vectors -------------------------------------------------------------------------------------


def vecdot(x1: Any, x2: Any, *, axis: int = -1, keepdims: bool = False) -> Any:
    """The sum of conj(x1) x2 along ``axis`` of each; the other axes broadcast."""
    x1 = _moved(conjugated(as_operand(x1)), axis, -1)
    x2 = _moved(as_operand(x2), axis, -1)
    if x1.shape[-1:] != x2.shape[-1:]:
        raise ShapeError(f"vecdot(): shapes {x1.shape} and {x2.shape} differ along the last axis")
    z = einsum("...i,...i->...", x1, x2)
    return expand_dims(z, axis) if keepdims else z
