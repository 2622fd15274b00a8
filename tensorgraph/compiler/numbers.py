"""Python's numbers that change from call to call: a learning rate, a step count.

A ``Number`` is read from an attribute and remembers what is computed with it, so that the program
computes it anew at each call. What would lose that, a comparison or ``math.sqrt``, raises.
Read next: ``capture``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, NoReturn

from tensorgraph.errors import GraphError
from tensorgraph.tape import Changing


class Number(Changing):
    """``compute(*operands)``; ``text`` has a ``{}`` for each operand."""

    __slots__ = ("compute", "name", "operands", "owner", "text")

    def __init__(
        self, compute: Callable[..., Any], text: str, *operands: Any, owner: Any = None
    ) -> None:
        self.compute = compute
        self.text = text
        self.operands = operands
        self.owner = owner
        self.name = text if owner is not None else "number"
        self.value = compute(*(x.value if isinstance(x, Number) else x for x in operands))

    @classmethod
    def read(cls, owner: Any, attribute: str) -> Number:
        """The attribute of ``owner``, read at each call."""
        return cls(lambda: getattr(owner, attribute), attribute, owner=owner)

    def called(self, name: str) -> Number:
        """The same with a name of its own in the source."""
        self.name = name
        return self

    def __add__(self, other: Any) -> Any:
        return _of(operator.add, "{} + {}", self, other)

    def __radd__(self, other: Any) -> Any:
        return _of(operator.add, "{} + {}", other, self)

    def __sub__(self, other: Any) -> Any:
        return _of(operator.sub, "{} - {}", self, other)

    def __rsub__(self, other: Any) -> Any:
        return _of(operator.sub, "{} - {}", other, self)

    def __mul__(self, other: Any) -> Any:
        return _of(operator.mul, "{} * {}", self, other)

    def __rmul__(self, other: Any) -> Any:
        return _of(operator.mul, "{} * {}", other, self)

    def __truediv__(self, other: Any) -> Any:
        return _of(operator.truediv, "{} / {}", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _of(operator.truediv, "{} / {}", other, self)

    def __pow__(self, other: Any) -> Any:
        return _of(operator.pow, "{} ** {}", self, other)

    def __rpow__(self, other: Any) -> Any:
        return _of(operator.pow, "{} ** {}", other, self)

    def __neg__(self) -> Any:
        return Number(operator.neg, "-{}", self)

    def _refuse(self, *args: Any) -> NoReturn:
        raise GraphError(
            "a learning rate or a step count changes from call to call: a compiled function "
            "computes with it (+, -, *, /, **), and cannot look at it"
        )

    __bool__ = __float__ = __int__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse


def _of(compute: Callable[..., Any], text: str, x: Any, y: Any) -> Any:
    if not all(isinstance(value, (Number, int, float)) for value in (x, y)):
        return NotImplemented
    return Number(compute, text, x, y)
