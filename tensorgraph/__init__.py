"""Neural networks on a tape that can be run backward, drawn, animated and explained.

    import tensorgraph as tg

    x = tg.Tensor(2.0, name="x")
    y = tg.exp(x) * x
    y.backward()
    x.grad

To read the source, take the modules from the ground floor up; each names the next: ``errors``,
``display``, ``config``, ``typing``, ``random``, ``threads``, ``interrupts``, ``source``,
``recording``, ``fingerprint``, ``storage``, ``tape``, ``primitive``, ``failure``, ``ops``,
``reverse_mode``, ``forward_mode``, ``numpy_table``, ``operators``, ``explain``, ``lints``,
``tensor``, ``creation``, ``debug``, ``numpy``, ``tree``, ``transforms``, ``jacobians``,
``batching``, ``checkpointing``, ``testing``, ``extend``, ``compiler``, ``nn``, ``losses``,
``penalties``, ``metrics``, ``data``, ``optim``, ``train``, ``serialize``; then the packages
``tensorgraph.viz`` and ``tensorgraph.models``, which are imported by name.
"""

from __future__ import annotations

from tensorgraph import (
    creation,
    data,
    errors,
    extend,
    losses,
    metrics,
    nn,
    numpy,
    ops,
    optim,
    penalties,
    testing,
    tree,
)
from tensorgraph.batching import vmap
from tensorgraph.checkpointing import checkpoint
from tensorgraph.compiler import compile
from tensorgraph.creation import *
from tensorgraph.debug import detect_anomaly
from tensorgraph.jacobians import elementwise_grad, hessian, hvp, jacobian
from tensorgraph.ops import *
from tensorgraph.random import seed
from tensorgraph.recording import no_grad
from tensorgraph.tape import Tape, tape
from tensorgraph.tensor import Tensor
from tensorgraph.transforms import grad, jvp, stop_gradient, value_and_grad, vjp

__version__ = "0.1.0"

__all__ = [
    "Tape",
    "Tensor",
    "checkpoint",
    "compile",
    "data",
    "detect_anomaly",
    "elementwise_grad",
    "errors",
    "extend",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "losses",
    "metrics",
    "nn",
    "no_grad",
    "numpy",
    "optim",
    "penalties",
    "seed",
    "stop_gradient",
    "tape",
    "testing",
    "tree",
    "value_and_grad",
    "vjp",
    "vmap",
]
__all__ += creation.__all__
__all__ += ops.__all__
