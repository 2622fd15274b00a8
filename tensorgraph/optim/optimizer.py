"""What optimizers share: which numbers are updated, at which rate, and where the state lies.

The first step moves the parameters into one flat buffer (those of a ``Model`` are there already),
so that an update is a dozen ufunc calls however many parameters there are. Read next:
``optimizers``.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from math import inf
from typing import Any, ClassVar

import numpy as np

from tensorgraph.errors import ArgumentError, GraphError, UnusedParameterWarning
from tensorgraph.interrupts import CtrlC
from tensorgraph.optim.schedules import Schedule
from tensorgraph.source import warn
from tensorgraph.storage import Storage
from tensorgraph.tape import Leaf, gather
from tensorgraph.tensor import Tensor
from tensorgraph.typing import Array

Parameters = Mapping[str, Tensor] | Iterable[Tensor]


class Chunk:
    """A run of parameters side by side: values, gradients, state, and room to compute in."""

    def __init__(self, storage: Storage, start: int, stop: int, state: dict[str, Array]) -> None:
        self.storage = storage
        self.data = storage.data[start:stop]
        self.gradient = storage.gradients()[start:stop]
        self.state = [array[start:stop] for array in state.values()]
        self.room = np.empty_like(self.data)

    def written(self) -> list[Array]:
        """What an update writes to, and leaves something in."""
        return [self.data, *self.state]


class Optimizer(ABC):
    """Call ``step(parameters)`` after ``backward()``, then ``zero_grad(parameters)``.

    ``parameters`` is a dict or an iterable of tensors; those that no gradient has reached stay as
    they are. ``learning_rate`` is a number or a ``Schedule``; with ``decay`` it is divided by 1 +
    decay * step, where step counts the steps done before.
    """

    state_names: ClassVar[tuple[str, ...]] = ()
    """The arrays that ``update`` keeps between steps, like the parameters, starting at 0."""

    def __init__(self, learning_rate: float | Schedule, decay: float) -> None:
        if not isinstance(learning_rate, Schedule) and not learning_rate > 0:
            raise ArgumentError(
                f"{type(self).__name__}: learning_rate is {learning_rate!r}, and must be > 0"
            )
        if not decay >= 0:
            raise ArgumentError(f"{type(self).__name__}: decay is {decay!r}, and must be >= 0")
        self.learning_rate = learning_rate
        self.decay = decay
        self.iterations = 0
        self._states: dict[Storage, dict[str, Array]] = {}
        self._ready: list[Leaf] = []
        self._chunks: list[Chunk] = []

    def __getstate__(self) -> dict[str, Any]:
        # Views into the buffers would be cut by copying: they are made anew at the next step.
        return {**vars(self), "_ready": [], "_chunks": []}

    @property
    def current_learning_rate(self) -> float:
        """The rate of the next step."""
        rate = self.learning_rate
        if callable(rate):
            rate = float(rate(self.iterations))
        if not 0 <= rate < inf:
            raise ArgumentError(
                f"{type(self).__name__}: the learning rate of step {self.iterations} is {rate!r}, "
                "and must be a finite number of at least 0"
            )
        # In this order, since the book prints all the digits.
        return rate * (1 / (1 + self.decay * self.iterations)) if self.decay else rate

    @abstractmethod
    def update(self, p: Array, g: Array, state: list[Array], room: Array, rate: float) -> None:
        """Move the values ``p``, in place, by the gradient ``g``, which stays as it is.

        All are flat arrays of one size; ``state`` has those of ``state_names``, ``room`` is for
        use.
        """

    def step(self, parameters: Parameters) -> None:
        """Update every parameter that has a gradient.

        An error leaves parameters and state as they were, and Ctrl-C waits for the end.
        """
        leaves = _leaves(parameters)
        ready = [leaf for leaf in leaves if leaf.grad is not None]
        if not ready:
            raise GraphError(
                "no parameter has a gradient: call loss.backward() before step(). If that was "
                "done, the loss depends on none of them: compute it from the parameters that "
                "step() is given, not from their values (t.data) or under tg.no_grad()"
            )
        if len(ready) != len(leaves):
            _warn_of_unused(parameters)
        if ready != self._ready:
            gather(ready)
            self._chunks = [Chunk(*run, self._state(run[0])) for run in _runs(ready)]
            self._ready = ready
        rate = self.current_learning_rate
        with CtrlC():
            self._update(rate)
            for chunk in self._chunks:
                chunk.storage.touch()
                chunk.storage.used = True
            self.iterations += 1

    def _update(self, rate: float) -> None:
        """Update every chunk; where NumPy would raise in the middle, every chunk or none."""
        if not _numpy_may_raise():
            self._update_all(rate)
            return
        before = [array.copy() for chunk in self._chunks for array in chunk.written()]
        try:
            with np.errstate(under="ignore"):  # the square of a small gradient may well be 0
                self._update_all(rate)
        except Exception as error:
            written = (array for chunk in self._chunks for array in chunk.written())
            for array, old in zip(written, before, strict=True):
                np.copyto(array, old)
            error.add_note(
                f"in the update of {type(self).__name__} at step {self.iterations}: parameters and "
                "state are as before it"
            )
            raise

    def _update_all(self, rate: float) -> None:
        for chunk in self._chunks:
            self.update(chunk.data, chunk.gradient, chunk.state, chunk.room, rate)

    def zero_grad(self, parameters: Parameters) -> None:
        """Forget the gradients: each ``grad`` is None until the next sweep."""
        for leaf in _leaves(parameters):
            leaf.grad = None

    def state(self, parameter: Tensor) -> dict[str, Array]:
        """The state kept for ``parameter``, as views of its shape; none before its first step."""
        leaf: Any = parameter._node
        arrays = self._states.get(leaf.storage, {})
        span = slice(leaf.offset, leaf.offset + leaf.value.size)
        return {name: array[span].reshape(leaf.value.shape) for name, array in arrays.items()}

    def restore(
        self, parameters: Mapping[str, Tensor], state: Mapping[str, Mapping[str, Array]]
    ) -> None:
        """Take up the state that ``state(parameter)`` gave for each name."""
        gather(_leaves(parameters))
        for name, arrays in state.items():
            self._state(parameters[name]._node.storage)
            kept = self.state(parameters[name])
            for key, array in arrays.items():
                np.copyto(kept[key], array)

    def _state(self, storage: Storage) -> dict[str, Array]:
        if storage not in self._states:
            self._states[storage] = {name: np.zeros_like(storage.data) for name in self.state_names}
        return self._states[storage]


def _numpy_may_raise() -> bool:
    """Whether a floating-point error is an exception, or the warning of it is."""
    return "raise" in np.geterr().values() or "error" in [f[0] for f in warnings.filters]


def _leaves(parameters: Parameters) -> list[Leaf]:
    tensors = parameters.values() if hasattr(parameters, "values") else parameters
    leaves: list[Any] = [p._node for p in tensors]
    return leaves


def _warn_of_unused(parameters: Parameters) -> None:
    """Name the parameters that have no gradient."""
    named = parameters.items() if isinstance(parameters, Mapping) else enumerate(parameters)
    unused = [
        f"{p.name or name} {p.shape}"
        for name, p in named
        if p.grad is None  # no gradient at all
    ]
    warn(
        f"the loss does not depend on {', '.join(unused)}: these parameters stay as they are. "
        "Leave them out of step() if that is meant",
        UnusedParameterWarning,
    )


def _runs(leaves: list[Leaf]) -> list[tuple[Storage, int, int]]:
    """The stretches of storage that ``leaves`` cover, neighbours joined."""
    runs: list[tuple[Storage, int, int]] = []
    for leaf in sorted(dict.fromkeys(leaves), key=lambda leaf: (id(leaf.storage), leaf.offset)):
        stop = leaf.offset + leaf.value.size
        if runs and runs[-1][0] is leaf.storage and runs[-1][2] == leaf.offset:
            runs[-1] = (leaf.storage, runs[-1][1], stop)
        else:
            runs.append((leaf.storage, leaf.offset, stop))
    return runs
