"""Layers: what they compute, their derivatives, what they refuse, and layers of one's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from networks import TOLERANCE, Block, Scale, function_of, values_of
from tensorgraph import nn
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError
from tensorgraph.nn import initializers
from tensorgraph.testing import check_grads

# Both sides of every kink, and nothing near one.
ROWS = np.array([[-1.3, 0.4, 2.1], [0.7, -0.2, -0.9], [1.1, 0.5, -2.0], [-0.3, -1.7, 0.8]])

LAYERS: dict[str, Callable[[], nn.Layer]] = {
    "Dense": lambda: nn.Dense(3, 2, rng=1),
    "Dropout, not training": lambda: nn.Dropout(0.5),
    "ReLU": nn.ReLU,
    "Softmax": nn.Softmax,
    "Sigmoid": nn.Sigmoid,
    "Tanh": nn.Tanh,
    "Identity": nn.Identity,
    "custom": lambda: Scale(3),
    "nested": lambda: Block(3),
}


def test_every_layer_of_ours_is_in_the_table() -> None:
    ours = {name for name in nn.__all__ if name not in {"Activation", "Layer", "Regularizer"}}
    assert ours == {name.partition(",")[0] for name in LAYERS} - {"custom", "nested"}


@pytest.mark.parametrize("name", LAYERS)
def test_derivatives_agree_with_central_differences(name: str) -> None:
    layer = LAYERS[name]()
    check_grads(function_of(layer), [ROWS, *values_of(layer)], order=2, **TOLERANCE)


def test_derivatives_of_dense_on_sequences_agree_with_central_differences() -> None:
    layer = nn.Dense(3, 2, rng=1)
    x = np.stack([ROWS, ROWS[::-1] + 0.1])
    check_grads(function_of(layer), [x, *values_of(layer)], order=2, **TOLERANCE)


def test_derivatives_of_dropout_in_training_agree_with_central_differences() -> None:
    def dropout(x: Any) -> Any:
        return nn.Dropout(0.4, rng=7)(x, training=True)  # the same mask at every call

    check_grads(dropout, [ROWS], order=2, **TOLERANCE)


# --- values --------------------------------------------------------------------------------------

E = np.e
ACTIVATIONS = [
    pytest.param(nn.ReLU(), [[-2.0, 0.0, 3.0]], [[0.0, 0.0, 3.0]], id="ReLU"),
    pytest.param(
        nn.Softmax(),
        [[0.0, 1.0], [5.0, 5.0]],
        [[1 / (1 + E), E / (1 + E)], [0.5, 0.5]],
        id="Softmax",
    ),
    pytest.param(nn.Sigmoid(), [[0.0, 1.0, -1.0]], [[0.5, E / (1 + E), 1 / (1 + E)]], id="Sigmoid"),
    pytest.param(nn.Tanh(), [[0.0, 0.5]], [[0.0, (E - 1) / (E + 1)]], id="Tanh"),
    pytest.param(nn.Identity(), [[-2.0, 3.0]], [[-2.0, 3.0]], id="Identity"),
]


@pytest.mark.parametrize(("layer", "x", "y"), ACTIVATIONS)
def test_an_activation_computes(layer: nn.Layer, x: Any, y: Any) -> None:
    np.testing.assert_allclose(layer(tg.Tensor(x)).data, y, rtol=1e-15)


@pytest.mark.parametrize(
    ("layer", "wanted"),
    [
        pytest.param(nn.Softmax(), [1, 0], id="Softmax: the most probable class"),
        pytest.param(nn.Sigmoid(), [[0, 1], [1, 0]], id="Sigmoid: above one half"),
        pytest.param(nn.Identity(), [[0.2, 0.8], [0.9, 0.5]], id="Identity: the outputs"),
    ],
)
def test_an_activation_says_what_its_outputs_say(layer: nn.Activation, wanted: Any) -> None:
    said = layer.predictions(np.array([[0.2, 0.8], [0.9, 0.5]]))
    np.testing.assert_array_equal(said, wanted, strict=True)


def test_dense_computes_x_at_weights_plus_biases() -> None:
    layer = nn.Dense(2, 3)
    layer.weights.data = [[1, 2, 3], [4, 5, 6]]
    layer.biases.data = [[0.5, 0, -0.5]]
    np.testing.assert_array_equal(
        layer(np.array([[1, 0], [1, 10]])).data, [[1.5, 2, 2.5], [41.5, 52, 62.5]]
    )


@pytest.mark.parametrize("given", [np.float64, np.float32, np.int64, np.uint8])
@pytest.mark.parametrize("own", [np.float32, np.float64])
def test_dense_computes_in_the_dtype_of_its_parameters(given: Any, own: Any) -> None:
    out = nn.Dense(3, 2, dtype=own)(np.ones((4, 3), given))
    assert (out.dtype, out.shape) == (own, (4, 2))


def test_dense_starts_with_float32_parameters_and_biases_of_0() -> None:
    layer = nn.Dense(3, 2)
    assert {p.dtype for p in layer.parameters().values()} == {np.dtype(np.float32)}
    assert layer.weights.shape == (3, 2)
    np.testing.assert_array_equal(layer.biases.data, np.zeros((1, 2), np.float32), strict=True)


# --- what is refused -----------------------------------------------------------------------------

REFUSED = [
    pytest.param(
        (4, 2), r"takes shape \(n, 3\), and got \(4, 2\): make it Dense\(2, 5\)", id="width"
    ),
    pytest.param((3,), r"got \(3,\): one example is a row, x.reshape\(1, -1\)", id="one example"),
    pytest.param((7, 4, 2), r"takes shape \(n, 3\), and got \(7, 4, 2\)", id="sequences"),
]


@pytest.mark.parametrize(("shape", "message"), REFUSED)
def test_dense_refuses_an_input_of(shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ShapeError, match="layer 'first'.*3 inputs, 5 neurons.*" + message):
        nn.Dense(3, 5, name="first")(np.ones(shape))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param((0, 3), "n_inputs is 0, and must be an integer of at least 1", id="no inputs"),
        pytest.param((2, 1.5), "n_neurons is 1.5", id="half a neuron"),
        pytest.param((True, 3), "n_inputs is True", id="True inputs"),
        pytest.param((2, 3, -1e-4), "weight_regularizer_l1 is -0.0001", id="a negative penalty"),
        pytest.param((2, 3, 0, np.nan), "weight_regularizer_l2 is nan", id="a penalty of NaN"),
    ],
)
def test_dense_refuses_an_argument_of(arguments: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        nn.Dense(*arguments)


def test_dense_refuses_parameters_that_are_no_floats() -> None:
    with pytest.raises(DTypeError, match="parameters are floats, not int64"):
        nn.Dense(2, 3, dtype=np.int64)


# --- where weights start -------------------------------------------------------------------------


def test_glorot_uniform_keeps_within_its_bound() -> None:
    drawn = initializers.glorot_uniform(np.random.default_rng(0), (300, 100))
    bound = np.sqrt(6 / 400)
    assert np.abs(drawn).max() < bound
    assert drawn.std() == pytest.approx(bound / np.sqrt(3), rel=0.02)


def test_he_normal_has_the_variance_2_over_inputs() -> None:
    drawn = initializers.he_normal(np.random.default_rng(0), (300, 100))
    assert drawn.std() == pytest.approx(np.sqrt(2 / 300), rel=0.02)


def test_an_unknown_initializer_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(ArgumentError, match=r"no initializer 'he': there are .*he_normal"):
        nn.Dense(2, 3, weight_initializer="he")


def test_an_initializer_may_be_a_function() -> None:
    layer = nn.Dense(2, 3, weight_initializer=lambda rng, shape: np.full(shape, 0.25))
    np.testing.assert_array_equal(layer.weights.data, np.full((2, 3), 0.25))


def test_weights_repeat_with_their_seed() -> None:
    drawn = [nn.Dense(4, 5, rng=rng).weights.data for rng in (3, 3, np.random.default_rng(3), 4)]
    assert [np.array_equal(drawn[0], other) for other in drawn[1:]] == [True, True, False]


def test_weights_repeat_with_the_default_generator() -> None:
    drawn = []
    for _ in range(2):
        tg.seed(3)
        drawn.append(nn.Dense(4, 5).weights.data)
    np.testing.assert_array_equal(*drawn)
