"""Break the derivative rules one at a time, and see that the table of tests catches each.

    python tests/mutation.py                                the whole registry, and the score
    python tests/mutation.py --rows exp,matmul              some rows
    python tests/mutation.py --sample 200 --seed 1 --jobs 2

A mutant is a row of the registry in which one rule is negated; doubled; dropped (it gives zeros);
given two of its arguments exchanged; replaced by another operand's; or given the result and the
operands as constants, so that the first derivative stays right and the second does not. Of a fused
row the definition is broken as well. In the names of mutants y is the result, x0, x1... are the
operands.

The judge is the table: the tests of ``test_ops_derivatives`` and ``test_ops_kinks`` themselves, on
the cases of the row. A mutant that is not caught, and that on new operands and cotangents gives the
same first and second derivatives as the original, is the same function in other words: it is named
and does not count. Any other one survives: a branch that no case of the table reaches. The exit
status is 1 unless all are caught.
"""

from __future__ import annotations

import argparse
import functools
import importlib.util
import itertools
import math
import random
import sys
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from op_cases import Case, OpSpec, as_tensors, is_float
from op_specs import SPECS
from tensorgraph.errors import GradientError
from tensorgraph.primitive import NO_RULE, REGISTRY, Primitive, Rule
from tensorgraph.tape import Traced, tape
from tensorgraph.tensor import Tensor
from tensorgraph.transforms import vjp

ENGINE = Path(__file__).parent / "engine"
CAUGHT, RAISED, EQUAL, SURVIVES = "caught", "raised", "equal", "survives"
NOT_JUDGED = "not judged"

Check = Callable[[], None]


def tests_in(path: Path) -> ModuleType:
    """A file of tests as a module: pytest puts none of them on the path."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


DERIVATIVES = tests_in(ENGINE / "test_ops_derivatives.py")
KINKS = [tests_in(path) for path in sorted(ENGINE.glob("test_ops_kinks*.py"))]

# --- mutants -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mutant:
    """A row in which ``attribute`` (its rules, or its definition) has the ``value`` given."""

    row: Primitive
    change: str
    attribute: str
    value: Any

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Inside ``with``, the row is broken."""
        row = self.row
        before, told = getattr(row, self.attribute), row._told
        setattr(row, self.attribute, self.value)
        row._told = []
        try:
            yield
        finally:
            setattr(row, self.attribute, before)
            row._told = told


def mutants_of(row: Primitive) -> list[Mutant]:
    """Every mutant of ``row``."""
    found = []
    ruled = [i for i, rule in enumerate(row.rules) if rule is not None and rule is not NO_RULE]
    for position in ruled:
        rule = row.rules[position]
        changes = _altered(row, rule) | _confused(row, ruled, position)
        for change, broken in changes.items():
            rules = (*row.rules[:position], broken, *row.rules[position + 1 :])
            found.append(Mutant(row, f"rule {position} {change}", "rules", rules))
    if row.definition is not None:
        found += [
            Mutant(row, f"definition {change}", "definition", broken)
            for change, broken in _scaled(row.definition).items()
        ]
    return found


def _scaled(f: Callable[..., Any]) -> dict[str, Rule]:
    return {
        "negated": lambda *args, **params: -f(*args, **params),
        "doubled": lambda *args, **params: 2 * f(*args, **params),
        "dropped": lambda *args, **params: 0 * f(*args, **params),
    }


def _altered(row: Primitive, rule: Rule) -> dict[str, Rule]:
    """Ways to spoil what a rule gives."""
    first = 2 if row.variadic else 1  # the position, the cotangent; then result and operands

    def constant(*args: Any, **params: Any) -> Any:
        held = [x._node.value if isinstance(x, Traced) else x for x in args[first:]]
        return rule(*args[:first], *held, **params)

    # A linear row's rule looks at no value, and kernels run on arrays alone.
    without_second = {} if row.kind in {"linear", "fused"} else {"of constants": constant}
    return _scaled(rule) | without_second


def _confused(row: Primitive, ruled: Sequence[int], position: int) -> dict[str, Rule]:
    """Ways to confuse the arguments of a rule, or the rules of a row."""
    rule = row.rules[position]
    if row.variadic:
        return _confused_neighbours(rule, alone=row.rules[-1] is None)
    names = {0: "y"} | {i + 1: f"x{i}" for i in ruled}
    changes: dict[str, Rule] = {}
    for i, j in itertools.combinations(names, 2):
        change = f"with {names[i]} and {names[j]} exchanged"
        changes[change] = functools.partial(_with_exchanged, rule, i + 1, j + 1)
    others = {f"replaced by rule {other}": row.rules[other] for other in ruled if other != position}
    return changes | others


def _with_exchanged(rule: Rule, i: int, j: int, *args: Any, **params: Any) -> Any:
    exchanged = list(args)
    exchanged[i], exchanged[j] = args[j], args[i]
    return rule(*exchanged, **params)


def _confused_neighbours(rule: Rule, alone: bool) -> dict[str, Rule]:
    """The same for a variadic row, whose rules are told their operand's position first.

    ``alone``: the operands that follow have no rule.
    """

    def with_result(position: int, *args: Any, **params: Any) -> Any:
        return _with_exchanged(rule, 2, 3 + position, position, *args, **params)

    def with_next(position: int, g: Any, y: Any, *xs: Any, **params: Any) -> Any:
        following = (position + 1) % len(xs)
        return _with_exchanged(rule, 3 + position, 3 + following, position, g, y, *xs, **params)

    def of_next(position: int, g: Any, y: Any, *xs: Any, **params: Any) -> Any:
        return rule((position + 1) % len(xs), g, y, *xs, **params)

    changes: dict[str, Rule] = {"with y and x exchanged": with_result}
    if not alone:
        changes["with x and the next x exchanged"] = with_next
        changes["for the next x"] = of_next
    return changes


# --- the judge -----------------------------------------------------------------------------------


class Judge:
    """What the table says of one row and its mutants."""

    def __init__(self, row: Primitive, specs: Sequence[OpSpec] = SPECS) -> None:
        self.row = row
        own = [spec for spec in specs if spec.primitive and spec.name == row.name]
        self.cases = [(spec, case) for spec in own for case in spec.cases]
        if not any(map(_is_judged, self.cases)):
            self.cases = [pair for pair in _pairs(specs) if row in _recorded(*pair)]
        self._sound: dict[Check, bool] = {}

    @functools.cached_property
    def checks(self) -> list[Check]:
        """The tests of the row's cases: those that have elements first, they catch most."""
        agree = DERIVATIVES.test_derivatives_agree_with_central_differences
        judged = sorted(filter(_is_judged, self.cases), key=_is_empty)
        checks = [functools.partial(agree, spec, case) for spec, case in judged]
        if self.row.definition is not None:
            kernel = DERIVATIVES.test_a_fused_row_has_the_gradients_of_its_definition
            checks += [functools.partial(kernel, spec, case) for spec, case in self.cases]
        return checks

    @functools.cached_property
    def kinks(self) -> list[Check]:
        """The exact values at kinks of functions that this row is a part of."""
        return [check for rows, check in _kinks() if self.row in rows]

    def outcome(self, mutant: Mutant) -> str:
        """What becomes of ``mutant``."""
        for check in itertools.chain(self.checks, self.kinks):
            with mutant.in_place():
                found = _outcome(check)
            if found is not None:
                return found if self._is_sound(check) else NOT_JUDGED
        return EQUAL if self._is_the_original(mutant) else SURVIVES

    def _is_sound(self, check: Check) -> bool:
        """Whether ``check`` passes with the row as it is: otherwise it has caught nothing."""
        if check not in self._sound:
            self._sound[check] = _outcome(check) is None
        return self._sound[check]

    # --- whether two rules are the same function -------------------------------------------------

    @functools.cached_property
    def _answers(self) -> list[tuple[OpSpec, Case, list[np.ndarray]]]:
        """The row's derivatives on operands drawn anew, wherever they are finite."""
        rng = np.random.default_rng(0)
        drawn = [(spec, new) for spec, case in self.cases for new in _drawn_anew(case, rng)]
        found = []
        for spec, case in drawn:
            answers = _derivatives(spec, case)
            if answers and all(np.isfinite(a).all() for a in answers):
                found.append((spec, case, answers))
        return found

    def _is_the_original(self, mutant: Mutant) -> bool:
        expected = self._answers
        with mutant.in_place():
            return bool(expected) and all(
                _alike(_derivatives(spec, case), answers) for spec, case, answers in expected
            )


def _pairs(specs: Sequence[OpSpec]) -> list[tuple[OpSpec, Case]]:
    return [(spec, case) for spec in specs for case in spec.cases]


def _is_judged(pair: tuple[OpSpec, Case]) -> bool:
    spec, case = pair
    return case.smooth and bool(spec.variables(case))


def _is_empty(pair: tuple[OpSpec, Case]) -> bool:
    spec, case = pair
    return any(case.operands[i].size == 0 for i in spec.variables(case))


def _rows_of(f: Callable[..., Any], operands: Sequence[Any]) -> set[Primitive | None]:
    """The rows that a call of ``f`` records."""
    y = f(*as_tensors(operands))
    return {node.primitive for node in tape(y).nodes} if isinstance(y, Tensor) else set()


def _recorded(spec: OpSpec, case: Case) -> set[Primitive | None]:
    return _rows_of(lambda *xs: spec.ours(xs, case.params), case.operands)


@functools.cache
def _kinks() -> list[tuple[set[Primitive | None], Check]]:
    """The tests of exact values, each with the rows that its function records."""
    return [
        (_rows_of(function, [np.array(point, float)]), functools.partial(test, name))
        for module in KINKS
        for table, test in (
            (module.KINKS, module.test_gradient),
            (module.SECOND, module.test_second_derivative),
        )
        for name, (function, point, *_) in table.items()
    ]


def _outcome(check: Check) -> str | None:
    """How ``check`` fails, if it does; a warning is a failure, as under pytest."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            check()
    except (AssertionError, GradientError):
        return CAUGHT
    except Exception:
        return RAISED
    return None


# --- operands drawn anew -------------------------------------------------------------------------

Draw = Callable[[np.ndarray, np.random.Generator], np.ndarray]

DRAWS: dict[str, Draw] = {
    "as in the table": lambda x, rng: x,
    "nearby": lambda x, rng: x * (1 + 0.2 * rng.uniform(-1, 1, x.shape)),
    "of both signs": lambda x, rng: rng.standard_normal(x.shape),
    "between 0 and 1": lambda x, rng: rng.uniform(0.1, 0.9, x.shape),
    "above 1": lambda x, rng: rng.uniform(1.1, 3.0, x.shape),
    "with ties": lambda x, rng: rng.integers(-1, 2, x.shape).astype(float),
}


def _drawn_anew(case: Case, rng: np.random.Generator) -> list[Case]:
    """``case`` with other numbers in its arrays."""
    return [
        replace(case, operands=tuple(_redrawn(x, draw, rng) for x in case.operands))
        for draw in DRAWS.values()
    ]


def _redrawn(x: Any, draw: Draw, rng: np.random.Generator) -> Any:
    if not isinstance(x, np.ndarray):
        return x
    if x.dtype == bool:
        return rng.random(x.shape) < 0.5
    if not is_float(x):
        return rng.permuted(x) if x.ndim else x
    drawn = draw(x, rng)
    return (drawn + 1j * draw(x, rng) if x.dtype.kind == "c" else drawn).astype(x.dtype)


def _derivatives(spec: OpSpec, case: Case) -> list[np.ndarray]:
    """First and second derivatives in random directions; none if the call is an error."""
    f, xs = spec.of_variables(case), [case.operands[i] for i in spec.variables(case)]
    rng = np.random.default_rng(1)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            y, pullback = vjp(f, *xs)
            u = _cotangent(y, rng)
            gradients = list(pullback(u))
            for i, gradient in enumerate(list(gradients)):
                _, second = vjp(lambda *xs, i=i: vjp(f, *xs)[1](u)[i], *xs)
                gradients += second(_cotangent(gradient, rng))
    except Exception:
        return []
    return [np.asarray(gradient) for gradient in gradients]


def _cotangent(y: Any, rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(0.5, 1.5, np.shape(y)) * rng.choice([-1, 1], np.shape(y))


def _alike(ours: list[np.ndarray], expected: list[np.ndarray]) -> bool:
    return len(ours) == len(expected) and all(
        np.max(np.abs(a - b), initial=0) <= 1e-9 * (1 + np.max(np.abs(b), initial=0))
        for a, b in zip(ours, expected, strict=True)
    )


# --- the score -----------------------------------------------------------------------------------

Results = dict[str, dict[str, str]]
"""Row -> change -> outcome."""


def all_mutants() -> list[tuple[str, str]]:
    """Row and change of every mutant of the rows of the package."""
    rows = [row for row in REGISTRY.values() if any(map(_is_of_the_package, row.rules))]
    return [(row.name, mutant.change) for row in rows for mutant in mutants_of(row)]


def _is_of_the_package(rule: Rule | None) -> bool:
    """Whether this is no rule of a row that somebody else has added, as some tests do."""
    written = getattr(rule, "func", rule)  # of a partial
    return rule is not None and written.__module__.startswith("tensorgraph.")


def outcomes(name: str, changes: Sequence[str]) -> dict[str, str]:
    """What becomes of these mutants of one row."""
    judge = Judge(REGISTRY[name])
    chosen = [mutant for mutant in mutants_of(judge.row) if mutant.change in changes]
    return {mutant.change: judge.outcome(mutant) for mutant in chosen}


def judged(chosen: Sequence[tuple[str, str]], jobs: int = 1) -> Results:
    """What becomes of the ``chosen`` mutants, worked out in ``jobs`` processes."""
    changes: dict[str, list[str]] = defaultdict(list)
    for name, change in chosen:
        changes[name].append(change)
    if jobs == 1:
        return {name: outcomes(name, of_row) for name, of_row in changes.items()}
    with ProcessPoolExecutor(jobs) as pool:
        return dict(zip(changes, pool.map(outcomes, changes, changes.values()), strict=True))


def report(results: Results) -> tuple[str, bool]:
    """The score and what did not count in it, and whether all is well."""
    count = Counter(outcome for of_row in results.values() for outcome in of_row.values())
    caught = count[CAUGHT] + count[RAISED]
    total = caught + count[SURVIVES]
    share = 100 if caught == total else math.floor(1000 * caught / total) / 10
    lines = [
        *_named(results, EQUAL, "equal to the original:"),
        *_named(results, NOT_JUDGED, "NOT JUDGED: the table fails without a mutation as well"),
        *_named(results, SURVIVES, "SURVIVES: the table lacks a case"),
        f"mutation: {caught} of {total} mutants caught, {count[RAISED]} of them by an error "
        f"({count[EQUAL]} equal to the original, named above), {share} %",
    ]
    return "\n".join(lines), caught == total and not count[NOT_JUDGED]


def _named(results: Results, outcome: str, heading: str) -> list[str]:
    """The heading and a line for each row that has mutants of this ``outcome``, if there are."""
    lines = []
    for name, of_row in results.items():
        changes = [change for change, found in of_row.items() if found == outcome]
        if changes:
            lines.append(f"    {name}: {'; '.join(changes)}")
    return [heading, *lines] if lines else []


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", help="names of rows, with commas between; default: all")
    parser.add_argument("--sample", type=int, help="so many mutants, drawn at random")
    parser.add_argument("--seed", type=int, default=0, help="of that draw")
    parser.add_argument("--jobs", type=int, default=1, help="processes at work")
    options = parser.parse_args(arguments)
    chosen = all_mutants()
    if options.rows:
        rows = set(options.rows.split(","))
        chosen = [mutant for mutant in chosen if mutant[0] in rows]
    if options.sample:
        drawn = random.Random(options.seed).sample(chosen, min(options.sample, len(chosen)))
        chosen = [mutant for mutant in chosen if mutant in set(drawn)]
    start = time.perf_counter()
    text, is_well = report(judged(chosen, options.jobs))
    print(text)
    print(f"in {time.perf_counter() - start:.0f} s")
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
