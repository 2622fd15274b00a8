"""The fourteen programs, each with what was seen and whether that is right."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from probes.library import Backward, Library, Missing
from probes.seen import Seen, blamed, caught_or, error_name, finite_or_blamed, run

Program = Callable[[Library], Seen]


class Probe(NamedTuple):
    """What right means, and the program with its judgement."""

    right: str
    program: Program


PROBES: dict[str, Probe] = {}


def probe(name: str, right: str) -> Callable[[Program], Program]:
    """Enter a program in ``PROBES``."""

    def enter(program: Program) -> Program:
        PROBES[name] = Probe(right, program)
        return program

    return enter


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
