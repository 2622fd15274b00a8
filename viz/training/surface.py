"""The panel of a fit to two inputs: a surface in space over the scattered data.

Read next: ``animate``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from matplotlib.tri import Triangulation

from tensorgraph.typing import Array
from tensorgraph.viz import palette
from tensorgraph.viz.training.panels import ViewPanel, legend_above, padded
from tensorgraph.viz.training.views import SurfaceView


class SurfacePanel(ViewPanel):
    """Targets as dots and the fit as a surface, both coloured by height with the same limits."""

    # matplotlib's stubs do not know Axes3D's methods.
    def __init__(self, axes: Any, view: SurfaceView) -> None:
        self.axes = axes
        self.mesh = view.grid
        self.triangles = Triangulation(view.grid[:, 0], view.grid[:, 1]).triangles
        heights = {
            "cmap": palette.SURFACE_COLORMAP,
            "vmin": view.targets.min(),
            "vmax": view.targets.max(),
        }
        axes.computed_zorder = False
        self.surface = axes.plot_trisurf(
            *view.grid.T,
            np.zeros(len(view.grid)),
            triangles=self.triangles,
            linewidth=0.4,
            zorder=1,
            **heights,
        )
        # Edges of the same colour close the seams between the triangles.
        self.surface.set_edgecolor("face")
        dots = axes.scatter(
            *view.points.T,
            view.targets,
            c=view.targets,
            s=6,
            alpha=0.6,
            depthshade=False,
            edgecolors=palette.INK,
            linewidths=0.25,
            zorder=2,
            **heights,
        )
        axes.set(
            xlim=padded(view.points[:, 0], 0.04),
            ylim=padded(view.points[:, 1], 0.04),
            zlim=padded(view.targets, 0.04),
            xlabel="input 0",
            ylabel="input 1",
        )
        axes.set_zlabel("output", labelpad=3)
        shade = colormaps[palette.SURFACE_COLORMAP]
        target = Line2D([], [], linestyle="none", marker="o", markersize=4, color=shade(0.3))
        target.set(label="Target", markeredgecolor=palette.INK, markeredgewidth=0.5)
        fitted = Patch(color=shade(0.6), label="Fitted")
        legend_above(axes, columns=2, handles=[target, fitted])
        for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
            axis.set_major_locator(MaxNLocator(5))
            axis._axinfo["grid"]["color"] = palette.RULE
        # The cube has room around it already, and its labels are more than the layout can place.
        axes.set_position((0.005, 0.0, 0.57, 0.89))
        # Drawn last, the dots stay visible whichever side of the surface they are on.
        self.moving = [self.surface]
        self.above = [dots]

    def update(self, seen: Array) -> None:
        """Show heights (m,) at the points of the mesh."""
        corners = np.column_stack([self.mesh, seen])[self.triangles]
        self.surface.set_verts(corners)
        self.surface.set_array(corners[:, :, 2].mean(axis=1))
        # The axes do this whenever they are drawn, as first they are, but not for every frame.
        if self.axes.M is not None:
            self.surface.do_3d_projection()

    def colors(self) -> Array:
        """Return the colours of the heights."""
        colors = colormaps[palette.SURFACE_COLORMAP](np.linspace(0, 1, 128))
        return np.rint(255 * colors[:, :3]).astype(np.uint8)
