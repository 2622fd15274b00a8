"""``Tensor``: an array that remembers how it was computed.

Everything is a function elsewhere; what stands here are one-line forwards, so that NumPy's
operators, methods and functions (``np.exp(t)``, ``ndarray @ t``) all record. Read next:
``transforms``.
"""

from __future__ import annotations

import copy
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

import numpy as np

from tensorgraph import lints, ops
from tensorgraph.display import Shown
from tensorgraph.errors import ArgumentError, DTypeError, GraphError, RuleError, ShapeError
from tensorgraph.explain import explained, is_of_operands
from tensorgraph.failure import blamed, failed
from tensorgraph.fingerprint import fingerprint
from tensorgraph.numpy_table import FUNCTIONS, REDUCTIONS, RUNNING, through_table
from tensorgraph.operators import Operators
from tensorgraph.ops import elementwise, shape
from tensorgraph.ops.assignment import assigned
from tensorgraph.ops.indexing import as_template, index
from tensorgraph.recording import recording, recording_set
from tensorgraph.reverse_mode import on_arrays, sweep
from tensorgraph.source import place
from tensorgraph.tape import Changing, Leaf, Node, Traced, new_leaf, tape
from tensorgraph.typing import Array, DType


class Tensor(Operators, Shown):
    """A variable: an array whose operations are recorded.

    ``data`` (array, number, nested lists) is copied. ``name`` is what pictures and messages call
    it. Raises ``DTypeError`` where ``data`` is not numeric.
    """

    __slots__ = ("__weakref__",)

    def __init__(self, data: Any, name: str | None = None, *, dtype: DType = None) -> None:
        array = np.array(data, dtype)
        if array.dtype.kind not in "biufc":
            raise DTypeError(f"a Tensor holds numbers, not {array.dtype}: {_short(data)}")
        self._node = new_leaf(array, name)

    def _record(self, primitive: Any, xs: Sequence[Any], params: dict[str, Any]) -> Tensor:
        """Run ``primitive`` and put it on the tape: the one place where operations are recorded."""
        cls = self.__class__
        operands: list[Any] = []
        values: list[Any] = []
        loose: list[int] = []  # the operands that may change without the tape's knowledge
        for x in xs:
            kind = x.__class__
            if kind is cls:
                x = x._node
                if x.primitive is None and not x.storage.shared:
                    loose.append(len(values))
                values.append(x.value)
            elif kind is ndarray:
                loose.append(len(values))
                values.append(x)
            elif isinstance(x, Changing):
                values.append(x.value)
            elif isinstance(x, _NUMBERS):
                values.append(x)
            elif isinstance(x, Traced) and x._rank > cls._rank:
                return x._record(primitive, xs, params)
            else:  # of another class, or a list, perhaps with tensors in it
                return self._record(primitive, [self._operand(x) for x in xs], params)
            operands.append(x)
        # Python's collector leaves tuples of arrays alone, and looks into lists again and again.
        given = tuple(values)
        state = recording()
        try:
            forward = primitive.forward
            value = forward(*given, **params) if params else forward(*given)
        except Exception as error:
            node = failed(primitive, operands, given, params)
            if not is_of_operands(blamed(error, node)):
                raise
            raise explained(node, error) from error
        if not state.enabled:
            if state.capture is not None:
                return self._captured_constant(primitive, xs, params)
            # An array of its own: a view of a variable would change, and be written to, with it.
            return cls._of(new_leaf(np.array(value)))
        where = (state.at or place(2)) if state.lines else None
        node = Node(primitive, tuple(operands), given, params, value, state.layer, where)
        if state.watch is not None:
            state.watch.recorded(node)
        elif loose and state.guarded:
            node.kept = [(i, fingerprint(values[i], state.known)) for i in loose]
        result = cls.__new__(cls)
        result._node = node
        return result

    def _operand(self, x: Any) -> Any:
        """What ``_record`` takes for ``x``: a tensor of this class, an array or a number."""
        if isinstance(x, (*_NUMBERS, Changing)):
            return x
        if not isinstance(x, Traced):
            x = _stacked(x)
        return self._of(x._node) if isinstance(x, Traced) else x

    def _captured_constant(self, primitive: Any, xs: Sequence[Any], params: dict[str, Any]) -> Any:
        """Record, inside ``no_grad``, what a program has to compute: no gradient passes it."""
        with recording_set(True):
            return elementwise.stop_gradient(self._record(primitive, xs, params))

    # --- what it holds ---------------------------------------------------------------------------

    @property
    def data(self) -> Any:
        """The values. Assigning copies into a variable's storage; the shape must be the same.

        Those of a computed tensor are read-only: its gradient is computed from them.
        """
        capture = recording().capture
        if capture is not None:
            return capture.values(self)
        if isinstance(self._node, Leaf):
            return self._node.value
        values = np.asarray(self._node.value).view()
        values.flags.writeable = False
        return values

    @data.setter
    def data(self, value: Any) -> None:
        if not isinstance(self._node, Leaf):
            raise GraphError(f"{self._what()} was computed: only a variable's data can be assigned")
        self._assign(self._node, value)

    def _assign(self, variable: Leaf, value: Any) -> None:
        """Copy ``value`` into its storage, now or in each call of what is being compiled."""
        capture = recording().capture
        if capture is None:
            variable.assign(value)
        else:
            capture.assign(variable, value)

    @property
    def grad(self) -> Array | None:
        """What ``backward()`` has added up: an array like ``data``, None before the first sweep.

        The array's memory is used again for the next gradient: copy what you want to keep.
        """
        capture = recording().capture
        return self._node.grad if capture is None else capture.gradient(self._node)

    @grad.setter
    def grad(self, value: Any) -> None:
        if not isinstance(self._node, Leaf):
            raise GraphError(f"{self._what()} was computed: gradients are kept by variables alone")
        capture = recording().capture
        if capture is not None:
            capture.set_gradient(self._node, value)
            return
        if value is None:
            self._node.grad = None
            return
        value = np.asarray(value).astype(self.dtype, copy=False)
        if value.shape != self.shape:
            raise ShapeError(
                f"a gradient of shape {value.shape} for a tensor of shape {self.shape}"
            )
        self._node.set_gradient(value)
        self._node.storage.used = False

    @property
    def name(self) -> str | None:
        """What pictures and messages call this value."""
        return self._node.name

    @name.setter
    def name(self, name: str | None) -> None:
        self._node.name = name

    @property
    def shape(self) -> tuple[int, ...]:
        return self._node.value.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._node.value.dtype

    @property
    def ndim(self) -> int:
        return self._node.value.ndim

    @property
    def size(self) -> int:
        return self._node.value.size

    def numpy(self) -> Array:
        """A copy of the values, as an array."""
        return np.array(self._looked_at(".numpy()"))

    def item(self) -> Any:
        """The only element, as a Python number."""
        if self.size != 1:
            raise ShapeError(f"item() is for one element, and {self._what()} has {self.size}")
        return self._looked_at(".item()").item()

    def _looked_at(self, how: str) -> Array:
        """The values, for somebody who looks at them; while a program is recorded, an error."""
        capture = recording().capture
        if capture is not None:
            capture.refuse(self, how)
        return self._node.value

    def backward(self, gradient: Any = None) -> None:
        """Add the gradient of this value to the ``grad`` of every variable it was computed from.

        For a scalar. Anything else asks for ``gradient``, an array of this tensor's shape: the
        sweep then computes the gradient of ``sum(self * gradient)``.
        """
        node = self._node
        value = node.value
        if gradient is None:
            if value.size != 1:
                raise ShapeError(
                    f"backward() starts from a scalar, and {self._what()} has shape {value.shape}: "
                    "reduce it (.sum(), .mean()) or give gradient= of that shape"
                )
            g = np.ones(value.shape, value.dtype) if value.ndim else value.dtype.type(1)
        else:
            given = gradient._node.value if isinstance(gradient, Tensor) else gradient
            g = np.asarray(given, value.dtype)
        if g.shape != value.shape:
            raise ShapeError(f"gradient= has shape {g.shape}, the tensor {value.shape}")
        state = recording()
        if state.capture is not None:
            state.capture.backward(node, g if gradient is None else gradient)
            return
        if state.guarded:
            lints.look(node, state.looked)
        leaves: dict[Any, Array] = sweep({node: g}, on_arrays, in_place=True)
        if not leaves:
            _check_floats(tape(node).leaves)
        for leaf, cotangent in leaves.items():
            leaves[leaf] = leaf.gradient_with(cotangent)
        for leaf, total in leaves.items():  # only now: an error above has changed no gradient
            leaf.set_gradient(total)

    # --- elements --------------------------------------------------------------------------------

    __hash__ = object.__hash__

    def __getitem__(self, key: Any) -> Tensor:
        return index(self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        """Move to a new value, in which ``value`` stands at ``key``; earlier uses keep the old one.

        Parameters, named variables and views of other tensors refuse.
        """
        if isinstance(value, _Updated):
            value = value.settled(self, key)
        variable = self._free_variable()
        if variable is not None:
            self._assign(variable, assigned(self.data, key, value))
            return
        self._refuse_to_move("t[i] = v")
        source = self._view_of()
        if source is not None:
            raise GraphError(
                f"this is a part of another tensor ({source}), which t[i] = v would not change: "
                "assign to that one in one step, x[0, 1] = v, or to a .copy()"
            )
        self._move_to(assigned(self, key, value))

    def _updated(self, sign: str, operation: Callable[..., Any], other: Any) -> Any:
        """``self sign other``, as in ``t += v``: the tensor moves to the new value."""
        variable = self._free_variable()
        if variable is not None:
            result = operation(self.data, other.data if isinstance(other, Tensor) else other)
        else:
            self._refuse_to_move(f"t {sign} v")
            result = operation(self, other)
        self._check_update(sign, result)
        if variable is not None:
            self._assign(variable, result)
            return self
        if result.dtype != self.dtype:
            result = ops.astype(result, self.dtype)
        if self._view_of() is not None:
            return _Updated.of(self, result)
        return self._move_to(result)

    def _check_update(self, sign: str, result: Any) -> None:
        """Raise where ``t sign v`` would not have the shape of ``t``, or be cut to its dtype."""
        if result.shape != self.shape:
            raise ShapeError(
                f"t {sign} v would change the shape from {self.shape} to {result.shape}: "
                f"write t = t {sign[:-1]} v"
            )
        if not np.can_cast(result.dtype, self.dtype, "same_kind"):
            raise DTypeError(
                f"t {sign} v would change the dtype from {self.dtype} to {result.dtype}: "
                f"write t = t {sign[:-1]} v"
            )

    def sort(self, axis: int = -1, kind: Any = None) -> None:
        """Move to the sorted value, as NumPy's method sorts in place; ``tg.sort`` gives a new one.

        Parameters, named variables and views of other tensors refuse.
        """
        self[...] = ops.sort(self, axis, kind)

    def partition(self, kth: Any, axis: int = -1, kind: Any = "introselect") -> None:
        """Move to the value partitioned at ``kth``, as NumPy's method does it in place."""
        self[...] = ops.partition(self, kth, axis, kind)

    def _free_variable(self) -> Leaf | None:
        """The variable, where writing to its storage is what is meant: nothing is recorded."""
        node = self._node
        return node if isinstance(node, Leaf) and not recording().enabled else None

    def _refuse_to_move(self, what: str) -> None:
        """Raise where this is a variable that somebody counts on: an optimizer, a ``.grad``."""
        node = self._node
        if isinstance(node, Leaf) and (
            node.name is not None or node.storage.shared or node.grad is not None
        ):
            raise GraphError(
                f"{what} would turn the variable {self._what()} into a computed value: write to "
                "t.data (t.data -= rate * t.grad), or inside tg.no_grad(), to update it; assign "
                "to a .copy() to record"
            )

    def _view_of(self) -> str | None:
        """How this came from another tensor in whose memory it lies, as NumPy's views do.

        Of a tensor that nobody has any more, as in ``(x * y).reshape(2, 3)``, it is no part: no
        program can tell.
        """
        node = self._node
        while not isinstance(node, Leaf) and node.primitive not in _NEW_VALUES:
            place = _viewed(node)
            if place is None:
                return None
            if _references(node, place) > _OF_ONE_USE:
                return str(node.primitive.name)
            node = node.parents[place]
        return None

    def _move_to(self, other: Tensor) -> Tensor:
        """Become another handle on the node of ``other``."""
        self.__class__ = type(other)  # which may be one example of a batch
        self._node = other._node
        return self

    # --- Python's protocols ----------------------------------------------------------------------

    def __len__(self) -> int:
        if not self.ndim:
            raise ShapeError("a scalar tensor has no len()")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ShapeError(
                f"the truth of {self.size} elements is ambiguous: use .any() or .all()"
            )
        return bool(self._looked_at("the truth of a tensor, as in `if loss > 1`,"))

    def _leaves_the_tape(self, how: str) -> Array:
        """The values, for a conversion that a recorded value refuses: its history would be lost.

        Whole numbers and truths convert, as in ``array[np.argmax(t)]``: no derivative passes them.
        """
        self._looked_at(how)
        if not isinstance(self._node, Leaf) and self.dtype.kind in "fc":
            raise GraphError(
                f"{how} would drop {self._what()} from the tape without a word: "
                "use tg's or NumPy's functions on it, or read .data (an array) or "
                ".item() (a number); to fill an array with tensors, start from tg.zeros"
            )
        return self.data

    def __array__(self, dtype: DType = None, copy: bool | None = None) -> Array:
        return np.array(self._leaves_the_tape("converting to an array"), dtype)

    def __float__(self) -> float:
        return float(self._leaves_the_tape("float()").item())

    def __int__(self) -> int:
        return int(self._leaves_the_tape("int()").item())

    def __index__(self) -> int:
        return self._leaves_the_tape("use as an index").__index__()

    def __format__(self, spec: str) -> str:
        value = self._looked_at("formatting")
        return format(value.item() if self.size == 1 else value, spec)

    def __repr__(self) -> str:
        body = np.array2string(
            np.asarray(self._node.value),
            separator=", ",
            prefix="Tensor(",
            threshold=20,
            precision=4,
        )
        name = f", name={self.name!r}" if self.name else ""
        kind = "" if self.dtype == np.float64 else f", dtype={self.dtype}"
        return f"Tensor({body}{kind}{name})"

    def _what(self) -> str:
        """This value in the words of an error message."""
        if self.name:
            return f"{self.name!r}"
        return (
            f"the result of {self._node.primitive.name}()"
            if self._node.primitive
            else "this tensor"
        )

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        twin: Tensor = self._of(copy.deepcopy(self._node, memo))
        return twin

    def __reduce__(self) -> Any:
        return _from_node, (self._node,)

    # --- NumPy's protocols -----------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if "out" in kwargs:
            raise RuleError(
                f"np.{ufunc.__name__}(..., out=) cannot write a tensor into an array: "
                "an array has no tape; write `y = ...` instead of `y += ...` or out="
            )
        if method == "__call__":
            return through_table(ufunc, inputs, kwargs)
        if method == "reduce" and ufunc in REDUCTIONS:
            return REDUCTIONS[ufunc](*inputs, **{"axis": 0, **kwargs})
        if method == "accumulate" and ufunc in RUNNING:
            return RUNNING[ufunc](*inputs, **{"axis": 0, **kwargs})
        if method == "outer" and ufunc in FUNCTIONS:
            x, y = inputs
            apart = ops.reshape(x, (*np.shape(x), *(1,) * np.ndim(y)))
            return through_table(ufunc, (apart, y), kwargs)
        raise RuleError(
            f"np.{ufunc.__name__}.{method} has no rule: use the functions of tg on tensors"
        )

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return through_table(func, args, kwargs)


def _from_node(node: Node) -> Tensor:
    handle: Tensor = Tensor._of(node)
    return handle


class _Updated(Tensor):
    """What ``row += v`` gives where ``row`` is a part of another tensor, as in ``t[0] += v``.

    Python then assigns it to ``t[0]``, and all is well. Where it is used otherwise, somebody
    wrote ``row = t[0]; row += v``, and in NumPy ``t`` would have changed.
    """

    __slots__ = ("_view",)
    _view: Tensor | None  # None once it was assigned, or refused
    _rank = 9

    @classmethod
    def of(cls, view: Tensor, result: Tensor) -> _Updated:
        """The value of ``result``, as an update of ``view``."""
        updated: _Updated = cls._of(result._node)
        updated._view = view
        return updated

    def settled(self, whole: Tensor, key: Any) -> Tensor:
        """The value, to be assigned to ``whole[key]``: the place that it is a view of."""
        view = self._view
        if view is None or not _is_at(view._node, whole._node, key):
            self._refuse()
        self._view = None
        return type(view)._of(self._node)

    def _refuse(self) -> NoReturn:
        self._view = None
        raise GraphError(_IN_TWO_STEPS)

    def _record(self, primitive: Any, xs: Sequence[Any], params: dict[str, Any]) -> Tensor:
        self._refuse()

    def __getattribute__(self, name: str) -> Any:
        if name in {"data", "item", "numpy", "backward", "grad", "_looked_at"}:
            self._refuse()
        return super().__getattribute__(name)

    def __repr__(self) -> str:
        self._refuse()

    def __del__(self) -> None:
        if getattr(self, "_view", None) is not None:
            warnings.warn(_IN_TWO_STEPS, stacklevel=2)


_IN_TWO_STEPS = (
    "`row = t[0]; row += v` changes t in NumPy, and does not here: write t[0] += v in one step, or "
    "row = row + v"
)


def _is_at(view: Node, whole: Node, key: Any) -> bool:
    """Whether ``view`` is the node of ``whole[key]``."""
    return whole in view.parents and view.params.get("template") == as_template(key)[0]


_NEW_VALUES = {elementwise.stop_gradient, shape.alias}  # in the same memory, but not as views

ndarray = np.ndarray
_NUMBERS = (ndarray, np.generic, int, float, complex)


def _stacked(x: Any) -> Any:
    """An operand that is neither traced nor an array nor a number, as an array or a tensor."""
    array = shape.as_operand(x)
    if array.dtype.kind not in "biufc":
        raise ArgumentError(f"an operand must be a tensor, an array or a number, not {_short(x)}")
    return array


def _check_floats(leaves: Sequence[Leaf]) -> None:
    """Raise ``DTypeError`` where none of these variables can have a gradient."""
    if any(leaf.value.dtype.kind in "fc" for leaf in leaves):
        return
    names = ", ".join(sorted({f"{leaf.name!r}" for leaf in leaves if leaf.name})) or "the variables"
    dtypes = ", ".join(sorted({str(leaf.value.dtype) for leaf in leaves}))
    raise DTypeError(
        f"{names} hold whole numbers ({dtypes}), which have no gradient: make them float"
    )


def _short(x: Any) -> str:
    text = repr(x)
    return f"{type(x).__name__} {text[:60] + '...' if len(text) > 60 else text}"


# --- parts of other tensors -----------------------------------------------------------------------


def _viewed(node: Node) -> int | None:
    """Which of its parents, if any, a node has its value from, in the same memory."""
    for i, parent in enumerate(node.parents):
        if np.may_share_memory(node.value, parent.value):
            return i
    return None


def _references(node: Node, place: int) -> int:
    """How many hold a parent of ``node``: handles, and the nodes that use it."""
    return sys.getrefcount(node.parents[place])


def _of_one_use() -> int:
    """What ``_references`` counts where a node is the only one to hold its parent."""
    return _references((-Tensor(0.0))._node, 0)


_OF_ONE_USE = _of_one_use()
