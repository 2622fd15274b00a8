"""JAX: the whole step, Adam and all, under one ``jit``; parameters and moments are donated."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from performance.networks import EPSILON, L2, Array, Network, start


def loss_on(parameters: Any, X: Any, y: Any) -> Any:
    h = X
    for W, b in parameters[:-1]:
        h = jax.nn.relu(h @ W + b)
    W, b = parameters[-1]
    log_p = jax.nn.log_softmax(h @ W + b)
    W, b = parameters[0]
    penalty = L2 * ((W**2).sum() + (b**2).sum())
    return penalty - jnp.take_along_axis(log_p, y[:, None], axis=1).mean()


@partial(jax.jit, static_argnums=0, donate_argnums=1)
def taken(rate: float, state: Any, X: Any, y: Any) -> Any:
    parameters, m, v, t = state
    loss, g = jax.value_and_grad(loss_on)(parameters, X, y)
    t = t + 1
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
    c1, c2 = 1 - 0.9**t, 1 - 0.999**t
    parameters = jax.tree.map(
        lambda p, m, v: p - rate * (m / c1) / (jnp.sqrt(v / c2) + EPSILON), parameters, m, v
    )
    return loss, (parameters, m, v, t)


def taker(network: Network) -> Callable[[Any, Any], float]:
    _, _, weights, biases = start(network)
    parameters = [(jnp.asarray(W), jnp.asarray(b)) for W, b in zip(weights, biases, strict=True)]
    m, v = (jax.tree.map(jnp.zeros_like, parameters) for _ in range(2))
    state: Any = (parameters, m, v, jnp.zeros((), jnp.float32))

    def take(X: Any, y: Any) -> float:
        nonlocal state
        loss, state = taken(network.rate, state, X, y)
        return float(loss)

    return take


def step(network: Network) -> Callable[[], float]:
    X, y, *_ = start(network)
    take, inputs, targets = taker(network), jnp.asarray(X), jnp.asarray(y)
    return lambda: take(inputs, targets)


def fit(network: Network, X: Array, y: Array) -> None:
    take = taker(network)
    for begin in range(0, len(X), network.batch):
        rows = slice(begin, begin + network.batch)
        take(X[rows], y[rows])


def operation(name: str) -> Callable[[], Any]:
    x = y = jnp.asarray(np.full(4, 0.5, np.float32))
    g = jnp.ones(4, jnp.float32)
    f: Any = {"multiply": lambda x, y: x * y, "exp": lambda x, y: jnp.exp(x)}[name]

    @jax.jit
    def both(x: Any, y: Any, g: Any) -> Any:
        z, backward = jax.vjp(f, x, y)
        return z, backward(g)

    return lambda: jax.block_until_ready(both(x, y, g))
