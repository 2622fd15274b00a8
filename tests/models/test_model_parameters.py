"""The parameters of a ``Model``: drawn from seeds, given out, and taken in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from networks import X, classifier, numbers, same
from tensorgraph import nn
from tensorgraph.errors import ShapeError
from tensorgraph.models import Model


def test_a_models_seed_draws_its_weights() -> None:
    assert same(numbers(classifier(seed=5)), numbers(classifier(seed=5)))
    assert not same(numbers(classifier(seed=5)), numbers(classifier(seed=6)))


def test_a_models_seed_leaves_a_layers_own_alone() -> None:
    layer = nn.Dense(2, 3, rng=9)
    before = layer.weights.numpy()
    Model([layer], seed=5).finalize()
    np.testing.assert_array_equal(layer.weights.data, before)


def test_a_models_seed_leaves_weights_that_were_set_alone() -> None:
    layer = nn.Dense(2, 3)
    layer.weights.data = np.ones((2, 3))
    Model([layer], seed=5).finalize()
    np.testing.assert_array_equal(layer.weights.data, np.ones((2, 3)))


class Nest(nn.Layer):
    """Layers within a layer, that draw from no generator of their own."""

    def __init__(self, dtype: Any = None) -> None:
        self.layers = [nn.Dense(2, 4, dtype=dtype), nn.Dropout(0.5), nn.Dense(4, 2)]

    def forward(self, x: Any, training: bool) -> Any:
        for layer in self.layers:
            x = layer(x, training)
        return x


def test_a_models_seed_draws_weights_and_dropout_of_layers_within_layers() -> None:
    outputs = []
    for noise in (1, 2):
        tg.seed(noise)  # the model has a generator of its own
        model = Model([Nest()], seed=5)
        model.finalize()
        outputs.append(model.forward(X, training=True).data)
    np.testing.assert_array_equal(*outputs)


def test_the_models_dtype_goes_to_layers_within_layers_that_have_no_own() -> None:
    model = Model([Nest(dtype=np.float32)], dtype=np.float64)
    model.finalize()
    assert [p.dtype.name for p in model.parameters().values()] == ["float32"] * 2 + ["float64"] * 2


def test_without_a_seed_the_default_generator_draws_the_weights() -> None:
    drawn = []
    for _ in range(2):
        tg.seed(4)
        drawn.append(numbers(classifier(seed=None)))
    assert same(*drawn)


def test_get_parameters_has_a_tuple_for_each_layer_that_has_any() -> None:
    assert [[a.shape for a in arrays] for arrays in classifier(dropout=0.1).get_parameters()] == [
        [(2, 8), (1, 8)],
        [(8, 3), (1, 3)],
    ]


def test_get_parameters_gives_copies() -> None:
    model = classifier()
    model.get_parameters()[0][0][:] = 7
    assert not np.any(numbers(model)[0] == 7)


def test_set_parameters_takes_what_get_parameters_gives() -> None:
    model, other = classifier(seed=1), classifier(seed=2)
    other.set_parameters(model.get_parameters())
    np.testing.assert_array_equal(model.predict(X), other.predict(X))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(
            lambda ps: ps[:1], "parameters of 1 layers, and 2 have any", id="a layer less"
        ),
        pytest.param(
            lambda ps: [ps[0], (ps[1][0].T, ps[1][1])],
            r"layer 'dense_2' has shapes \[\(8, 3\), \(1, 3\)\], got \[\(3, 8\), \(1, 3\)\]",
            id="another shape",
        ),
        pytest.param(lambda ps: [ps[0], ps[1][:1]], "layer 'dense_2' has shapes", id="no biases"),
    ],
)
def test_set_parameters_refuses_and_changes_nothing(change: Any, message: str) -> None:
    model = classifier()
    before = numbers(model)
    with pytest.raises(ShapeError, match=message):
        model.set_parameters(
            change([tuple(a + 1 for a in arrays) for arrays in model.get_parameters()])
        )
    assert same(before, numbers(model))
