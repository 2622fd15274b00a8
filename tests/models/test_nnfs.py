"""The book's names: which there are, what they are made with, and what they compute.

Read next: ``test_nnfs_programs``, programs written with them.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.models import nnfs

NAMES = [
    "Layer_Dense",
    "Layer_Dropout",
    "Layer_Input",
    "Activation_ReLU",
    "Activation_Softmax",
    "Activation_Sigmoid",
    "Activation_Linear",
    "Loss_CategoricalCrossentropy",
    "Loss_BinaryCrossentropy",
    "Loss_MeanSquaredError",
    "Loss_MeanAbsoluteError",
    "Optimizer_SGD",
    "Optimizer_Adagrad",
    "Optimizer_RMSprop",
    "Optimizer_RMSProp",
    "Optimizer_Adam",
    "Accuracy_Categorical",
    "Accuracy_Binary",
    "Accuracy_Regression",
    "Model",
    "Visualizer",
    "init",
    "spiral_data",
    "sine_data",
    "vertical_data",
    "surface_data",
    "plane_data",
    "wave_data",
    "shuffle_array",
]


@pytest.fixture(autouse=True)
def defaults_stay(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What ``init`` sets is unset after each test."""
    with monkeypatch.context() as patch:
        patch.setattr(nnfs._Defaults, "dtype", None)
        yield


def test_a_star_import_brings_the_names_and_no_others() -> None:
    space: dict[str, Any] = {}
    exec("from tensorgraph.models.nnfs import *", space)
    assert sorted(set(space) - {"__builtins__"}) == sorted(NAMES)


# --- what they are made with ---------------------------------------------------------------------

REGULARIZERS = {f"{p}_regularizer_{k}": 0 for p in ("weight", "bias") for k in ("l1", "l2")}
DEFAULTS: dict[str, dict[str, Any]] = {
    "Layer_Dense": REGULARIZERS | {"init_scale": 0.1},
    "Optimizer_SGD": {"learning_rate": 1.0, "decay": 0.0, "momentum": 0.0},
    "Optimizer_Adagrad": {"learning_rate": 1.0, "decay": 0.0, "epsilon": 1e-7},
    "Optimizer_RMSprop": {"learning_rate": 0.001, "decay": 0.0, "epsilon": 1e-7, "rho": 0.9},
    "Optimizer_Adam": {
        "learning_rate": 0.001,
        "decay": 0.0,
        "epsilon": 1e-7,
        "beta_1": 0.9,
        "beta_2": 0.999,
    },
    "Accuracy_Categorical": {"binary": False},
    "init": {"dot_precision_workaround": True, "default_dtype": "float32", "random_seed": 0},
    "spiral_data": {"samples": 100, "classes": 3},
    "sine_data": {"samples": 1000, "sigma": 0},
    "surface_data": {"samples": 50, "sigma": 0},
    "plane_data": {"samples": 50, "sigma": 0},
    "wave_data": {"samples": 1000},
    "Visualizer": {
        "size": 1.2,
        "period": 10,
        "animate": False,
        "validation": False,
        "colorgraph": False,
        "graph": False,
        "save": None,
    },
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_the_defaults_are_those_of_the_book(name: str) -> None:
    parameters = inspect.signature(getattr(nnfs, name)).parameters.values()
    found = {p.name: p.default for p in parameters if p.default is not p.empty}
    assert found == DEFAULTS[name]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Layer_Dense", ["n_inputs", "n_neurons", *REGULARIZERS]),
        ("Layer_Dropout", ["rate"]),
        ("Optimizer_SGD", ["learning_rate", "decay", "momentum"]),
        ("Optimizer_Adam", ["learning_rate", "decay", "epsilon", "beta_1", "beta_2"]),
        ("Visualizer", ["model", "X", "y", "n_inputs", "n_outputs", "size", "period", "animate"]),
    ],
)
def test_arguments_may_be_given_in_the_books_order(name: str, arguments: list[str]) -> None:
    assert list(inspect.signature(getattr(nnfs, name)).parameters)[: len(arguments)] == arguments


@pytest.mark.parametrize("scale", [0.1, 0.01, 1.0])
def test_weights_start_at_init_scale_times_normal_numbers(scale: float) -> None:
    tg.seed(4)
    layer = nnfs.Layer_Dense(5, 7, init_scale=scale)
    drawn = scale * np.random.default_rng(4).standard_normal((5, 7))
    np.testing.assert_allclose(layer.weights.data, drawn, rtol=1e-6)
    np.testing.assert_array_equal(layer.biases.data, np.zeros((1, 7)))


def test_a_layer_gives_and_takes_its_parameters() -> None:
    layer, other = nnfs.Layer_Dense(2, 3), nnfs.Layer_Dense(2, 3)
    other.set_parameters(*layer.get_parameters())
    np.testing.assert_array_equal(layer.weights.data, other.weights.data)


def test_an_input_layer_changes_nothing() -> None:
    np.testing.assert_array_equal(nnfs.Layer_Input()(np.eye(2)), np.eye(2))


# --- init ----------------------------------------------------------------------------------------


def test_init_seeds_the_layers_made_after_it() -> None:
    drawn = []
    for seed in (7, 7, 8):
        nnfs.init(random_seed=seed)
        drawn.append(nnfs.Layer_Dense(2, 3).weights.numpy())
    assert np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])


def test_init_without_a_seed_leaves_the_generator_alone() -> None:
    tg.seed(7)
    nnfs.init(random_seed=None)
    first = nnfs.Layer_Dense(2, 3).weights.numpy()
    tg.seed(7)
    np.testing.assert_array_equal(nnfs.Layer_Dense(2, 3).weights.data, first)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_init_sets_the_dtype_of_layers_made_after_it(dtype: str) -> None:
    nnfs.init(default_dtype=dtype)
    model = nnfs.Model([nnfs.Layer_Dense(2, 3)])
    model.finalize()
    assert {p.dtype.name for p in model.parameters().values()} == {dtype}


def test_init_leaves_numpy_alone() -> None:
    before = np.dot, np.zeros, np.eye, np.random.randn
    nnfs.init()
    assert (np.dot, np.zeros, np.eye, np.random.randn) == before
    assert np.zeros(1).dtype == np.float64


# --- accuracies ----------------------------------------------------------------------------------

OUTPUTS, TARGETS = np.array([[0.9, 0.2], [0.4, 0.6]]), np.array([[1, 0], [0, 1]])


def test_accuracy_is_at_most_1_with_two_binary_outputs() -> None:
    assert nnfs.Accuracy_Categorical(binary=True)(OUTPUTS, TARGETS) == 1.0
    assert nnfs.Accuracy_Binary()(OUTPUTS, TARGETS) == 1.0


def test_accuracy_counts_each_of_two_binary_outputs() -> None:
    assert nnfs.Accuracy_Categorical(binary=True)(OUTPUTS, TARGETS[::-1]) == 0.0
    assert nnfs.Accuracy_Categorical(binary=True)(OUTPUTS, np.ones((2, 2))) == 0.5


def test_accuracy_of_classes_takes_one_hot_rows() -> None:
    assert nnfs.Accuracy_Categorical()(OUTPUTS, TARGETS) == 1.0
