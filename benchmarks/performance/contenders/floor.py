"""Somebody else's planned NumPy: the file that $TENSORGRAPH_FLOOR names."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

from performance.contenders import Missing
from performance.networks import NETWORKS, Network
from performance.settings import FLOOR

NAMES = {"spiral": "spiral", "fashion-128": "fashion"}


def step(network: Network, accuracy: bool = False) -> Callable[[], Any]:
    names = [theirs for ours, theirs in NAMES.items() if NETWORKS[ours] == network]
    if not names:
        raise Missing
    spec = importlib.util.spec_from_file_location("floor", FLOOR)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.make_step(names[0], accuracy)
