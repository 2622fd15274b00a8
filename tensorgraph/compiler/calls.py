"""Arguments and results of a compiled function: what two calls have in common, what comes back.

Read next: ``compiled``.
"""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from tensorgraph import tree
from tensorgraph.compiler import program as ir
from tensorgraph.compiler.capture import Capture
from tensorgraph.errors import ArgumentError, GraphError
from tensorgraph.storage import Storage, next_number
from tensorgraph.tape import Leaf, Traced
from tensorgraph.tensor import Tensor

# --- arguments -----------------------------------------------------------------------------------


def has_history(leaves: Sequence[Any]) -> bool:
    """Whether an argument was computed on a tape, which a program would cut."""
    return any(isinstance(x, Traced) and x._node.primitive is not None for x in leaves)


def as_array(x: Any) -> Any:
    """An argument that changes from call to call, as an array; None for any other."""
    if isinstance(x, np.ndarray):
        return x
    return np.asarray(x) if isinstance(x, np.generic) else None


def key_of(args: Any, kwargs: Any, leaves: Sequence[Any]) -> Any:
    """What two calls of one program have in common."""
    return _form(args), _form(kwargs), tuple(map(_kind, leaves))


def _form(x: Any) -> Any:
    if isinstance(x, dict):
        return "dict", tuple((key, _form(value)) for key, value in x.items())
    if isinstance(x, (list, tuple)):
        return type(x), tuple(map(_form, x))
    return None


def _kind(x: Any) -> Any:
    if isinstance(x, (np.ndarray, np.generic)):
        return x.dtype, x.shape
    if isinstance(x, Traced):
        return weakref.ref(x._node)
    try:
        hash(x)
    except TypeError:
        raise ArgumentError(
            f"a compiled function takes arrays, tensors, trees of them, and plain values, not a "
            f"{type(x).__name__}: let the function find it outside"
        ) from None
    # Floats as they are written: -0.0 is equal to 0.0 and is another number, nan is never equal.
    return type(x), repr(x) if isinstance(x, (float, complex)) else x


def input_of(capture: Capture, x: Any, name: str) -> Any:
    """What the function is called with while it is recorded."""
    array = as_array(x)
    return x if array is None else capture.input(array, name)


def signature_of(f: Callable[..., Any]) -> inspect.Signature | None:
    """Its signature, where Python knows it."""
    try:
        return inspect.signature(f)
    except (TypeError, ValueError):
        return None


def names_of(signature: inspect.Signature | None, args: Any, kwargs: Any) -> list[str]:
    """A name for each leaf of the arguments: that of its parameter."""
    positional = [p.name for p in signature.parameters.values()] if signature else []
    named = [
        (positional[i] if i < len(positional) else f"argument_{i}", x) for i, x in enumerate(args)
    ]
    named += list(kwargs.items())
    return [
        name if len(tree.flatten(x)) == 1 else f"{name}_{i}"
        for name, x in named
        for i in range(len(tree.flatten(x)))
    ]


# --- results -------------------------------------------------------------------------------------


def value_of(x: Any) -> Any:
    """A result as an array of its own, or a number."""
    return np.array(x._node.value)[()] if isinstance(x, Traced) else x


class Result(Leaf):
    """What a compiled function returned: it has no tape, so no gradient can go through it.

    One is made at every call: what is the same for all of them stands here, once.
    """

    __slots__ = ()
    primitive = layer = recorded_at = _home = None
    operands = values = kept = ()
    params: ClassVar[dict[str, Any]] = {}  # type: ignore[misc]
    offset = 0

    @classmethod
    def of(cls, value: Any) -> Result:
        """One that holds ``value``, an array or a number of NumPy's."""
        self = cls.__new__(cls)
        self.number = next_number()
        self.value = np.asarray(value)
        self.name = self.grad = None
        return self

    @property
    def storage(self) -> Storage:  # type: ignore[override]
        """A storage of its own."""
        return Storage(self.value.reshape(-1))

    def gradient_with(self, g: Any) -> Any:
        raise GraphError(
            "this was computed by a compiled function, which leaves no tape: call backward() "
            "inside the function, or compile the function that takes the gradient"
        )


class Results:
    """What a function returned: its form, and what becomes of each value."""

    def __init__(self, out: Any, args: Any, capture: Capture, plain: bool) -> None:
        self.values: Sequence[Any] = tree.flatten(out)
        arrays = tuple(i for i, x in enumerate(args) if as_array(x) is not None)
        self._arrays = None if len(arrays) == len(args) else arrays
        for x in self.values:
            if not isinstance(x, (Tensor, np.ndarray, np.generic, int, float, complex, type(None))):
                raise ArgumentError(
                    f"{capture.name}() returned a {type(x).__name__}: a compiled function returns "
                    "tensors, arrays, or trees of them"
                )
        self._is_tensor = [not plain and _depends_on_variables(x, capture) for x in self.values]
        self._single = not isinstance(out, (dict, list, tuple))
        self._as_it_is = not any(self._is_tensor) and type(out) is tuple and is_flat(out)
        self._like = tree.map(lambda x: None, out)

    def only_arrays(self, args: Sequence[Any]) -> Sequence[Any]:
        """The arguments that a program is given: the others stand in it."""
        return args if self._arrays is None else [args[i] for i in self._arrays]

    def given_back(self, values: Sequence[Any]) -> Any:
        """The results of a run, as the function itself would return them."""
        if self._single:
            return _tensor(values[0]) if self._is_tensor[0] else values[0]
        if self._as_it_is:
            return values
        pairs = zip(values, self._is_tensor, strict=True)
        return tree.unflatten(
            self._like, [_tensor(x) if is_tensor else x for x, is_tensor in pairs]
        )


def is_flat(out: tuple[Any, ...]) -> bool:
    """Whether no tree stands in a tuple."""
    return not any(isinstance(x, (dict, list, tuple)) for x in out)


def _depends_on_variables(x: Any, capture: Capture) -> bool:
    """Whether a result was computed from a variable outside the call: then it is a tensor."""
    if not isinstance(x, Tensor):
        return False
    seen = {x._node}
    todo = [x._node]
    for node in todo:
        if node.primitive is ir.load or (isinstance(node, Leaf) and node.number < capture.start):
            return True
        for parent in node.parents:
            if parent not in seen:
                seen.add(parent)
                todo.append(parent)
    return False


def _tensor(value: Any) -> Tensor:
    tensor: Tensor = Tensor._of(Result.of(value))
    return tensor
