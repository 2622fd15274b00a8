"""What holds around every test: no test leaves a mark on the process, and none needs a display."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator

# Before anything imports matplotlib. Programs that tests start inherit it: none waits at a window.
os.environ["MPLBACKEND"] = "Agg"

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import settings

import tensorgraph as tg

settings.register_profile("dev", max_examples=25, deadline=None)
settings.register_profile("ci", max_examples=200, deadline=None, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


def global_state() -> dict[str, object]:
    """Return what a test shares with the rest of the process and must leave as it found it."""
    name, keys, *position = np.random.get_state(legacy=True)  # noqa: NPY002 - it is what we guard
    return {
        "NumPy's global random state": (name, keys.tobytes(), position),
        "Python's global random state": random.getstate(),
        "NumPy's handling of floating-point errors": np.geterr(),
        "NumPy's print options": np.get_printoptions(),
        "matplotlib's rcParams": dict(mpl.rcParams),
        "the working folder": os.getcwd(),
        "whether operations are recorded": len(tg.tape(tg.Tensor(1.0) * 2.0)) > 1,
    }


def open_figures() -> list[int]:
    """Return the numbers of the figures that pyplot holds, without importing pyplot."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    return [] if pyplot is None else list(pyplot.get_fignums())


@pytest.fixture(autouse=True)
def leaves_no_mark() -> Iterator[None]:
    """Fail the test that changed global state or left a figure open; seed the default generator."""
    tg.seed(0)
    before = global_state()
    yield
    figures = open_figures()
    if figures:
        sys.modules["matplotlib.pyplot"].close("all")
    after = global_state()
    changed = [what for what, state in before.items() if after[what] != state]
    assert not changed, f"the test changed {' and '.join(changed)}"
    assert not figures, f"the test left matplotlib figures {figures} open"
