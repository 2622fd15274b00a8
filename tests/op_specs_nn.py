"""Rows of ``ops.nn``: activations, sums of exponentials, fused rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from op_cases import Case, OpSpec, draw, unary
from op_specs_elementwise import NONZERO
from op_specs_reduce import AXES
from op_specs_shape import POINT, T
from op_specs_special import of_each
from tensorgraph import losses, ops
from tensorgraph.ops import fused

LOGITS = draw((4, 3), seed=1)
SIGNED = draw((4,), *NONZERO)
LABELS = np.array([2, 0, 1, 2])
TARGETS = np.array([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0], [0.2, 0.5, 0.9], [1.0, 1.0, 0.0]])
# exp(-800) is 0 in double precision: the kernel's logarithm of a probability would be infinite.
SATURATED = np.array([[800.0, 0.0, 1.0], [0.0, 1.0, 2.0]])


def _softmax_cross_entropy(logits: Any, labels: Any) -> Any:
    """The row, as losses call it: with the probabilities that the network has computed."""
    return fused.softmax_cross_entropy(logits, ops.softmax(logits), labels)


def _sigmoid_cross_entropy(logits: Any, targets: Any) -> Any:
    return fused.sigmoid_cross_entropy(logits, ops.sigmoid(logits), targets)


def _plain_softmax(x: Any, axis: Any = -1) -> Any:
    return np.exp(x) / np.sum(np.exp(x), axis=axis, keepdims=True)


def _plain_softmax_cross_entropy(logits: Any, labels: Any) -> Any:
    largest = np.max(logits, axis=1, keepdims=True)
    logs = logits - largest - np.log(np.sum(np.exp(logits - largest), axis=1, keepdims=True))
    return -np.mean(logs[np.arange(len(labels)), labels])


def _plain_sigmoid_cross_entropy(logits: Any, targets: Any) -> Any:
    return np.mean(targets * np.logaddexp(0.0, -logits) + (1 - targets) * np.logaddexp(0.0, logits))


_ALONG: dict[str, dict[str, Any]] = {
    "last": {},
    "first": {"axis": 0},
    "two": {"axis": (0, 2)},
    "all": {"axis": None},
}
# Few columns are added up in another way than many.
_NARROW_AND_WIDE = (
    Case("narrow", (LOGITS,), {"axis": -1}),
    Case("narrow, axis 1", (LOGITS,), {"axis": 1}),
    Case("narrow, other axis", (LOGITS,), {"axis": 0}),
    Case("one column", (LOGITS[:, :1],), {"axis": 1}),
    Case("wide", (draw((2, 8), seed=9),), {"axis": 1}),
    Case("whole numbers", (np.array([[1, 2, 3], [0, 0, 5]]),), {"axis": 1}),
)
_EMPTY = Case("empty", (np.zeros((0, 3)),))

SPECS: tuple[OpSpec, ...] = (
    unary(
        "relu",
        ops.relu,
        lambda x: np.maximum(x, 0),
        *NONZERO,
        more=[Case("kink", (np.array([-1.0, 0.0, -0.0, 1.0]),), {}, False)],
    ),
    unary("sigmoid", ops.sigmoid, lambda x: 0.5 * (1 + np.tanh(x / 2)), *NONZERO),
    OpSpec(
        "silu",
        ops.silu,
        lambda x: x / (1 + np.exp(-x)),
        (Case("row", (LOGITS[0],)),),
        primitive=False,
    ),
    OpSpec(
        "gelu",
        ops.gelu,
        lambda x, approximate=False: (
            x / 2 * (1 + np.tanh(math.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
            if approximate
            else x / 2 * (1 + of_each(math.erf, x / math.sqrt(2)))
        ),
        (
            Case("row", (LOGITS[0],)),
            Case("by a tanh", (LOGITS[0],), {"approximate": True}),
        ),
        primitive=False,
        dispatches=False,
    ),
    OpSpec(
        "leaky_relu",
        ops.leaky_relu,
        lambda x, negative_slope=0.01: np.where(x > 0, x, negative_slope * x),
        (Case("row", (SIGNED,)), Case("steeper", (SIGNED,), {"negative_slope": 0.3})),
        primitive=False,
    ),
    OpSpec(
        "elu",
        ops.elu,
        lambda x, alpha=1.0: np.where(x > 0, x, alpha * (np.exp(x) - 1)),
        (Case("row", (SIGNED,)), Case("steeper", (SIGNED,), {"alpha": 1.3})),
        primitive=False,
    ),
    OpSpec(
        "softsign",
        ops.softsign,
        lambda x: x / (1 + abs(x)),
        (Case("row", (SIGNED,)),),
        primitive=False,
    ),
    unary("softplus", ops.softplus, lambda x: np.log(1 + np.exp(x)), *NONZERO),
    OpSpec(
        "logsumexp",
        ops.logsumexp,
        lambda x, axis=None, keepdims=False: np.log(
            np.sum(np.exp(x), axis=axis, keepdims=keepdims)
        ),
        (
            *(Case(way, (T,), params) for way, params in AXES.items()),
            *_NARROW_AND_WIDE,
            Case("narrow, kept", (LOGITS,), {"axis": 1, "keepdims": True}),
            Case("0-d", (POINT,)),
            Case("empty along the other axis", (np.zeros((0, 3)),), {"axis": 1}),
            Case("with an absent element", (np.array([0.5, -np.inf, 1.0]),), {}, False),
        ),
    ),
    OpSpec(
        "softmax",
        ops.softmax,
        _plain_softmax,
        (*(Case(way, (T,), params) for way, params in _ALONG.items()), *_NARROW_AND_WIDE, _EMPTY),
    ),
    OpSpec(
        "log_softmax",
        ops.log_softmax,
        lambda x, axis=-1: np.log(_plain_softmax(x, axis)),
        (*(Case(way, (T,), params) for way, params in _ALONG.items()), *_NARROW_AND_WIDE, _EMPTY),
    ),
    OpSpec(
        "dense",
        fused.dense,
        lambda x, weights, biases: x @ weights + biases,
        (
            Case("batch", (LOGITS, draw((3, 2), seed=2), draw((1, 2), seed=3))),
            Case("one row", (LOGITS[:1], draw((3, 2), seed=2), draw((1, 2), seed=3))),
            Case("no rows", (LOGITS[:0], draw((3, 2), seed=2), draw((1, 2), seed=3))),
        ),
        differentiable=(0, 1, 2),
    ),
    OpSpec(
        "sum_of_squares",
        lambda xs, factors: fused.sum_of_squares(*xs, factors=factors),
        lambda xs, factors: sum(f * np.sum(x * x) for x, f in zip(xs, factors, strict=True)),
        (
            Case("matrix", (LOGITS,), {"factors": (1.0,)}),
            Case("three", (LOGITS, T, LOGITS[:1]), {"factors": (0.5, 2.0, -1.5)}),
            Case("0-d", (POINT,), {"factors": (3.0,)}),
            Case("empty", (np.zeros((0, 3)), LOGITS), {"factors": (1.0, 2.0)}),
        ),
        variadic=True,
    ),
    OpSpec(
        "softmax_cross_entropy",
        _softmax_cross_entropy,
        _plain_softmax_cross_entropy,
        (
            Case("batch", (LOGITS, LABELS)),
            Case("one row", (LOGITS[:1], LABELS[:1])),
            Case("saturated", (SATURATED, np.array([1, 0]))),
        ),
    ),
    OpSpec(
        "softmax_minus_one_hot",
        fused.softmax_minus_one_hot,
        lambda share, p, labels: (p - np.eye(p.shape[1])[labels]) * share,
        (
            Case("batch", (np.float64(0.3), _plain_softmax(LOGITS), LABELS)),
            Case("one row", (np.float64(2.0), _plain_softmax(LOGITS[:1]), LABELS[:1])),
        ),
        differentiable=(0, 1),
        dispatches=False,
    ),
    OpSpec(
        "class_numbers",
        losses.class_numbers,
        lambda labels, classes: labels.astype(np.intp),
        (Case("whole", (LABELS,), {"classes": 3}),),
        differentiable=(),
        dispatches=False,
    ),
    OpSpec(
        "between_0_and_1",
        losses.between_0_and_1,
        np.array,
        (Case("truths", (np.array([False, True]),)),),
        differentiable=(),
        dispatches=False,
    ),
    OpSpec(
        "sigmoid_cross_entropy",
        _sigmoid_cross_entropy,
        _plain_sigmoid_cross_entropy,
        (
            Case("batch", (LOGITS, TARGETS)),
            Case("vector", (LOGITS[0], TARGETS[0])),
            Case("saturated", (np.array([800.0, -800.0, 1.0]), np.array([0.0, 0.0, 1.0]))),
        ),
    ),
)
