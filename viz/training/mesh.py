"""Points that cover the convex hull of scattered data, to draw a surface where data is.

Read next: ``views``.
"""

from __future__ import annotations

import numpy as np

from tensorgraph.typing import Array

DIRECTIONS = 72
CELLS = 26


def convex_mesh(points: Array) -> Array:
    """Return an even mesh (m, 2) over the convex hull of ``points`` (n, 2), rim included."""
    low, high = points.min(axis=0), points.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    # Both inputs count alike: the mesh is made on the unit square.
    directions, reach = _supports((points - low) / span)
    rim = _along(_corners(directions, reach))
    ticks = np.linspace(0, 1, CELLS + 1)
    lattice = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    # Lattice points close to the rim would only make slivers of triangles.
    inside = np.all(lattice @ directions.T <= reach - 0.5 / CELLS, axis=1)
    return np.asarray(low + span * np.concatenate([rim, lattice[inside]]))


def _supports(points: Array) -> tuple[Array, Array]:
    """Return ``DIRECTIONS`` unit vectors and how far the points reach along each."""
    angles = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    directions = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return directions, (points @ directions.T).max(axis=0)


def _corners(directions: Array, reach: Array) -> Array:
    """Return where the border lines of neighbouring directions meet, (DIRECTIONS, 2)."""
    pairs = np.stack([directions, np.roll(directions, -1, axis=0)], axis=1)
    reaches = np.stack([reach, np.roll(reach, -1)], axis=1)[:, :, np.newaxis]
    return np.linalg.solve(pairs, reaches)[:, :, 0]


def _along(corners: Array) -> Array:
    """Return points one cell apart along the closed polygon of ``corners``, these included."""
    closed = np.concatenate([corners, corners[:1]])
    steps = np.linalg.norm(np.diff(closed, axis=0), axis=1)
    pieces = [
        start + (stop - start) * np.arange(count)[:, np.newaxis] / count
        for start, stop, step in zip(closed[:-1], closed[1:], steps, strict=True)
        for count in [max(1, round(step * CELLS))]
        if step > 0.25 / CELLS
    ]
    return np.concatenate(pieces) if pieces else corners[:1]
