"""Which view the arguments of a picture ask for, or why there is none. Read next: ``panels``."""

from __future__ import annotations

import numpy as np

from tensorgraph.errors import ArgumentError, DataError, ShapeError
from tensorgraph.typing import Array
from tensorgraph.viz.training.mesh import convex_mesh
from tensorgraph.viz.training.views import PLANE_SIDE, CurveView, PlaneView, SurfaceView, View

CURVE_POINTS = 400


def view_of(
    X: Array,
    y: Array,
    n_inputs: int,
    n_outputs: int,
    size: float,
    colorgraph: bool,
    graph: bool,
) -> View | None:
    """Return the view that the arguments ask for, or say why there is none."""
    if X.ndim == 0 or y.ndim == 0 or len(X) != len(y) or len(X) == 0:
        raise ShapeError(
            f"Visualizer: X and y should have the same number of rows, at least one; got shapes "
            f"{X.shape} and {y.shape}"
        )
    if colorgraph and graph:
        raise ArgumentError(
            "Visualizer: colorgraph draws a classification and graph a regression: choose one"
        )
    if colorgraph and n_inputs != 2:
        raise ArgumentError(
            f"Visualizer: colorgraph draws the plane of 2 inputs, got n_inputs={n_inputs}: leave "
            "colorgraph out to see the curves only"
        )
    if graph and n_inputs not in (1, 2):
        raise ArgumentError(
            f"Visualizer: graph draws 1 or 2 inputs, got n_inputs={n_inputs}: leave graph out to "
            "see the curves only"
        )
    if colorgraph:
        return plane_view(X, y, n_outputs, size)
    if graph:
        return curve_view(X, y) if n_inputs == 1 else surface_view(X, y)
    return None


def plane_view(X: Array, y: Array, n_outputs: int, size: float) -> PlaneView:
    """Return the view of a classification of two inputs.

    ``y`` holds class numbers (n,) or (n, 1), or is one-hot (n, n_outputs); a network of one
    output (a sigmoid) tells two classes apart.
    """
    n_classes = max(n_outputs, 2)
    axis = np.linspace(-size, size, PLANE_SIDE)
    columns, rows = np.meshgrid(axis, axis)
    grid = np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.float32)
    return PlaneView(_columns(X, 2, "colorgraph"), _labels(y, n_classes), n_classes, size, grid)


def curve_view(X: Array, y: Array) -> CurveView:
    """Return the view of a fit to one input; ``X`` and ``y`` have one column, or are flat."""
    points = _columns(X, 1, "graph")[:, 0]
    grid = np.linspace(points.min(), points.max(), CURVE_POINTS, dtype=np.float32)[:, np.newaxis]
    return CurveView(points, _targets(y), grid)


def surface_view(X: Array, y: Array) -> SurfaceView:
    """Return the view of a fit to two inputs; ``y`` has one column, or is flat."""
    points = _columns(X, 2, "graph")
    if np.linalg.matrix_rank(points - points.mean(axis=0)) < 2:
        raise ArgumentError(
            "Visualizer(graph=True): the points of X lie on one line, which has no surface to draw"
        )
    return SurfaceView(points, _targets(y), convex_mesh(points).astype(np.float32))


def _columns(X: Array, n_inputs: int, option: str) -> Array:
    """Return ``X`` as a finite array (n, n_inputs), or say why it cannot be drawn."""
    table = X[:, np.newaxis] if X.ndim == 1 and n_inputs == 1 else X
    if table.ndim != 2 or table.shape[1] != n_inputs:
        raise ArgumentError(
            f"Visualizer({option}=True, n_inputs={n_inputs}) draws X of {n_inputs} column(s), "
            f"got X of shape {X.shape}: leave {option} out to see the curves only"
        )
    return _finite(table, "X")


def _targets(y: Array) -> Array:
    """Return targets of one column as a flat, finite array."""
    if y.ndim > 2 or (y.ndim == 2 and y.shape[1] != 1):
        raise ArgumentError(
            f"Visualizer(graph=True) draws y of one column, got y of shape {y.shape}: "
            "leave graph out to see the curves only"
        )
    return _finite(y.reshape(-1), "y")


def _labels(y: Array, n_classes: int) -> Array:
    """Return class numbers (n,) from numbers or from one-hot rows."""
    if y.ndim == 2 and y.shape[1] == n_classes:
        return np.asarray(y.argmax(axis=1))
    flat = y.reshape(-1) if y.ndim == 1 or y.shape[1:] == (1,) else None
    if flat is None or not np.isin(flat, np.arange(n_classes)).all():
        raise ArgumentError(
            f"Visualizer(colorgraph=True): y should hold class numbers from 0 to {n_classes - 1} "
            f"or one-hot rows of {n_classes}; got y of shape {y.shape}"
            + (f" with values from {y.min()} to {y.max()}" if flat is not None else "")
            + ": see n_outputs="
        )
    return flat.astype(np.int64)


def _finite(values: Array, name: str) -> Array:
    """Return ``values`` as floats, unless some are not numbers."""
    if not np.isfinite(values).all():
        raise DataError(f"Visualizer: {name} has values that are infinite or not a number")
    return np.asarray(values, dtype=np.float64)
