"""What happens when something goes wrong: fourteen small programs, tensorgraph and its peers.

    python benchmarks/probes.py
    python benchmarks/probes.py --only "backward twice" --library tensorgraph --verbose

A peer takes part where it is installed. Each probe of each library runs in a process of its own,
with a time limit, and says what was seen there; code decides whether that was right. A program is
written once, in what every library has, and each library runs it in its own usual way: a leaf with
``backward()``, or a function with ``grad``. Where a library has a mode that looks for NaN, the
probes of NaN run in it. An array from outside is what a program would use: itself, or
``torch.from_numpy``. Arrays of micrograd are NumPy arrays of its values.

The table is Markdown: ✓ is right, ✗ is wrong, and – is a thing that the library does not have.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import importlib.util
import inspect
import json
import os
import re
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

Function = Callable[..., Any]
Backward = Callable[[], list[Any]]
"""Goes back from a recorded result, and gives the gradient of each variable."""

# --- the libraries -------------------------------------------------------------------------------


class Missing(Exception):
    """The library does not have what the probe is about."""


class Library:
    """What the probes ask of a library; functions that differ by name alone are attributes."""

    title: ClassVar[str]
    package: ClassVar[str]
    distribution: ClassVar[str] = ""
    """Its name in an index, where that is not the package's."""
    has_arrays: ClassVar[bool] = True

    log: Function
    sqrt: Function
    where: Function

    def constant(self, array: np.ndarray) -> Any:
        return array

    def looking_for_nan(self) -> Any:
        """The mode that does so, where there is one."""
        return nullcontext()

    def recorded(self, f: Function, **xs: Any) -> Backward:
        """Run ``f`` forward on variables of these names."""
        raise NotImplementedError

    def trained(self, f: Function, steps: int, **xs: Any) -> list[Any]:
        """Run some steps of the usual loop, with nothing that clears gradients."""
        raise NotImplementedError

    def changes(self) -> dict[str, Callable[[], None]]:
        """The ways in which a program adds 1 to the first variable of the last recording."""
        raise NotImplementedError

    def dense(self, n_inputs: int, n_outputs: int) -> Function:
        """A layer called "hidden"; by hand, where the library has no layers."""
        weights = np.ones((n_inputs, n_outputs))

        def hidden(x: Any) -> Any:
            return x @ weights

        return hidden

    def draw(self, f: Function, x: Any) -> int:
        """Draw the graph of ``f(x)``, and say how many bytes the picture has."""
        raise Missing("no drawing")


class Taped(Library):
    """A library with variables that hold their gradients."""

    leaves: list[Any]
    out: Any

    def leaf(self, name: str, x: Any) -> Any:
        raise NotImplementedError

    def gradient(self, leaf: Any) -> Any:
        return leaf.grad

    def backward(self, out: Any) -> None:
        out.backward()

    def recorded(self, f: Function, **xs: Any) -> Backward:
        self.leaves = [self.leaf(name, x) for name, x in xs.items()]
        self.out = f(*self.leaves)

        def backward() -> list[Any]:
            self.backward(self.out)
            return [self.gradient(leaf) for leaf in self.leaves]

        return backward

    def trained(self, f: Function, steps: int, **xs: Any) -> list[Any]:
        self.leaves = [self.leaf(name, x) for name, x in xs.items()]
        step = self.optimizer(list(xs))
        for _ in range(steps):
            self.backward(f(*self.leaves))
            gradients = [self.gradient(leaf) for leaf in self.leaves]
            gradients = [None if g is None else np.array(g) for g in gradients]
            step()
        return gradients

    def optimizer(self, names: Sequence[str]) -> Callable[[], None]:
        """Returns what moves the leaves a little; by hand, where the library has no optimizer."""

        def step() -> None:
            for leaf in self.leaves:
                if leaf.grad is not None:
                    leaf.data -= 1e-3 * leaf.grad

        return step


class TensorGraph(Taped):
    title, package, distribution = "tensorgraph", "tensorgraph", "tensorgraph-engine"

    def __init__(self) -> None:
        import tensorgraph as tg

        self.tg = tg
        self.log, self.sqrt, self.where = tg.log, tg.sqrt, tg.where

    def looking_for_nan(self) -> Any:
        return getattr(self.tg, "detect_anomaly", nullcontext)()

    def leaf(self, name: str, x: Any) -> Any:
        return self.tg.Tensor(x, name)

    def optimizer(self, names: Sequence[str]) -> Callable[[], None]:
        sgd = self.tg.optim.SGD(1e-3)
        return lambda: sgd.step(dict(zip(names, self.leaves, strict=True)))

    def changes(self) -> dict[str, Callable[[], None]]:
        def in_place() -> None:
            with self.tg.no_grad():
                self.leaves[0] += 1

        def behind() -> None:
            self.leaves[0].data[...] += 1

        return {"in place": in_place, ".data": behind}

    def dense(self, n_inputs: int, n_outputs: int) -> Function:
        return self.tg.nn.Dense(n_inputs, n_outputs, name="hidden")

    def draw(self, f: Function, x: Any) -> int:
        from tensorgraph import viz

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "graph.svg"
            viz.graph(f(self.leaf("x", x))).save(path)
            return path.stat().st_size


class PyTorch(Taped):
    title, package = "PyTorch", "torch"

    def __init__(self) -> None:
        import torch

        self.torch = torch
        self.log, self.sqrt, self.where = torch.log, torch.sqrt, torch.where

    def constant(self, array: np.ndarray) -> Any:
        return self.torch.from_numpy(array)

    def looking_for_nan(self) -> Any:
        return self.torch.autograd.detect_anomaly()

    def leaf(self, name: str, x: Any) -> Any:
        return self.torch.tensor(np.asarray(x), requires_grad=True)

    def optimizer(self, names: Sequence[str]) -> Callable[[], None]:
        return self.torch.optim.SGD(self.leaves, lr=1e-3).step

    def changes(self) -> dict[str, Callable[[], None]]:
        def in_place() -> None:
            with self.torch.no_grad():
                self.leaves[0] += 1

        def behind() -> None:
            self.leaves[0].data += 1

        return {"in place": in_place, ".data": behind}

    def dense(self, n_inputs: int, n_outputs: int) -> Function:
        from collections import OrderedDict

        nn = self.torch.nn
        layer = nn.Linear(n_inputs, n_outputs, dtype=self.torch.float64)
        return nn.Sequential(OrderedDict(hidden=layer))

    def draw(self, f: Function, x: Any) -> int:
        if not importlib.util.find_spec("torchviz"):
            raise Missing("no torchviz")
        from torchviz import make_dot

        return len(make_dot(f(self.leaf("x", x))).source)


class Jax(Library):
    title, package = "JAX", "jax"

    def __init__(self) -> None:
        import jax

        jax.config.update("jax_enable_x64", True)
        self.jax = jax
        self.log, self.sqrt, self.where = jax.numpy.log, jax.numpy.sqrt, jax.numpy.where

    def looking_for_nan(self) -> Any:
        modes = ExitStack()
        modes.enter_context(self.jax.debug_nans(True))
        modes.enter_context(self.jax.debug_infs(True))
        return modes

    def recorded(self, f: Function, **xs: Any) -> Backward:
        self.leaves = [self.jax.numpy.asarray(x) for x in xs.values()]
        if any(leaf.dtype.kind == "i" for leaf in self.leaves):  # vjp is not what a program calls
            return lambda: list(self.jax.grad(f, tuple(range(len(xs))))(*self.leaves))
        out, vjp = self.jax.vjp(f, *self.leaves)
        return lambda: list(vjp(np.ones_like(out)))

    def trained(self, f: Function, steps: int, **xs: Any) -> list[Any]:
        leaves = [self.jax.numpy.asarray(x) for x in xs.values()]
        for _ in range(steps):
            gradients = self.jax.grad(f, tuple(range(len(xs))))(*leaves)
            leaves = [x - 1e-3 * g for x, g in zip(leaves, gradients, strict=True)]
        return list(gradients)

    def changes(self) -> dict[str, Callable[[], None]]:
        return {"in place": lambda: self.leaves[0].__setitem__(..., 0.0)}


class Autograd(Library):
    title, package = "HIPS autograd", "autograd"

    def __init__(self) -> None:
        import autograd
        import autograd.numpy as anp

        self.autograd = autograd
        self.log, self.sqrt, self.where = anp.log, anp.sqrt, anp.where

    def recorded(self, f: Function, **xs: Any) -> Backward:
        self.leaves = [np.array(x) for x in xs.values()]
        vjp, out = self.autograd.make_vjp(lambda xs: f(*xs))(tuple(self.leaves))
        return lambda: list(vjp(np.ones_like(out)))

    def trained(self, f: Function, steps: int, **xs: Any) -> list[Any]:
        leaves = list(xs.values())
        for _ in range(steps):
            gradients = self.autograd.grad(f, tuple(range(len(xs))))(*leaves)
            leaves = [x - 1e-3 * g for x, g in zip(leaves, gradients, strict=True)]
        return list(gradients)

    def changes(self) -> dict[str, Callable[[], None]]:
        def in_place() -> None:
            self.leaves[0] += 1

        return {"in place": in_place}


class MyGrad(Taped):
    title, package = "MyGrad", "mygrad"

    def __init__(self) -> None:
        import mygrad

        self.mygrad = mygrad
        self.log, self.sqrt, self.where = mygrad.log, mygrad.sqrt, mygrad.where

    def leaf(self, name: str, x: Any) -> Any:
        return self.mygrad.tensor(x)

    def changes(self) -> dict[str, Callable[[], None]]:
        def in_place() -> None:
            with self.mygrad.no_autodiff:
                self.leaves[0] += 1

        def behind() -> None:
            self.leaves[0].data[...] += 1

        return {"in place": in_place, ".data": behind}

    def draw(self, f: Function, x: Any) -> int:
        from mygrad.computational_graph import build_graph

        return len(build_graph(f(self.leaf("x", x))).source)


class Micrograd(Taped):
    title, package, has_arrays = "micrograd", "micrograd", False

    def __init__(self) -> None:
        from micrograd.engine import Value

        self.Value = Value
        self.sqrt, self.where = lambda x: x**0.5, np.where

    def log(self, x: Any) -> Any:
        raise Missing("no log")

    def leaf(self, name: str, x: Any) -> Any:
        return np.vectorize(self.Value, otypes=[object])(np.array(x, object))[()]

    def gradient(self, leaf: Any) -> Any:
        return np.vectorize(lambda value: value.grad, otypes=[float])(leaf)

    def optimizer(self, names: Sequence[str]) -> Callable[[], None]:
        def step() -> None:
            for leaf in self.leaves:
                for value in np.ravel(leaf):
                    value.data -= 1e-3 * value.grad

        return step

    def changes(self) -> dict[str, Callable[[], None]]:
        def behind() -> None:
            for value in np.ravel(self.leaves[0]):
                value.data += 1

        return {".data": behind}

    def dense(self, n_inputs: int, n_outputs: int) -> Function:
        from micrograd.nn import Layer

        layer = Layer(n_inputs, n_outputs)
        return lambda x: np.array([layer(list(row)) for row in x])


LIBRARIES: tuple[type[Library], ...] = (TensorGraph, PyTorch, Jax, Autograd, MyGrad, Micrograd)

# --- what is seen --------------------------------------------------------------------------------


@dataclass
class Seen:
    """A cell of the table: two or three words, and whether that was right (None: not there)."""

    words: str
    right: bool | None


@dataclass
class Run:
    """What a program did: gradients, or an error and the pass it came in; and warnings."""

    gradients: list[Any] = field(default_factory=list)
    error: Exception | None = None
    in_forward: bool = False
    warnings: list[str] = field(default_factory=list)

    @property
    def said(self) -> str:
        """The words of the error, what was added to them, and of the warnings."""
        error = self.error
        notes = [] if error is None else [str(error), *getattr(error, "__notes__", ())]
        return "\n".join([*notes, *self.warnings])

    @property
    def trace(self) -> str:
        """The same with the traceback, and with that of the errors before."""
        chain = [] if self.error is None else traceback.format_exception(self.error)
        return "".join([*chain, *self.warnings])

    def names(self, *words: str) -> bool:
        return any(re.search(rf"(?<![a-z]){word}", self.said, re.IGNORECASE) for word in words)

    def shows_line(self, f: Function, text: str) -> bool:
        """Whether it leads to the line of ``f`` in which ``text`` stands."""
        lines, first = inspect.getsourcelines(f)
        wanted = {first + i for i, line in enumerate(lines) if text in line}
        shown = re.findall(r'probes\.py(?:", line |:)(\d+)', self.trace)
        return not wanted.isdisjoint(map(int, shown))


NOISE = "Anomaly Detection has been enabled|no running event loop"
NOTHING_WRONG = (DeprecationWarning, FutureWarning, PendingDeprecationWarning, ImportWarning)


def _notes(caught: Sequence[warnings.WarningMessage]) -> list[str]:
    """The warnings that are about the program; each begins with the line that it was given."""
    return [
        f"{Path(w.filename).name}:{w.lineno} {w.category.__name__}: {w.message}"
        for w in caught
        if not issubclass(w.category, NOTHING_WRONG) and not re.search(NOISE, str(w.message))
    ]


def run(record: Callable[[], Backward], between: Callable[[], object] = lambda: None) -> Run:
    """Go forward, do something, and go backward."""
    seen = Run(in_forward=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            backward = record()
            seen.in_forward = False
            between()
            seen.gradients = [g if g is None else np.asarray(g) for g in backward()]
        except Missing:
            raise
        except Exception as error:
            seen.error = error
    seen.warnings = _notes(caught)
    print(seen.said or "(nothing)", file=sys.stderr)
    return seen


def error_name(error: Exception) -> str:
    return type(error).__name__


def equal(g: Any, expected: Any) -> bool:
    return g is not None and g.shape == np.shape(expected) and np.allclose(g, expected)


def gradient_words(g: Any, *expected: Any) -> tuple[str, bool]:
    """What a gradient is, and whether it is one of those that were expected."""
    if any(equal(g, e) for e in expected):
        return "right gradient", True
    if g is None:
        return "no gradient, silent", False
    if g.dtype.kind == "f" and not np.isfinite(g).all():
        return "NaN, silent" if np.isnan(g).any() else "Inf, silent", False
    return "wrong gradient, silent", False


def caught_or(seen: Run, *expected: Any) -> Seen:
    """Right is an error, a warning, or the right gradient of the first variable."""
    if seen.error is not None:
        return Seen(f"raises {error_name(seen.error)}", not isinstance(seen.error, RecursionError))
    words, right = gradient_words(seen.gradients[0], *expected)
    if not right and seen.warnings:
        return Seen(f"warns: {seen.warnings[0].split(':')[1].split()[1]}", True)
    return Seen(words, right)


def blamed(seen: Run) -> str:
    """What an error or a warning about numbers says of the operation."""
    found = re.search(r"encountered in (?:\w+/)*(\w+)|Function '(\w+?)Backward", seen.said)
    if found is None:
        return "silent" if seen.error is None else f"raises {error_name(seen.error)}"
    operation = (found[1] or found[2]).lower()
    return f"warns of {operation}" if seen.error is None else f"blames {operation}"


def finite_or_blamed(seen: Run, expected: Any) -> Seen:
    """Right is the right gradient: an error or a warning comes here where it did not help."""
    if seen.error is not None:
        return Seen(blamed(seen), False)
    words, right = gradient_words(seen.gradients[0], expected)
    return Seen(words if right else words.replace("silent", blamed(seen)), right)


# --- the probes ----------------------------------------------------------------------------------

PROBES: dict[str, tuple[str, Callable[[Library], Seen]]] = {}
"""By name: what right means, and the program with its judgement."""


def probe(name: str, right: str) -> Callable[[Callable[[Library], Seen]], Any]:
    def note(program: Callable[[Library], Seen]) -> Callable[[Library], Seen]:
        PROBES[name] = right, program
        return program

    return note


@probe("mismatched matmul in a layer", "an error names the layer and both shapes")
def mismatched_matmul(library: Library) -> Seen:
    layer = library.dense(13, 17)
    x = np.ones((7, 11))
    seen = run(lambda: library.recorded(lambda x: layer(x).sum(), x=x))
    if seen.error is None:
        return Seen("a result, silent", False)
    shapes = all(re.search(rf"\b{n}\b|\D{n}x|x{n}\b", seen.said) for n in (7, 11, 13, 17))
    named = seen.names("hidden")
    words = {
        (True, True): "names layer and shapes",
        (True, False): "names layer, not shapes",
        (False, True): "names shapes, not layer",
        (False, False): "names neither",
    }
    return Seen(words[named, shapes], named and shapes)


@probe("NumPy array mutated before backward", "caught, or the gradient of what was computed")
def mutated_array(library: Library) -> Seen:
    a = np.array([1.0, 2.0, 3.0])

    def record() -> Backward:
        return library.recorded(lambda x: (x * library.constant(a)).sum(), x=np.ones(3))

    seen = run(record, lambda: a.fill(9.0))
    return caught_or(seen, [1.0, 2.0, 3.0])


@probe("saved tensor mutated", "the same, in place and behind its back (`.data`)")
def mutated_tensor(library: Library) -> Seen:
    def cubes(x: Any) -> Any:
        return (x * x * x).sum()

    cells = {}
    for way, change in library.changes().items():
        seen = run(lambda: library.recorded(cubes, x=np.array([1.0, 2.0, 3.0])), change)
        cells[way] = caught_or(seen, [3.0, 12.0, 27.0])
    words = {cell.words for cell in cells.values()}
    each = "; ".join(f"{way}: {cell.words}" for way, cell in cells.items())
    return Seen(words.pop() if len(words) == 1 else each, all(c.right for c in cells.values()))


@probe("backward twice", "the same gradient again, or added once more, or an error")
def backward_twice(library: Library) -> Seen:
    def fourth_power(x: Any) -> Any:
        square = x * x
        return (square * square).sum()

    def record() -> Backward:
        backward = library.recorded(fourth_power, x=np.array([3.0]))
        backward()
        return backward

    return caught_or(run(record), [108.0], [216.0])


@probe("gradient of `sqrt(x) * 0` at 0", "finite, or the NaN mode leads to the line of `sqrt`")
def steep_root(library: Library) -> Seen:
    def program(x: Any) -> Any:
        root = library.sqrt(x)
        return (root * 0.0).sum()

    with library.looking_for_nan():
        seen = run(lambda: library.recorded(program, x=np.array([0.0, 4.0])))
    if seen.shows_line(program, "sqrt(x)"):
        return Seen("names sqrt and line" if seen.names("sqrt") else "shows sqrt's line", True)
    return finite_or_blamed(seen, [0.0, 0.0])


@probe("NaN born in forward: `log(0) - log(0)`", "the NaN mode leads to `log` or `-`, in forward")
def difference_of_infinities(library: Library) -> Seen:
    def program(x: Any, y: Any) -> Any:
        left = library.log(x)
        right = library.log(y)
        return (left - right).sum()

    zeros = np.array([0.0, 1.0])
    with library.looking_for_nan():
        seen = run(lambda: library.recorded(program, x=zeros, y=zeros))
    if seen.error is not None and not seen.in_forward:
        return Seen(f"{blamed(seen)}, in backward", False)
    if seen.shows_line(program, "log(x)"):
        return Seen("names log and line" if seen.names("log") else "shows log's line", True)
    if seen.shows_line(program, "left - right"):
        return Seen("names - and line" if seen.names("sub") else "shows the line of -", True)
    return Seen(f"NaN, {blamed(seen)}", False)


@probe("`where(x > 0, sqrt(x), 0)` at 0", "finite, or the NaN mode names the two and the line")
def guarded_root(library: Library) -> Seen:
    values = np.array([0.0, 1.0, 4.0])

    def program(x: Any) -> Any:
        root = library.sqrt(x)
        return library.where(library.constant(values > 0), root, 0.0).sum()

    with library.looking_for_nan():
        seen = run(lambda: library.recorded(program, x=values))
    if seen.shows_line(program, "sqrt(x)") and seen.names("sqrt") and seen.names("where"):
        return Seen("explains the trap", True)
    return finite_or_blamed(seen, [0.0, 0.5, 0.25])


@probe("integer leaf beside a float one", "an error or a warning, or its gradient")
def integer_leaf(library: Library) -> Seen:
    n = np.array([1, 2, 3])
    seen = run(lambda: library.recorded(lambda n, x: (n * x).sum(), n=n, x=np.full(3, 0.5)))
    return caught_or(seen, [0.5, 0.5, 0.5])


@probe("`mean(((N, 1) - (N,)) ** 2)`", "an error or a warning")
def broadcast(library: Library) -> Seen:
    if not library.has_arrays:
        raise Missing("no arrays")
    target = np.arange(4.0)

    def program(x: Any) -> Any:
        error = x - library.constant(target)
        return (error * error).mean()

    seen = run(lambda: library.recorded(program, x=np.ones((4, 1))))
    return caught_or(seen, 2 * (1 - target[:, None]) / 4)


@probe("loss independent of a parameter", "an error or a warning names it")
def independent_parameter(library: Library) -> Seen:
    a = np.array([1.0, 2.0])

    def loss(weights: Any, unused: Any) -> Any:
        return (weights * library.constant(a)).sum()

    ones = np.ones(2)
    seen = run(lambda: lambda: library.trained(loss, 3, weights=ones, unused=ones))
    if seen.names("unused"):
        return Seen("warning names it" if seen.error is None else "error names it", True)
    if seen.error is not None or seen.warnings:
        return Seen("does not name it", False)
    g = seen.gradients[1]
    return Seen("no gradient, silent" if g is None else "gradient 0, silent", False)


@probe("plain `np.log` on a tensor", "the right gradient, or an error")
def plain_numpy(library: Library) -> Seen:
    x = np.array([1.0, 2.0, 4.0])
    return caught_or(run(lambda: library.recorded(lambda x: np.log(x).sum(), x=x)), 1 / x)


@probe("item assignment", "the right gradient, or an error")
def item_assignment(library: Library) -> Seen:
    def program(x: Any) -> Any:
        y = x * 2.0
        y[0] = x[1]
        return (y * y).sum()

    seen = run(lambda: library.recorded(program, x=np.array([1.0, 2.0, 3.0])))
    return caught_or(seen, [0.0, 20.0, 24.0])


@probe("a chain of 5,000 operations, drawn too", "the right gradient, and a picture")
def long_chain(library: Library) -> Seen:
    def chain(x: Any) -> Any:
        for _ in range(5000):
            x = x * 1.0001
        return x

    seen = caught_or(run(lambda: library.recorded(chain, x=1.0)), 1.0001**5000)
    if seen.words != "right gradient":
        return seen
    try:
        size = library.draw(chain, 1.0)
    except Missing as missing:
        return Seen(f"right gradient, {missing}", False)
    except Exception as error:
        return Seen(f"drawing: {error_name(error)}", False)
    return Seen("right gradient, drawn" if size else "an empty picture", size > 0)


@probe("forgotten clearing of gradients", "the gradient of the last step alone, or a warning")
def forgotten_clearing(library: Library) -> Seen:
    a = np.array([1.0, 2.0])

    def loss(weights: Any) -> Any:
        return (weights * library.constant(a)).sum()

    seen = run(lambda: lambda: library.trained(loss, 10, weights=np.ones(2)))
    cell = caught_or(seen, a)
    return Seen("added up, silent", False) if "wrong" in cell.words else cell


# --- a process for each --------------------------------------------------------------------------


def work(title: str, name: str) -> None:
    """Run one probe of one library here, and print what was seen."""
    library = next(library for library in LIBRARIES if library.title == title)
    try:
        seen = PROBES[name][1](library())
    except Missing as missing:
        seen = Seen(str(missing), None)
    print(json.dumps(asdict(seen)))


def observe(title: str, name: str, seconds: float, verbose: bool = False) -> Seen:
    """Run one probe of one library in a process of its own."""
    command = [sys.executable, __file__, "--worker", title, name]
    env = {**os.environ, "JAX_PLATFORMS": "cpu"}
    try:
        done = subprocess.run(
            command, env=env, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return Seen(f"no end in {seconds:g} s", False)
    if verbose:
        print(f"--- {title}: {name}\n{done.stderr}", file=sys.stderr)
    if done.returncode < 0:
        return Seen(f"killed by signal {-done.returncode}", False)
    if done.returncode:
        raise SystemExit(f"the probe {name!r} of {title} failed:\n{done.stderr}")
    return Seen(**json.loads(done.stdout.splitlines()[-1]))


def header(library: type[Library]) -> str:
    """Its title and its version."""
    return f"{library.title} {importlib.metadata.version(library.distribution or library.package)}"


def row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", action="append", help="the name of a probe", choices=PROBES)
    parser.add_argument("--library", action="append", help="the title of a column")
    parser.add_argument("--seconds", type=float, default=60, help="the limit of one process")
    parser.add_argument("--verbose", action="store_true", help="all that was said, too")
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work(*options.worker)
        return
    libraries = [
        library
        for library in LIBRARIES
        if importlib.util.find_spec(library.package)
        and (not options.library or library.title in options.library)
    ]
    marks = {True: "✓", False: "✗", None: "–"}
    right = dict.fromkeys(libraries, 0)
    print(row(["probe", "right is", *map(header, libraries)]))
    print("|" + "---|" * (len(libraries) + 2))
    with ThreadPoolExecutor(os.cpu_count()) as workers:
        for name in options.only or PROBES:
            jobs = [
                workers.submit(observe, cls.title, name, options.seconds, options.verbose)
                for cls in libraries
            ]
            seen = [job.result() for job in jobs]
            cells = [f"{marks[cell.right]} {cell.words}" for cell in seen]
            print(row([name, PROBES[name][0], *cells]), flush=True)
            for library, cell in zip(libraries, seen, strict=True):
                right[library] += cell.right is True
    print(row(["right", "", *(f"{n} of {len(options.only or PROBES)}" for n in right.values())]))


if __name__ == "__main__":
    main()
