"""The table of tests catches broken rules: a sample of what ``make mutation`` tries in full."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import mutation
from mutation import CAUGHT, EQUAL, NOT_JUDGED, RAISED, SURVIVES, Judge, Mutant
from op_cases import Case, OpSpec
from tensorgraph import ops
from tensorgraph.primitive import REGISTRY, Primitive

SAMPLE = mutation.all_mutants()[::10]

# A row that is in no registry, and cases of a table for it.
LARGER = Primitive("elementwise", np.maximum, ops.maximum.rules, name="larger")
ONE_AHEAD = Case("one ahead", (np.array([2.0, 3.0]), np.array([0.0, 1.0])))
EITHER_AHEAD = Case("either ahead", (np.array([2.0, 0.0]), np.array([0.0, 1.0])))


@functools.cache
def judge_of(name: str) -> Judge:
    return Judge(REGISTRY[name])


def with_cases(row: Primitive, *cases: Case) -> Judge:
    return Judge(row, [OpSpec(row.name, row, np.maximum, cases, differentiable=(0, 1))])


def mutant(row: Primitive, change: str) -> Mutant:
    (found,) = [mutant for mutant in mutation.mutants_of(row) if mutant.change == change]
    return found


@pytest.mark.parametrize(("name", "change"), SAMPLE, ids=[" ".join(pair) for pair in SAMPLE])
def test_a_mutant_is_caught_or_the_original_in_other_words(name: str, change: str) -> None:
    judge = judge_of(name)
    assert judge.outcome(mutant(judge.row, change)) in {CAUGHT, RAISED, EQUAL}


@pytest.mark.parametrize("change", ["negated", "doubled", "dropped"])
def test_a_branch_that_no_case_reaches_lets_a_mutant_survive(change: str) -> None:
    broken = mutant(LARGER, f"rule 1 {change}")
    assert with_cases(LARGER, ONE_AHEAD).outcome(broken) == SURVIVES
    assert with_cases(LARGER, ONE_AHEAD, EITHER_AHEAD).outcome(broken) == CAUGHT


def test_a_row_without_any_case_lets_its_mutants_survive() -> None:
    assert Judge(LARGER, []).outcome(mutant(LARGER, "rule 0 negated")) == SURVIVES


def test_only_second_derivatives_tell_that_a_rule_took_constants() -> None:
    assert judge_of("sin").outcome(mutant(ops.sin, "rule 0 of constants")) == CAUGHT
    assert judge_of("add").outcome(mutant(ops.add, "rule 0 of constants")) == EQUAL


def test_a_table_that_fails_anyway_has_caught_nothing() -> None:
    rules = (ops.maximum.rules[0], ops.maximum.rules[0])
    wrong = Primitive("elementwise", np.maximum, rules, name="wrong")
    outcome = with_cases(wrong, EITHER_AHEAD).outcome(mutant(wrong, "rule 0 negated"))
    assert outcome == NOT_JUDGED


def test_a_row_is_mended_also_after_an_error() -> None:
    rules = LARGER.rules
    with pytest.raises(IndexError), mutant(LARGER, "rule 0 negated").in_place():
        [].pop()
    assert LARGER.rules is rules


@pytest.mark.parametrize(
    ("outcomes", "score", "is_well"),
    [
        ([CAUGHT, RAISED, EQUAL], "2 of 2 mutants caught", True),
        ([CAUGHT] * 2999 + [SURVIVES], "99.9 %", False),
        ([CAUGHT, NOT_JUDGED], "1 of 1 mutants caught", False),
    ],
)
def test_the_score(outcomes: list[str], score: str, is_well: bool) -> None:
    results = {"exp": {f"change {i}": outcome for i, outcome in enumerate(outcomes)}}
    text, well = mutation.report(results)
    assert score in text
    assert well is is_well


def test_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert mutation.main(["--rows", "exp,concatenate", "--sample", "5"]) == 0
    assert "5 of 5 mutants caught" in capsys.readouterr().out
