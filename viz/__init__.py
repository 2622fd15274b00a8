"""Pictures: of compute graphs, of networks, and of a training as it goes.

Data stands apart from drawing: modules that make arrays or graphs know nothing of how these are
drawn.
"""

from __future__ import annotations

from tensorgraph.viz.network import network
from tensorgraph.viz.render import graph
from tensorgraph.viz.visualizer import Visualizer

__all__ = ["Visualizer", "graph", "network"]
