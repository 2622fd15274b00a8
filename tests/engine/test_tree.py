"""Trees of dicts, lists and tuples: taken apart, put together, walked side by side."""

from __future__ import annotations

import operator
from typing import Any, NamedTuple

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import tensorgraph as tg
from tensorgraph import tree
from tensorgraph.errors import ArgumentError


class Layer(NamedTuple):
    weights: Any
    biases: Any


LEAVES: dict[str, tuple[Any, list[Any]]] = {
    "a leaf": (1.0, [1.0]),
    "a list": ([1, 2, 3], [1, 2, 3]),
    "a tuple": ((1, 2), [1, 2]),
    "a dict keeps its order": ({"b": 1, "a": 2}, [1, 2]),
    "nested": ({"x": [1, (2, 3)], "y": {"z": 4}}, [1, 2, 3, 4]),
    "a named tuple": ([Layer(1, [2]), 3], [1, 2, 3]),
    "empty": ({"x": [], "y": ()}, []),
    "None is a leaf": ([None, 1], [None, 1]),
    "text is a leaf": (["abc"], ["abc"]),
}


@pytest.mark.parametrize("what", LEAVES)
def test_flatten(what: str) -> None:
    thing, leaves = LEAVES[what]
    assert tree.flatten(thing) == leaves


@pytest.mark.parametrize("what", LEAVES)
def test_unflatten(what: str) -> None:
    thing, leaves = LEAVES[what]
    again = tree.unflatten(thing, leaves)
    assert again == thing
    assert type(again) is type(thing)


def test_arrays_and_tensors_are_leaves() -> None:
    array, tensor = np.zeros(3), tg.Tensor([1.0, 2.0])
    first, second = tree.flatten({"array": array, "tensor": tensor})
    assert first is array
    assert second is tensor


def test_map_keeps_the_form() -> None:
    mapped = tree.map(lambda x: x * 10, [Layer(1, (2,)), {"scale": 3}])
    assert mapped == [Layer(10, (20,)), {"scale": 30}]
    assert isinstance(mapped[0], Layer)


def test_map_over_several_trees() -> None:
    assert tree.map(operator.sub, {"x": 5, "y": [7]}, {"x": 1, "y": [2]}) == {"x": 4, "y": [5]}


def test_map_over_trees_of_different_size() -> None:
    with pytest.raises(ArgumentError, match="different numbers of leaves"):
        tree.map(operator.add, [1, 2], [1])


def test_map_does_not_change_its_argument() -> None:
    thing = {"x": [1, 2]}
    tree.map(lambda x: 0, thing)
    assert thing == {"x": [1, 2]}


@pytest.mark.parametrize(
    ("leaves", "what"), [([1], "too few"), ([1, 2, 3], "3 leaves are too many")]
)
def test_unflatten_with_the_wrong_number_of_leaves(leaves: list[int], what: str) -> None:
    with pytest.raises(ArgumentError, match=what):
        tree.unflatten({"x": 0, "y": 0}, leaves)


TREES = st.recursive(
    st.integers() | st.none(),
    lambda child: (
        st.lists(child, max_size=3)
        | st.lists(child, max_size=3).map(tuple)
        | st.dictionaries(st.sampled_from("xyz"), child, max_size=3)
    ),
    max_leaves=8,
)


@given(TREES)
def test_taken_apart_and_put_together_it_is_the_same(thing: Any) -> None:
    assert tree.unflatten(thing, tree.flatten(thing)) == thing


@given(TREES)
def test_map_of_the_identity_is_the_same(thing: Any) -> None:
    assert tree.map(lambda x: x, thing) == thing
