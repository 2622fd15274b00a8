"""Errors of operations in words: the operation, its operands, the layer, the line, a likely mend.

Read next: ``tensor``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tensorgraph.errors import DTypeError, ShapeError
from tensorgraph.failure import blamed
from tensorgraph.source import line
from tensorgraph.tape import Node


def is_of_operands(error: Exception) -> bool:
    """Whether NumPy's ``error`` is of shapes or dtypes that do not fit."""
    # A singular matrix is of the right shape.
    return isinstance(error, (ValueError, TypeError, IndexError)) and not isinstance(
        error, np.linalg.LinAlgError
    )


def explained(node: Node, error: Exception) -> Exception:
    """NumPy's ``error`` in ``node``, with all that the program has called these things."""
    primitive, values = node.primitive, node.values
    wrong_dtype = isinstance(error, TypeError)
    operands = " and ".join(
        _operand(x, value, wrong_dtype) for x, value in zip(node.operands, values, strict=True)
    )
    where = f" in layer {node.layer!r}" if node.layer else ""
    lines = [f"{primitive.name}(){where} cannot take operands of shapes {operands}: {error}"]
    if node.recorded_at is not None:
        lines.append(f"at {line(node.recorded_at)}")
    names = [_name(x, i) for i, x in enumerate(node.operands)]
    mend = None if wrong_dtype else next(_mends(primitive, names, values), None)
    if mend is not None:
        lines.append(f"did you mean {mend}?")
    return blamed((DTypeError if wrong_dtype else ShapeError)("\n".join(lines)), node)


def _operand(x: Any, value: Any, with_dtype: bool) -> str:
    name = x.name if isinstance(x, Node) else None
    dtype = f" {value.dtype}" if with_dtype and hasattr(value, "dtype") else ""
    return (f"{name!r} " if name else "") + f"{np.shape(value)}{dtype}"


def _name(x: Any, position: int) -> str:
    """What to call an operand in a line of program."""
    name = x.name if isinstance(x, Node) else None
    return name if name and name.isidentifier() else ("left", "right", "third")[min(position, 2)]


# --- likely mends --------------------------------------------------------------------------------


def _mends(primitive: Any, names: Sequence[str], values: Sequence[Any]) -> Iterator[str]:
    """Lines of program in which the shapes would fit, the likeliest first."""
    if len(values) < 2:
        return
    (a, b), (x, y) = values[:2], names[:2]
    if primitive.name in {"matmul", "dense"}:
        yield from _products(np.shape(a), np.shape(b), x, y)
    elif primitive.kind == "elementwise" and len(values) == 2:
        yield from _broadcasts(np.shape(a), np.shape(b), x, y)


def _products(a: tuple[int, ...], b: tuple[int, ...], x: str, y: str) -> Iterator[str]:
    candidates = (
        (a, b[::-1], f"{x} @ {y}.T"),
        (a[::-1], b, f"{x}.T @ {y}"),
        (b, a, f"{y} @ {x}"),
    )
    for left, right, text in candidates:
        if 1 <= len(left) <= 2 and 1 <= len(right) <= 2 and left[-1] == right[0]:
            yield f"`{text}`, which gives shape {left[:-1] + right[1:]}"


def _broadcasts(a: tuple[int, ...], b: tuple[int, ...], x: str, y: str) -> Iterator[str]:
    candidates = (
        (a, (*b, 1), f"{y}[:, None]", len(b) == 1),
        ((*a, 1), b, f"{x}[:, None]", len(a) == 1),
        (a, b[::-1], f"{y}.T", len(b) == 2),
        (a[::-1], b, f"{x}.T", len(a) == 2),
    )
    for left, right, text, applies in candidates:
        if applies and _fit(left, right):
            yield f"`{text}`, which gives shape {np.broadcast_shapes(left, right)}"


def _fit(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    try:
        np.broadcast_shapes(a, b)
    except ValueError:
        return False
    return True
