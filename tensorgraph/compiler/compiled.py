"""``tg.compile(f)``: record a function once, and run it as NumPy from then on.

    @tg.compile
    def step(X, y):
        loss = cross_entropy(model(X, training=True), y)
        loss.backward()
        adam.step(parameters)
        adam.zero_grad(parameters)
        return loss

The first call records all that ``f`` does; it and the next ones run the program. Arrays are
arguments that may change from call to call; other shapes or dtypes, other numbers, strings or
truths, or another tensor record another program. What the function finds outside, its variables,
optimizers and generators, is used where it lies. Read next: ``nn``.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

from tensorgraph import tree
from tensorgraph.compiler.calls import (
    Results,
    as_array,
    has_history,
    input_of,
    key_of,
    names_of,
    signature_of,
    value_of,
)
from tensorgraph.compiler.capture import Capture, capturing
from tensorgraph.compiler.executable import Executable
from tensorgraph.compiler.guards import quick_guard_of
from tensorgraph.compiler.memory import Memory
from tensorgraph.compiler.program import Program
from tensorgraph.compiler.repeats import check_repeats
from tensorgraph.errors import ArgumentError, GraphError, PerformanceWarning
from tensorgraph.recording import recording
from tensorgraph.source import warn
from tensorgraph.tape import Leaf

PROGRAMS = 8
"""How many programs of one function are kept: one for each kind of arguments."""


class Compiled:
    """A function that was recorded. Call it like the function itself.

    ``patience`` is the number of calls with arguments of one kind before they are recorded; results
    that are ``plain`` are arrays and numbers also where they depend on variables.
    """

    def __init__(self, f: Callable[..., Any], *, patience: int = 0, plain: bool = False) -> None:
        functools.update_wrapper(self, f)
        self._f = f
        self._patience = patience
        self._plain = plain
        self._seen: dict[Any, int] = {}
        self._name = getattr(f, "__name__", type(f).__name__)
        self._programs: dict[Any, tuple[Executable, Results]] = {}
        self._last: tuple[Executable, Results] | None = None
        self._last_enabled = True
        self._lock = threading.RLock()
        self._signature = signature_of(f)
        self._recordings = 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        state = recording()
        if state.watch is not None or state.draws is not None or state.in_vmap:
            # As a part of what is recorded, watched or repeated around it, or of one example.
            return self._in_plain_words(self._f(*args, **kwargs))
        with self._lock:
            last = self._last
            if last is not None and not kwargs and state.enabled is self._last_enabled:
                executable, results = last
                takes = executable.takes
                if takes is not None and takes(args):
                    given = results.only_arrays(args)
                    return results.given_back(executable(*given))
            return self._find(args, kwargs)

    def _find(self, args: Any, kwargs: Any) -> Any:
        """Run the program for arguments of these kinds, or record it."""
        leaves = tree.flatten((args, kwargs))
        if has_history(leaves):
            return self._in_plain_words(self._f(*args, **kwargs))
        enabled = recording().enabled
        key = enabled, key_of(args, kwargs, leaves)
        found = self._programs.get(key)
        if found is None or not found[0].fits(()):
            if self._patience and self._seen.setdefault(key, 0) < self._patience:
                self._seen[key] += 1
                return self._in_plain_words(self._f(*args, **kwargs))
            self._record(key, args, kwargs)
        executable, results = self._last = self._programs[key] = self._programs.pop(key)
        self._last_enabled = enabled
        arrays = [x for x in map(as_array, leaves) if x is not None]
        if executable.may_write_to(arrays):
            return self._in_plain_words(self._f(*args, **kwargs))
        return results.given_back(executable(*arrays))

    def source(self) -> str:
        """The program that was run last, as NumPy source that runs by itself."""
        return self._executable("source()").source.to_read()

    @property
    def program(self) -> Program:
        """The program that was run last, after all passes."""
        return self._executable("program").program

    @property
    def program_before(self) -> Program:
        """The same as it was recorded."""
        return self._executable("program_before").recorded

    def memory(self) -> Memory:
        """How much memory it needs, and what is kept for the backward pass."""
        return Memory(self._executable("memory()").plan)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        raise ArgumentError(
            f"{self._name}() is a method: compile it for each instance, "
            "self.step = tg.compile(self._step) in __init__"
        )

    def __reduce__(self) -> Any:
        # A copy has variables of its own, and records programs of its own.
        return _copied, (self._f, self._patience, self._plain)

    def __repr__(self) -> str:
        return f"<compiled {self._name}, {len(self._programs)} programs>"

    # --- recording -------------------------------------------------------------------------------

    def _executable(self, what: str) -> Executable:
        if self._last is None:
            raise GraphError(f"{self._name}.{what}: call the function first, it is recorded then")
        return self._last[0]

    def _record(self, key: Any, args: Any, kwargs: Any) -> None:
        """Make a program of two calls that leave no trace: its own run is the first that counts.

        So every call gives the program's bits, whichever of them is the first.
        """
        self._warn_of_thrashing()
        first, second = Capture(self._name), Capture(self._name)
        try:
            self._run(first, args, kwargs)
            if first.has_moved():  # again, with everything in its place
                first.undo()
                first = Capture(self._name)
                self._run(first, args, kwargs)
            executable, results = self._rehearsed(first, second, args, kwargs)
        finally:
            first.undo()
        while len(self._programs) >= PROGRAMS:
            del self._programs[next(iter(self._programs))]
        results.values = ()  # the tape of the recording can go
        self._programs[key] = executable, results
        self._recordings += 1

    def _rehearsed(
        self, first: Capture, second: Capture, args: Any, kwargs: Any
    ) -> tuple[Executable, Results]:
        """The program of a second run, which goes on from what the first one left."""
        absent = _as_before(first)
        try:
            again = self._run(second, args, kwargs)
            check_repeats(first, second)
            results = Results(again, args, second, self._plain)
            executable = Executable(second, results.values)
            if not kwargs:
                executable.takes = quick_guard_of(second, args, executable.owners)
            return executable, results
        finally:
            second.undo()
            for leaf, grad in absent:
                leaf.grad = grad

    def _in_plain_words(self, out: Any) -> Any:
        return tree.map(value_of, out) if self._plain else out

    def _run(self, capture: Capture, args: Any, kwargs: Any) -> Any:
        names = iter(names_of(self._signature, args, kwargs))
        with capturing(capture):
            inputs = tree.map(lambda x: input_of(capture, x, next(names)), (args, kwargs))
            return self._f(*inputs[0], **inputs[1])

    def _warn_of_thrashing(self) -> None:
        if self._recordings == PROGRAMS and not self._patience:
            warn(
                f"{self._name}() has been recorded {PROGRAMS} times: each call with other shapes, "
                "other dtypes, another Python number or another tensor records anew. Give numbers "
                "that change as arrays (np.float32(x)), and variables from outside",
                PerformanceWarning,
            )


def _copied(f: Callable[..., Any], patience: int, plain: bool) -> Compiled:
    return Compiled(f, patience=patience, plain=plain)


def compile(f: Callable[..., Any]) -> Compiled:
    """``f``, recorded at its first call and run as NumPy from then on.

    ``f`` may compute, call ``backward()``, step an optimizer, and draw random numbers through
    layers. It returns tensors, arrays, or trees of them; a result that depends on variables is a
    tensor without a tape. ``source()``, ``program``, ``program_before`` and ``memory()`` of the
    compiled function show what was made of it.

    Results are those of ``f`` itself: to the bit where sums are added up in the same order, and
    within a few units in the last place elsewhere. Raises ``GraphError``, with the line, where
    ``f`` looks at a value (``if loss > 1``, ``float(t)``) or does not do the same twice. Warns with
    ``PerformanceWarning`` where it is recorded again and again.
    """
    if not callable(f):
        raise ArgumentError(f"compile() takes a function, not a {type(f).__name__}")
    return Compiled(f)


def _as_before(first: Capture) -> list[tuple[Leaf, Any]]:
    """Have the second run find gradients where the first one did; what to set back afterwards."""
    changed = []
    for leaf, had in first.has_gradient.items():
        if (leaf.grad is not None) is not had:
            changed.append((leaf, leaf.grad))
            leaf.grad = leaf.home() if had else None
    return changed
