"""Copies of variables, in memory and through files: values, gradients, views of one buffer."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from samples import gathered_pair, storage


@pytest.fixture
def pair() -> tuple[tg.Tensor, tg.Tensor]:
    return gathered_pair()


# --- copies --------------------------------------------------------------------------------------


def through_pickle(thing: Any) -> Any:
    return pickle.loads(pickle.dumps(thing))


COPIES = pytest.mark.parametrize("how", [copy.deepcopy, through_pickle], ids=["deepcopy", "pickle"])


@COPIES
def test_copies_of_gathered_variables_share_a_buffer_of_their_own(how: Any, pair: Any) -> None:
    weights, biases = how(pair)
    assert storage(weights) is storage(biases)
    assert storage(weights) is not storage(pair[0])
    storage(weights).data[:] = 1.0
    np.testing.assert_array_equal(weights.data, np.ones((2, 3)))
    np.testing.assert_array_equal(biases.data, [1, 1])
    np.testing.assert_array_equal(pair[1].data, [7, 8])


@COPIES
def test_copies_keep_values_names_and_dtypes(how: Any) -> None:
    x = tg.Tensor(np.array([[1.0, 2.0]], np.float32), name="x")
    twin = how(x)
    np.testing.assert_array_equal(twin.data, x.data, strict=True)
    assert twin.name == "x"


@COPIES
def test_copies_keep_gradients(how: Any, pair: Any) -> None:
    tg.sum(pair[0] * 2).backward()
    weights, biases = how(pair)
    np.testing.assert_array_equal(weights.grad, np.full((2, 3), 2.0))
    assert biases.grad is None
    assert np.shares_memory(weights.grad, storage(biases).gradients())
    weights.grad[0, 0] = 99.0
    assert pair[0].grad[0, 0] == 2.0


@COPIES
def test_the_same_variable_in_two_places_stays_one(how: Any) -> None:
    x = tg.Tensor([1.0])
    first, second = how([x, x])
    assert first is second


@COPIES
def test_two_handles_on_one_variable_stay_on_one(how: Any) -> None:
    x = tg.Tensor([1.0])
    first, second = how([x, copy.copy(x)])
    assert first._node is second._node


@COPIES
def test_copies_can_be_trained(how: Any, pair: Any) -> None:
    weights, _ = how(pair)
    weights.data = weights.data * 2
    tg.sum(weights * weights).backward()
    np.testing.assert_array_equal(weights.grad, 2 * weights.data)


def test_a_variable_that_was_written_to_can_be_trained_in_another_process(tmp_path: Path) -> None:
    x = tg.Tensor([1.0, 2.0], name="x")
    for _ in range(1000):  # the writes of this process are far ahead of the other's counter
        x.data = [3.0, 4.0]
    file = tmp_path / "x.pickle"
    file.write_bytes(pickle.dumps(x))
    program = (
        "import pathlib, pickle, sys, tensorgraph as tg\n"
        "x = pickle.loads(pathlib.Path(sys.argv[1]).read_bytes())\n"
        "tg.sum(x * x).backward()\n"
        "print(x.grad.tolist())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(file)], capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("[6.0, 8.0]", "")
