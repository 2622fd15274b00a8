"""The default generator, and what may be handed in instead of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tensorgraph.errors import ArgumentError
from tensorgraph.random import generator, seed


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    state = generator().bit_generator.state
    yield
    generator().bit_generator.state = state


def test_seed_makes_the_default_generator_repeat() -> None:
    seed(5)
    first = generator().random(3)
    seed(5)
    assert np.array_equal(generator().random(3), first)


def test_seed_restarts_a_default_generator_that_somebody_holds() -> None:
    held = generator()
    seed(5)
    first = held.random(3)
    held.standard_normal(7)
    seed(5)
    assert np.array_equal(held.random(3), first)


def test_none_is_one_generator_that_moves_on() -> None:
    seed(5)
    assert generator(None).random() != generator(None).random()


def test_an_integer_is_a_new_generator_each_time() -> None:
    assert generator(3).random() == generator(3).random() == np.random.default_rng(3).random()


def test_an_integer_leaves_the_default_generator_alone() -> None:
    before = generator().bit_generator.state
    generator(3).random()
    assert generator().bit_generator.state == before


def test_a_numpy_integer_is_a_seed() -> None:
    assert generator(np.int64(3)).random() == generator(3).random()  # type: ignore[arg-type]


def test_a_generator_is_itself() -> None:
    rng = np.random.default_rng(0)
    assert generator(rng) is rng


def test_numpys_global_state_is_not_touched() -> None:
    before = np.random.get_state(legacy=False)["state"]["key"].tolist()  # noqa: NPY002
    seed(9)
    generator().random(5)
    assert np.random.get_state(legacy=False)["state"]["key"].tolist() == before  # noqa: NPY002


@pytest.mark.parametrize("bad", [-1, True, 1.5, "1", np.array([1]), np.random.RandomState(0)])
@pytest.mark.parametrize("function", [seed, generator])
def test_a_bad_seed_is_refused_by_name(function: Any, bad: Any) -> None:
    with pytest.raises(
        ArgumentError, match=r"a seed must be an integer >= 0.*" + re.escape(repr(bad))
    ):
        function(bad)


def test_the_default_generator_has_no_seed_called_none() -> None:
    with pytest.raises(ArgumentError, match="got None"):
        seed(None)  # type: ignore[arg-type]


def test_a_refused_seed_changes_nothing() -> None:
    before = generator().bit_generator.state
    with pytest.raises(ArgumentError):
        seed(-1)
    assert generator().bit_generator.state == before
