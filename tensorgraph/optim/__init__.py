"""Optimizers: what is done with gradients.

``schedules`` has learning rates that change, ``optimizer`` the base, ``optimizers`` the equations.
"""

from __future__ import annotations

from tensorgraph.optim.optimizer import Optimizer
from tensorgraph.optim.optimizers import SGD, Adagrad, Adam, RMSProp
from tensorgraph.optim.schedules import CosineDecay, Schedule

__all__ = ["SGD", "Adagrad", "Adam", "CosineDecay", "Optimizer", "RMSProp", "Schedule"]
