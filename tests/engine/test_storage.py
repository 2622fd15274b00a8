"""Storage of variables: flat buffers and their views, versions, copies, files."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from samples import gathered_pair, storage
from tensorgraph.errors import GraphError
from tensorgraph.tape import gather


@pytest.fixture
def pair() -> tuple[tg.Tensor, tg.Tensor]:
    return gathered_pair()


# --- gathering -----------------------------------------------------------------------------------


def test_gathered_variables_lie_side_by_side(pair: Any) -> None:
    weights, biases = pair
    assert storage(weights) is storage(biases)
    np.testing.assert_array_equal(storage(weights).data, [0, 1, 2, 3, 4, 5, 7, 8])


def test_gathered_variables_are_views(pair: Any) -> None:
    weights, biases = pair
    storage(weights).data[:] = 1.0
    np.testing.assert_array_equal(weights.data, np.ones((2, 3)))
    np.testing.assert_array_equal(biases.data, [1, 1])


def test_assigning_writes_to_the_buffer(pair: Any) -> None:
    weights, biases = pair
    biases.data = [9.0, 10.0]
    np.testing.assert_array_equal(storage(weights).data[6:], [9, 10])


def test_gradients_lie_side_by_side_too(pair: Any) -> None:
    weights, biases = pair
    (tg.sum(weights * 2) + tg.sum(biases * 3)).backward()
    np.testing.assert_array_equal(storage(weights).gradients(), [2, 2, 2, 2, 2, 2, 3, 3])
    assert np.shares_memory(weights.grad, storage(weights).gradients())


def test_gradients_there_before_are_kept() -> None:
    x, y = tg.Tensor([1.0, 2.0]), tg.Tensor([3.0])
    tg.sum(x * 5).backward()
    gather([x._node, y._node])
    np.testing.assert_array_equal(x.grad, [5, 5])
    assert y.grad is None
    tg.sum(x * 5).backward()
    np.testing.assert_array_equal(x.grad, [10, 10])


def test_gathering_again_changes_nothing(pair: Any) -> None:
    weights, biases = pair
    home = weights.data
    gather([weights._node, biases._node])
    assert weights.data is home


def test_what_is_in_a_buffer_stays_there_and_the_rest_gets_its_own(pair: Any) -> None:
    weights, _ = pair
    other = tg.Tensor([1.0])
    home = storage(weights)
    gather([weights._node, other._node])
    assert storage(weights) is home
    assert storage(other) is not home


def test_the_same_variable_twice_has_one_place() -> None:
    x = tg.Tensor([1.0, 2.0])
    gather([x._node, x._node])
    assert storage(x).data.size == 2


def test_a_buffer_for_each_dtype() -> None:
    single, double = tg.Tensor(np.ones(2, np.float32)), tg.Tensor(np.ones(2))
    gather([single._node, double._node])
    assert storage(single).data.dtype == np.float32
    assert storage(double).data.dtype == np.float64


def test_an_array_read_before_gathering_can_no_longer_be_written_to() -> None:
    x = tg.Tensor([1.0, 2.0])
    before = x.data
    gather([x._node])
    with pytest.raises(ValueError, match="read-only"):
        before[0] = 99.0
    x.data[0] = 5.0
    assert storage(x).data[0] == 5.0


def test_shapes_survive_gathering() -> None:
    tensors = [tg.Tensor(np.zeros(shape)) for shape in [(), (0, 3), (1, 1, 2)]]
    gather(t._node for t in tensors)
    assert [t.shape for t in tensors] == [(), (0, 3), (1, 1, 2)]


def test_a_tape_recorded_before_gathering_can_still_be_swept() -> None:
    x = tg.Tensor([1.0, 2.0])
    loss = tg.sum(x * x)
    gather([x._node])
    loss.backward()
    np.testing.assert_array_equal(x.grad, [2, 4])


# --- versions ------------------------------------------------------------------------------------

READ_LATE: dict[str, Any] = {
    "backward": lambda loss: loss.backward(),
    "tape": tg.tape,
    "print": lambda loss: repr(tg.tape(loss)),
}


@pytest.mark.parametrize("how", READ_LATE)
def test_a_tape_older_than_the_values_is_stale(how: str, pair: Any) -> None:
    weights, biases = pair
    loss = tg.sum(weights * 2) + tg.sum(biases)
    biases.data = [0.0, 0.0]
    with pytest.raises(
        GraphError, match=r"'(weights|biases)'.*draw or differentiate before step\(\)"
    ):
        READ_LATE[how](loss)


def test_an_optimizer_writing_to_the_buffer_makes_it_stale(pair: Any) -> None:
    weights, _ = pair
    loss = tg.sum(weights * 2)
    storage(weights).data *= 0.9
    storage(weights).touch()
    with pytest.raises(GraphError, match=r"'multiply'.*before step\(\)"):
        loss.backward()


def test_stale_names_the_layer() -> None:
    x = tg.Tensor(1.0, name="x")
    layer = tg.nn.Dense(1, 1, name="first")
    loss = tg.sum(layer(tg.reshape(x, (1, 1))))
    layer.parameters()["weights"].data = [[2.0]]
    with pytest.raises(GraphError, match="in layer 'first'"):
        loss.backward()


def test_what_is_recorded_after_the_write_is_fresh(pair: Any) -> None:
    weights, biases = pair
    biases.data = [0.0, 1.0]
    tg.sum(weights * 2).backward()
    np.testing.assert_array_equal(weights.grad, np.full((2, 3), 2.0))


def test_a_failed_assignment_leaves_the_tape_fresh(pair: Any) -> None:
    weights, _ = pair
    loss = tg.sum(weights * 2)
    with pytest.raises((GraphError, ValueError)):
        weights.data = [1.0]
    loss.backward()
    np.testing.assert_array_equal(weights.grad, np.full((2, 3), 2.0))


def test_writing_to_one_variable_leaves_others_fresh() -> None:
    x, y = tg.Tensor([1.0]), tg.Tensor([2.0])
    loss = tg.sum(x * 3)
    y.data = [5.0]
    loss.backward()
    np.testing.assert_array_equal(x.grad, [3])
