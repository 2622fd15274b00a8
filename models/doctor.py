"""How a network is doing inside: a step forward and backward that leaves everything as it was.

``Model.doctor`` gives it as a table. ``Model.train`` looks now and then, on examples from all over
the training set, and warns of what it finds; docs/warnings.md says what that means and why the
bounds are where they are.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph import lints, ops
from tensorgraph.errors import (
    DeadUnitsWarning,
    ExplodingGradientWarning,
    GraphError,
    SaturatedUnitsWarning,
    UnusedParameterWarning,
    VanishingGradientWarning,
)
from tensorgraph.lints import Finding
from tensorgraph.losses import Loss
from tensorgraph.nn import Layer
from tensorgraph.nn.layer import with_inner_layers
from tensorgraph.reverse_mode import on_arrays, sweep
from tensorgraph.source import warn
from tensorgraph.tape import Node, Tape, tape
from tensorgraph.tensor import Tensor
from tensorgraph.train import Callback, EpochRecord
from tensorgraph.typing import Array

# --- bounds --------------------------------------------------------------------------------------

ENOUGH = 32  # examples, below which nothing is said of units
MOST = 0.8  # of a layer's units, from which on they are warned of
FLAT = 0.05  # of the largest derivative: a unit is saturated where the mean is below
APART = 1e5  # times: gradients of the first and the last layers that differ by more
STEEP = 1e4  # times the parameters: a gradient that is longer

# --- what is found -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """One layer. Norms are Euclidean, over all its parameters; None is for what it has not."""

    layer: str
    kind: str
    mean: float | None
    std: float | None
    dead: float | None
    saturated: float | None
    gradient: float | None
    parameters: float | None

    @property
    def ratio(self) -> float | None:
        """The gradient's norm in parts of the parameters'."""
        if self.gradient is None or not self.parameters:
            return None
        return self.gradient / self.parameters


class Diagnosis:
    """What ``Model.doctor`` returns: ``rows``, a layer each, and ``findings``. Print it."""

    def __init__(
        self, examples: int, loss: float, rows: list[Row], findings: list[Finding]
    ) -> None:
        self.examples = examples
        self.loss = loss
        self.rows = rows
        self.findings = findings

    def __repr__(self) -> str:
        lines = [f"{self.examples} examples, loss {self.loss:.4g}", *_table(self.rows), ""]
        lines += [f"{found.category.__name__}: {found.message}" for found in self.findings]
        return "\n".join(lines if self.findings else [*lines, "nothing found that looks wrong"])


_HEADS = (
    "layer",
    "kind",
    "mean",
    "std",
    "dead",
    "saturated",
    "|gradient|",
    "|parameters|",
    "ratio",
)


def _table(rows: Iterable[Row]) -> list[str]:
    """Lines of aligned columns: words to the left, numbers to the right."""
    cells = [_HEADS, *(_cells(row) for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(_HEADS))]
    lines = [
        "  ".join(
            cell.ljust(width) if i < 2 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]
    return [lines[0], "-" * max(map(len, lines)), *lines[1:]]


def _cells(row: Row) -> tuple[str, ...]:
    numbers = (row.gradient, row.parameters, row.ratio)
    return (
        row.layer,
        row.kind,
        *("" if x is None else f"{x:.3g}" for x in (row.mean, row.std)),
        *("" if x is None else f"{x:.0%}" for x in (row.dead, row.saturated)),
        *("" if x is None else f"{x:.2e}" for x in numbers),
    )


# --- the look ------------------------------------------------------------------------------------


@contextmanager
def unmoved(layers: Iterable[Layer]) -> Iterator[None]:
    """Inside, layers may draw at random and keep what they like: after it they are as before."""
    every = list(dict.fromkeys(inner for layer in layers for inner in with_inner_layers(layer)))
    rngs = {layer.rng for layer in every if hasattr(layer, "rng")}
    states = [(rng, rng.bit_generator.state) for rng in rngs]
    kept = [(layer, {name: _copy(item) for name, item in vars(layer).items()}) for layer in every]
    try:
        yield
    finally:
        for rng, state in states:
            rng.bit_generator.state = state
        for layer, attributes in kept:
            _put_back(layer, attributes)


def _copy(item: Any) -> Any:
    return copy.copy(item) if isinstance(item, (np.ndarray, list, dict)) else item


def _put_back(layer: Layer, before: dict[str, Any]) -> None:
    """Arrays keep their memory, since somebody else may hold them too."""
    for name, item in before.items():
        now = vars(layer).get(name)
        if isinstance(item, np.ndarray) and isinstance(now, np.ndarray) and now.shape == item.shape:
            now[...] = item
            before[name] = now
    vars(layer).clear()
    vars(layer).update(before)


def examine(
    layers: Sequence[Layer], forward: Callable[..., Any], loss: Loss, X: Array, y: Array
) -> Diagnosis:
    """One step's forward and backward pass on (X, y), without penalties and without the step."""
    with np.errstate(all="ignore"):  # what training says of overflow is said there
        with unmoved(layers):
            output = forward(X, training=True)
            value = recorded_loss(loss, output, y)
        recording = tape(value)
        reached = sweep({value._node: value.dtype.type(1)}, on_arrays)
        everything = tape(value, output)  # a softmax may have been computed beside the loss
        bent = _bent_units(everything, output._node, [layer.name or "" for layer in layers])
        rows = [_row(layer, everything, reached, bent) for layer in layers]
    found = [*lints.findings(recording), *_unused(layers, reached)]
    if len(X) >= ENOUGH:
        found += _units(bent, len(X), layers[-1].name)
    slopes = list(_slopes(rows))
    if any(finding.category is SaturatedUnitsWarning for finding in found):
        slopes = [slope for slope in slopes if slope.category is not VanishingGradientWarning]
    return Diagnosis(len(X), float(value.item()), rows, [*found, *slopes])


def recorded_loss(loss: Loss, output: Any, y: Array) -> Tensor:
    """The loss of ``output``, or ``GraphError`` where it is no tensor."""
    value = loss(output, y)
    if not isinstance(output, Tensor) or not isinstance(value, Tensor):
        raise GraphError(
            f"the loss depends on no parameter: the network's output is a {type(output).__name__} "
            "without history. Compute with the tensors in each layer's forward(), not with their "
            "values (t.data), and not under tg.no_grad()"
        )
    return value


def _row(
    layer: Layer, recording: Tape, reached: Mapping[Node, Any], bent: Mapping[Units, Array]
) -> Row:
    name = layer.name or ""
    outputs = [node for node in recording if _layer_of(node) == name]
    output = np.asarray(outputs[-1].value) if outputs else None
    parameters = [p._node for p in layer.parameters().values()]
    return Row(
        name,
        type(layer).__name__,
        None if output is None else float(output.mean()),
        None if output is None else float(output.std()),
        _share(bent, name, "ReLU"),
        _share(bent, name, "sigmoid", "tanh"),
        _norm(reached[p] for p in parameters if p in reached) if parameters else None,
        _norm(p.value for p in parameters) if parameters else None,
    )


def _layer_of(node: Node) -> str | None:
    """The layer of the model in whose call it was recorded."""
    return node.layer.partition("/")[0] if node.layer else None


def _norm(arrays: Iterable[Any]) -> float:
    """The Euclidean norm of all their elements, in float64."""
    return float(np.sqrt(sum(float(np.square(x, dtype=np.float64).sum()) for x in arrays)))


# --- units ---------------------------------------------------------------------------------------

Units = tuple[str, str]
"""The layer, with the layers inside it, and the kind of activation that its units have."""

_KINDS = {ops.relu: "ReLU", ops.sigmoid: "sigmoid", ops.tanh: "tanh"}


def _bent_units(recording: Tape, output: Node, names: Sequence[str]) -> dict[Units, Array]:
    """For each activation, which of its units pass no gradient, or next to none.

    Where a layer applies it several times, a unit must be so each time. Those of the output are
    left out unless they are ReLU: to be sure is what a sigmoid is trained for.
    """
    bent: dict[Units, Array] = {}
    for node in recording:
        kind = _KINDS.get(node.primitive)
        if kind is None or node.value.ndim < 2 or _layer_of(node) not in names:
            continue
        if kind == "ReLU" or node is not output:
            units = (node.layer or "", kind)
            now = _is_bent(kind, node.value.reshape(-1, node.value.shape[-1]))
            before = bent.get(units)
            same = before is not None and before.shape == now.shape
            bent[units] = now & before if same else now
    return bent


def _is_bent(kind: str, y: Array) -> Array:
    """Whether each unit, a column of ``y``, is 0 throughout or has a derivative of almost 0."""
    if kind == "ReLU":
        return lints.dead_units(y)
    slope = 4 * y * (1 - y) if kind == "sigmoid" else 1 - y * y  # in parts of the largest
    bent: Array = slope.mean(axis=0) < FLAT
    return bent


def _share(bent: Mapping[Units, Array], layer: str, *kinds: str) -> float | None:
    """The share of them in the activations of one layer of the model."""
    found = [
        units
        for (path, kind), units in bent.items()
        if kind in kinds and path.partition("/")[0] == layer
    ]
    return float(np.concatenate(found).mean()) if found else None


def _units(bent: Mapping[Units, Array], examples: int, last: str | None) -> Iterator[Finding]:
    for (layer, kind), units in bent.items():
        if units.mean() < MOST:
            continue
        many = f"{units.sum()} of {len(units)} {kind} units in layer {layer!r}"
        if kind == "ReLU":
            mend = (
                "The output of a regression takes no activation: leave this layer out"
                if layer == last
                else "A lower learning rate, inputs scaled to about -1 to 1, or starting weights "
                "of 'he_normal' keep them alive"
            )
            yield Finding(
                f"{many} are dead: they give 0 for all of {examples} examples, pass no gradient, "
                f"and will hardly come back. {mend}",
                DeadUnitsWarning,
                layer,
            )
        else:
            yield Finding(
                f"{many} are saturated: over {examples} examples their mean derivative is below "
                f"{FLAT:.0%} of its largest, so that the layers before learn next to nothing. "
                "Scale the inputs to about -1 to 1, start with smaller weights, or use ReLU",
                SaturatedUnitsWarning,
                layer,
            )


# --- gradients -----------------------------------------------------------------------------------


def _unused(layers: Sequence[Layer], reached: Mapping[Node, Any]) -> Iterator[Finding]:
    every = [p for layer in layers for p in layer.parameters().values()]
    unused = [f"{p.name} {p.shape}" for p in every if p._node not in reached]
    if unused:
        yield Finding(
            f"the loss does not depend on {', '.join(unused)}: no data will ever change them",
            UnusedParameterWarning,
        )


def _slopes(rows: Iterable[Row]) -> Iterator[Finding]:
    """Gradients that are of very different lengths before and after, or out of all proportion."""
    trained = [row for row in rows if row.gradient is not None]
    if not trained:
        return
    last = trained[-1]
    for row in trained:
        g, norm = row.gradient or 0.0, row.parameters or 0.0
        if not np.isfinite(g):
            yield _exploding(
                row, f"is {g}: 'with tg.detect_anomaly():' around the training shows where"
            )
        elif last.gradient and g > APART * last.gradient:
            yield _exploding(row, f"is {g / last.gradient:.0e} times that of {last.layer!r}")
        elif norm and g > STEEP * norm:
            yield _exploding(row, f"is {g / norm:.0e} times as long as the parameters themselves")
        elif last.gradient and 0 < g * APART < last.gradient:
            yield Finding(
                f"the gradient of layer {row.layer!r} vanishes: it is {g / last.gradient:.0e} "
                f"times that of {last.layer!r}, so that it learns next to nothing. Fewer layers, "
                "ReLU instead of sigmoid or tanh, or larger starting weights help",
                VanishingGradientWarning,
                row.layer,
            )


def _exploding(row: Row, how: str) -> Finding:
    return Finding(
        f"the gradient of layer {row.layer!r} explodes: its norm {how}. Scale inputs and targets "
        "to about -1 to 1, lower the learning rate, or start with smaller weights",
        ExplodingGradientWarning,
        row.layer,
    )


# --- during training -----------------------------------------------------------------------------

ROWS = 256  # examples of one look
COST = 0.005  # of the time of a training, which all its looks may take


class Watch(Callback):
    """Look after the epochs in ``due``, and warn of each finding once a layer."""

    def __init__(self, look: Callable[[], Diagnosis], due: Sequence[int]) -> None:
        self.look = look
        self.due = frozenset(due)
        self._said: set[Any] = set()

    def on_epoch(self, record: EpochRecord) -> None:
        if record.epoch in self.due:
            for found in self.look().findings:
                if found.category in _DURING and (found.category, found.layer) not in self._said:
                    self._said.add((found.category, found.layer))
                    warn(f"after epoch {record.epoch}: {found.message}", found.category)


_DURING = {
    DeadUnitsWarning,
    ExplodingGradientWarning,
    SaturatedUnitsWarning,
    VanishingGradientWarning,
}


def due(epochs: int, batch_size: int, examples: int) -> list[int]:
    """The epochs after which to look: those that double, 1, 2, 4..., the last as COST allows.

    Few steps, or batches far smaller than a look, allow none. What a look costs is counted in
    steps, so that it does not depend on the machine: operations take about as long as 256 more
    examples would, and twice is for what is measured of the values, and for compiled steps.
    """
    rows = min(ROWS, examples)
    if rows < ENOUGH:
        return []
    size = min(batch_size, examples)
    cost = 2 * max((rows + 256) / (size + 256), rows / size)
    looks = int(COST * epochs * -(-examples // size) / cost)
    doubling = [2**i for i in range(epochs.bit_length())]
    return doubling[max(len(doubling) - looks, 0) :]


def spread(X: Array, y: Array) -> tuple[Array, Array]:
    """At most ROWS examples from all over a set, which may be sorted."""
    rows = np.linspace(0, len(X) - 1, min(ROWS, len(X))).astype(np.intp)
    return X[rows], y[rows]
