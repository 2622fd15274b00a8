"""What optimizers share: which numbers are updated, at which rate, and where the state lies.

The first step moves the parameters into one flat buffer (those of a ``Model`` are there already)
and compiles the optimizer's equation for it, so that an update is a dozen ufunc calls however many
parameters there are. Read next: ``optimizers``.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from math import inf
from typing import Any, ClassVar

import numpy as np

from tensorgraph.compiler.capture import Capture, capturing
from tensorgraph.compiler.executable import Executable
from tensorgraph.compiler.numbers import Number
from tensorgraph.compiler.program import Memory, Region
from tensorgraph.errors import ArgumentError, GraphError, UnusedParameterWarning
from tensorgraph.interrupts import CtrlC
from tensorgraph.optim.schedules import Schedule
from tensorgraph.recording import recording
from tensorgraph.source import warn
from tensorgraph.storage import Storage, numpy_may_raise, write_whole
from tensorgraph.tape import Leaf, gather
from tensorgraph.tensor import Tensor
from tensorgraph.typing import Array

Parameters = Mapping[str, Tensor] | Iterable[Tensor]


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
        self._ready: Any = None
        self._updates: list[tuple[Storage, Executable]] = []
        self._written: list[Array] = []
        # What the equation is written with: a program holds these as constants.
        names = inspect.signature(type(self).__init__).parameters
        self._constants = tuple(n for n in names if n not in {"self", "learning_rate"})

    def __getstate__(self) -> dict[str, Any]:
        # Views into the buffers would be cut by copying: they are made anew at the next step.
        return {**vars(self), "_ready": None, "_updates": [], "_written": []}

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
    def update(self, p: Any, g: Any, state: Any, rate: Any, t: Any) -> tuple[Any, ...]:
        """The values after a step, then the state after it in the order of ``state_names``.

        ``p`` are the values, ``g`` their gradient, ``state`` what the last step left: flat tensors
        of one size. ``rate`` is the learning rate, and ``t`` counts the steps from 1: numbers to
        compute with, which cannot be looked at.
        """

    def step(self, parameters: Parameters) -> None:
        """Update every parameter that has a gradient.

        An error leaves parameters and state as they were, and Ctrl-C waits for the end.
        """
        capture = recording().capture
        if capture is not None:
            self._capture_step(capture, parameters)
            return
        leaves = _leaves(parameters)
        ready = [leaf for leaf in leaves if leaf.grad is not None]
        self._check_ready(ready, leaves, parameters)
        constants = [*map(self.__dict__.get, self._constants)]
        if self._ready != (ready, constants):
            gather(ready)
            self._updates = [(run[0], self._compiled(*run)) for run in _runs(ready)]
            self._written = [array for _, update in self._updates for array in update.written]
            self._ready = (ready, constants)
        with CtrlC():
            if numpy_may_raise():
                what = f"the update of {type(self).__name__} at step {self.iterations}"
                write_whole(self._update, self._written, what)
            else:
                self._update()
            for storage, _ in self._updates:
                storage.touch()
                storage.used = True
            self.iterations += 1

    def _update(self) -> None:
        for _, update in self._updates:
            update.run()

    def _check_ready(self, ready: list[Leaf], leaves: list[Leaf], parameters: Parameters) -> None:
        if not ready:
            raise GraphError(
                "no parameter has a gradient: call loss.backward() before step(). If that was "
                "done, the loss depends on none of them: compute it from the parameters that "
                "step() is given, not from their values (t.data) or under tg.no_grad()"
            )
        if len(ready) != len(leaves):
            _warn_of_unused(parameters)

    def _compiled(self, storage: Storage, start: int, stop: int) -> Executable:
        """The equation as a program, for the parameters from ``start`` to ``stop``."""
        capture = Capture(type(self).__name__)
        with capturing(capture), np.errstate(all="ignore"):
            self._capture_update(capture, storage, start, stop)
        capture.undo()
        return Executable(capture, [])

    def _capture_step(self, capture: Any, parameters: Parameters) -> None:
        """The same as a part of a program that is being recorded."""
        leaves = _leaves(parameters)
        with capture.during("update"):  # it looks at them
            ready = [leaf for leaf in leaves if capture.gradient(leaf) is not None]
        self._check_ready(ready, leaves, parameters)
        gather(ready)
        capture.settle_gradients()
        with capture.during("update"):
            recording().layer = type(self).__name__
            for storage, start, stop in _runs(ready):
                self._capture_update(capture, storage, start, stop)
                storage.touch()
            capture.advance(self, "iterations")
        capture.depends_on(self, self._constants)

    def _capture_update(self, capture: Capture, storage: Storage, start: int, stop: int) -> None:
        def region(array: Array, name: str) -> Region:
            return Region(Memory(array, name), start, stop, (stop - start,), name)

        rate = Number.read(self, "current_learning_rate").called("rate")
        t = (Number.read(self, "iterations") + 1).called("t")
        regions = [region(storage.data, "parameters")]
        regions += [region(array, name) for name, array in self._state(storage).items()]
        g = capture.load(region(storage.gradients(), "gradients"))
        p, *state = (capture.load(part) for part in regions)
        for part, value in zip(regions, self.update(p, g, state, rate, t), strict=True):
            capture.store(part, value)

    def zero_grad(self, parameters: Parameters) -> None:
        """Forget the gradients: each ``grad`` is None until the next sweep."""
        capture = recording().capture
        for leaf in _leaves(parameters):
            if capture is None:
                leaf.grad = None
            else:
                capture.set_gradient(leaf, None)

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
