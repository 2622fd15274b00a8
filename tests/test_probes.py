"""The fourteen things that go wrong in silence elsewhere, and what is right here.

benchmarks/probes/ asks the same of other libraries; docs/probes.md has the table.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import viz
from tensorgraph.errors import (
    AnomalyError,
    BroadcastWarning,
    GraphError,
    IntegerVariableWarning,
    ShapeError,
    StaleGradientWarning,
    UnusedParameterWarning,
)


def test_mismatched_matmul_in_a_layer_names_the_layer_and_both_shapes() -> None:
    hidden = tg.nn.Dense(13, 17, name="hidden")
    with pytest.raises(ShapeError, match=r"'hidden' \(13 inputs, 17 neurons\).*\(7, 11\)"):
        hidden(np.ones((7, 11)))


def test_numpy_array_mutated_before_backward_is_caught() -> None:
    x, a = tg.Tensor(np.ones(3), "x"), np.array([1.0, 2.0, 3.0])
    y = (x * a).sum()
    a.fill(9.0)
    with pytest.raises(GraphError, match=r"test_probes\.py.*x \* a"):
        y.backward()


def in_place(x: tg.Tensor) -> None:
    with tg.no_grad():
        x += 1


def behind_its_back(x: tg.Tensor) -> None:
    x.data[...] += 1


@pytest.mark.parametrize("change", [in_place, behind_its_back])
def test_saved_tensor_mutated_is_caught(change: Callable[[tg.Tensor], None]) -> None:
    x = tg.Tensor([1.0, 2.0, 3.0], "x")
    y = (x * x * x).sum()
    change(x)
    with pytest.raises(GraphError, match=r"'x' (has|of shape .* was) changed"):
        y.backward()


def test_backward_twice_adds_the_same_gradient_again() -> None:
    x = tg.Tensor([3.0])
    square = x * x
    y = (square * square).sum()
    y.backward()
    y.backward()
    assert x.grad.tolist() == [2 * 108.0]


def test_gradient_of_sqrt_times_0_at_0_is_blamed_on_the_line_of_sqrt() -> None:
    x = tg.Tensor([0.0, 4.0], "x")
    with tg.detect_anomaly():
        root = tg.sqrt(x)
        y = (root * 0.0).sum()
        with pytest.raises(AnomalyError, match=r"(?s)sqrt\(\) by 'x' is nan.*root = tg"):
            y.backward()


def test_nan_born_in_forward_is_blamed_on_the_log_before_it() -> None:
    x, y = tg.Tensor([0.0, 1.0], "x"), tg.Tensor([0.0, 1.0], "y")
    with (
        tg.detect_anomaly(),
        pytest.raises(AnomalyError, match=r"(?s)log\(\) gave -inf at index \(0,\).*log\(x\)"),
    ):
        _ = tg.log(x) - tg.log(y)


def test_sqrt_guarded_by_where_is_explained() -> None:
    x = tg.Tensor([0.0, 1.0, 4.0], "x")
    with tg.detect_anomaly():
        y = tg.where(x > 0, tg.sqrt(x), 0).sum()
        with pytest.raises(AnomalyError, match=r"(?s)the other branch of a where.*safe: tg"):
            y.backward()


def test_integer_leaf_is_warned_of_by_name() -> None:
    n, x = tg.Tensor([1, 2, 3], "n"), tg.Tensor([0.5, 0.5, 0.5], "x")
    with pytest.warns(IntegerVariableWarning, match="'n' of shape"):
        (n * x).sum().backward()


def test_column_minus_vector_is_warned_of() -> None:
    x = tg.Tensor(np.ones((4, 1)), "x")
    loss = ((x - np.arange(4.0)) ** 2).mean()
    with pytest.warns(BroadcastWarning, match=r"\(4, 1\) and \(4,\) is a matrix"):
        loss.backward()


def test_loss_independent_of_a_parameter_is_warned_of_by_name() -> None:
    weights, unused = tg.Tensor(np.ones(2), "weights"), tg.Tensor(np.ones(2), "unused")
    (weights * [1.0, 2.0]).sum().backward()
    with pytest.warns(UnusedParameterWarning, match="unused"):
        tg.optim.SGD(1e-3).step({"weights": weights, "unused": unused})


def test_plain_numpy_log_is_recorded() -> None:
    x = tg.Tensor([1.0, 2.0, 4.0])
    np.log(x).sum().backward()
    assert x.grad.tolist() == [1.0, 0.5, 0.25]


def test_item_assignment_is_recorded() -> None:
    x = tg.Tensor([1.0, 2.0, 3.0])
    y = x * 2.0
    y[0] = x[1]
    (y * y).sum().backward()
    assert x.grad.tolist() == [0.0, 20.0, 24.0]


def test_chain_of_5000_operations_has_a_gradient_and_a_picture(tmp_path: Path) -> None:
    x = tg.Tensor(1.0, "x")
    y = x
    for _ in range(5000):
        y = y * 1.0001
    y.backward()
    assert x.grad == pytest.approx(1.0001**5000)
    picture = viz.graph(y).save(tmp_path / "chain.svg").read_text(encoding="utf-8")
    assert "5,000" in picture


def test_forgotten_clearing_of_gradients_is_warned_of() -> None:
    weights, sgd = tg.Tensor(np.ones(2), "weights"), tg.optim.SGD(1e-3)
    (weights * [1.0, 2.0]).sum().backward()
    sgd.step([weights])
    loss = (weights * [1.0, 2.0]).sum()
    with pytest.warns(StaleGradientWarning, match="the gradient of weights"):
        loss.backward()
