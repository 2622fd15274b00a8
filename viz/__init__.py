"""Pictures: of compute graphs, of networks, and of a training as it goes.

Data stands apart from drawing: modules that make arrays or graphs know nothing of how these are
drawn. ``graphs``, ``networks`` and ``training`` stand side by side on ``drawing`` and ``palette``.
"""

from __future__ import annotations

from tensorgraph.display import Shown
from tensorgraph.viz.graphs.render import diff, graph
from tensorgraph.viz.networks.network import network
from tensorgraph.viz.notebook import svg_of
from tensorgraph.viz.text.tree import tree
from tensorgraph.viz.training.visualizer import Visualizer

__all__ = ["Visualizer", "diff", "graph", "network", "tree"]

Shown._drawn_by = svg_of  # from here on, notebooks show graphs
