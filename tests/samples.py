"""Functions and variables that several tests look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.recording import recording
from tensorgraph.storage import Storage
from tensorgraph.tape import gather

X = np.array([0.3, -0.7, 1.1])
V = np.array([1.0, 2.0, -0.5])
MATRIX = np.array([[1.0, 2.0, 0.0], [0.5, -1.0, 3.0]])


def cubes(x: Any) -> Any:
    return tg.sum(x * x * x)


def tangled(x: Any) -> Any:
    """A scalar of three numbers with a full Hessian."""
    return tg.sum(tg.tanh(x) * tg.exp(x[::-1])) + tg.logsumexp(x * x) * tg.max(x)


def network(x: Any) -> Any:
    """Two layers, down to one of their three outputs."""
    hidden = tg.softplus(MATRIX @ x)
    return tg.log_softmax(hidden @ MATRIX)[0]


def vector_function(x: Any) -> Any:
    """Two numbers of three."""
    return tg.tanh(MATRIX @ x) * x[0]


scalars = pytest.mark.parametrize("f", [cubes, tangled, network], ids=lambda f: f.__name__)


def gathered_pair() -> tuple[tg.Tensor, tg.Tensor]:
    """Two variables in one buffer: ``weights`` (2, 3) of 0 to 5, and ``biases`` [7, 8]."""
    weights = tg.Tensor(np.arange(6.0).reshape(2, 3), name="weights")
    biases = tg.Tensor([7.0, 8.0], name="biases")
    gather([weights._node, biases._node])
    return weights, biases


def storage(t: tg.Tensor) -> Storage:
    return t._node.storage


@contextmanager
def in_layer(name: str) -> Iterator[None]:
    """Record what is inside as the work of the layer ``name``."""
    state = recording()
    outer = state.enter(name, ours=False)
    try:
        yield
    finally:
        state.layer, state.at = outer
