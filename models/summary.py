"""The table that ``Model.summary`` prints."""

from __future__ import annotations

from collections.abc import Sequence

from tensorgraph.config import constructor_arguments
from tensorgraph.nn import Layer
from tensorgraph.optim import Schedule

_HEADS = ("layer", "kind", "output", "parameters", "penalties")


def summary_table(layers: Sequence[Layer], trained_with: Sequence[object]) -> str:
    """Layers, with output shapes and parameter counts, and what the model is trained with."""
    rows = [_HEADS]
    width: int | None = None
    total = 0
    for layer in layers:
        width = getattr(layer, "n_neurons", width if width is not None else layer.n_inputs)
        count = sum(p.size for p in layer.parameters().values())
        total += count
        output = "(n, ...)" if width is None else f"(n, {width})"
        rows.append((layer.name or "", _kind(layer), output, f"{count:,}", _penalties(layer)))
    sizes = [max(len(row[i]) for row in rows) for i in range(len(_HEADS))]
    lines = [
        "  ".join(_aligned(cell, i, sizes) for i, cell in enumerate(row)).rstrip() for row in rows
    ]
    lines.insert(1, "-" * max(len(line) for line in lines))
    lines.append(f"{total:,} parameters")
    lines.extend(f"{type(thing).__name__}({_arguments(thing)})" for thing in trained_with if thing)
    return "\n".join(lines)


def _aligned(cell: str, column: int, sizes: list[int]) -> str:
    return (
        cell.rjust(sizes[column]) if _HEADS[column] == "parameters" else cell.ljust(sizes[column])
    )


def _kind(layer: Layer) -> str:
    rate = getattr(layer, "rate", None)
    return type(layer).__name__ + (f" {rate:.0%}" if rate is not None else "")


def _penalties(layer: Layer) -> str:
    parts = []
    for parameter, l1, l2 in layer.regularizers():
        name = (parameter.name or "").rpartition(".")[2]
        parts += [
            f"{kind} {factor:g} on {name}" for kind, factor in (("L1", l1), ("L2", l2)) if factor
        ]
    return ", ".join(parts)


def _arguments(thing: object) -> str:
    arguments = constructor_arguments(thing, type(thing))
    rate = getattr(thing, "learning_rate", None)
    if isinstance(rate, Schedule):  # not plain data, and the first thing to know
        arguments = {"learning_rate": rate, **arguments}
    return ", ".join(f"{k}={v}" for k, v in arguments.items() if v is not None)
