"""How pictures write an operation, a shape and a number. Read next: ``values``."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from functools import cache
from textwrap import wrap
from typing import Any

import numpy as np

from tensorgraph.primitive import Primitive
from tensorgraph.typing import Shape

_SYMBOLS = {
    "add": "+",
    "multiply": "×",
    "subtract": "a − b",
    "divide": "a ÷ b",
    "power": "a ** b",
    "floor_divide": "a // b",
    "matmul": "a @ b",
    "negative": "negate",
    "square": "x²",
    "sqrt": "√x",
    "absolute": "|x|",
    "reciprocal": "1 ÷ x",
    "equal": "=",
    "not_equal": "≠",
    "less": "a < b",
    "less_equal": "a ≤ b",
    "greater": "a > b",
    "greater_equal": "a ≥ b",
    "sum_of_squares": "Σ factor · x²",
}
_SYMMETRIC = {
    "add",
    "multiply",
    "maximum",
    "minimum",
    "equal",
    "not_equal",
    "logaddexp",
    "hypot",
    "logical_and",
    "logical_or",
    "logical_xor",
    "bitwise_and",
    "bitwise_or",
    "bitwise_xor",
}
_LONGEST_DETAIL = 40
LETTERS, MOST_LINES = 44, 9
"""How much of a message is written into a box."""
MOST_PORTS = 8
"""Operations of more operands have no names for them: their boxes would get too wide."""


@cache
def operation(primitive: Primitive) -> str:
    """Return the operation as a symbol where it has one, else its name in words."""
    return _SYMBOLS.get(primitive.name, primitive.name.replace("_", " "))


@cache
def roles(primitive: Primitive, count: int) -> tuple[str, ...]:
    """Return what each of ``count`` operands is to the operation, in their order.

    That is the name that its function has for it; "a" and "b" for operators, numbers for operands
    of one kind, and "" for all where the order does not matter.
    """
    if primitive.name in _SYMMETRIC:
        return ("",) * count
    if not primitive.variadic and (
        primitive.name in _SYMBOLS or isinstance(primitive.forward, np.ufunc)
    ):
        return ("a", "b")[:count]
    parameters = inspect.signature(primitive.forward).parameters.values()
    names = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD][:count]
    return (*names, *(str(i + 1) for i in range(count - len(names))))


def ports(roles: tuple[str, ...], names: list[str]) -> tuple[str, ...]:
    """Return the roles of operands, or nothing where they need no names to be told apart."""
    if not any(roles):
        return ()
    unclear = [role for role, name in zip(roles, names, strict=True) if role and role != name]
    return roles if len(unclear) > 1 and len(roles) <= MOST_PORTS else ()


def array_in_role(role: str) -> str:
    """Return the name of a constant array: what it is to the operation, if that says something."""
    return "array" if role in ("", "a", "b") or role.isdecimal() else role


def metadata(primitive: Primitive, params: dict[str, Any]) -> str:
    """Return the arguments that are not operands, such as "axis=1"; defaults go without saying."""
    if not params:
        return ""
    if "template" in params:  # an index, as it was written between brackets
        text = f"[{', '.join(_argument(part) for part in params['template'])}]"
    else:
        given = {key: _argument(value) for key, value in params.items()}
        usual = {key: _argument(value) for key, value in primitive.defaults.items()}
        text = ", ".join(f"{key}={word}" for key, word in given.items() if usual.get(key) != word)
    return text if len(text) <= _LONGEST_DETAIL else text[: _LONGEST_DETAIL - 1] + "…"


@cache
def shape(sizes: Shape) -> str:
    """Return a shape as "300 × 64", "length 3" or "scalar"."""
    if len(sizes) < 2:
        return f"length {sizes[0]}" if sizes else "scalar"
    return " × ".join(str(size) for size in sizes)


def size(value: Any, with_dtype: bool = False) -> str:
    """Return the shape of a value, with the dtype where it is not one of floats, or is wanted."""
    kind = np.result_type(value)
    told = f" {kind}" if with_dtype or kind.kind != "f" else ""
    return shape(np.shape(value)) + told


@cache
def dtype(kind: np.dtype[Any]) -> str:
    """Return a dtype as "float32"."""
    return str(kind)


def number(value: Any) -> str:
    """Return a scalar in up to six digits, without trailing zeros."""
    if isinstance(value, (np.generic, np.ndarray)):
        value = value.item()
    return str(value) if isinstance(value, bool) else f"{value:g}".replace("-", "−")


def span(texts: Sequence[str]) -> str:
    """Return what stands for several texts: the one that all are, or the first and the last."""
    first, last = texts[0], texts[-1]
    return first if len(set(texts)) == 1 else f"{first} … {last}"


def count(number: int, noun: str, plural: str = "") -> str:
    """Return "1 operation" or "5,000 operations"."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def total(texts: Sequence[str]) -> str:
    """Return the sum of numbers in words, "12,288", or "12,288 and more" if some are not numbers.

    Nothing where no number is among them.
    """
    numbers = [int(digits) for text in texts if (digits := _digits(text))]
    if not numbers:
        return ""
    exact = len(numbers) == len(texts) and not any(text.endswith(_MORE) for text in texts)
    return f"{sum(numbers):,}{'' if exact else _MORE}"


_MORE = " and more"


def _digits(text: str) -> str:
    """Return the number that a text begins with, without commas; nothing where it has none."""
    digits = text.partition(" ")[0].replace(",", "")
    return digits if digits.isdecimal() else ""


def in_lines(message: str) -> list[str]:
    """Return the beginning of a message in short lines, for a box."""
    lines = [line for part in message.splitlines() for line in wrap(part, LETTERS)]
    return lines if len(lines) <= MOST_LINES else [*lines[: MOST_LINES - 1], "…"]


def _argument(value: Any) -> str:
    """Return a piece of metadata as Python would write it."""
    if isinstance(value, slice):
        parts = [value.start, value.stop] + ([] if value.step is None else [value.step])
        return ":".join("" if part is None else str(part) for part in parts)
    if isinstance(value, (tuple, list)):
        return f"({', '.join(_argument(part) for part in value)})"
    if isinstance(value, (np.dtype, type)):
        return np.dtype(value).name
    if value is ...:
        return "..."
    if value is None or isinstance(value, (bool, int, float, complex, str, np.generic)):
        return str(value)
    return "array"
