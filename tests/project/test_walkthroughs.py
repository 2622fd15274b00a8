"""Every walkthrough is executed as the notebook that it is."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import jupytext
import numpy as np
from nbclient import NotebookClient

from example_runs import EXAMPLES

WALKTHROUGHS = EXAMPLES / "walkthroughs"


def executed(name: str, folder: Path) -> list[Any]:
    """Return the outputs of a walkthrough's cells, executed in a kernel of this interpreter."""
    notebook = jupytext.read(WALKTHROUGHS / name)
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, kernel_name="python3", timeout=100, resources=resources)
    # As in a notebook that somebody looks at: figures are shown under their cells.
    client.execute(env=os.environ | {"MPLBACKEND": "module://matplotlib_inline.backend_inline"})
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def printed(outputs: list[Any]) -> str:
    """Return what the cells print."""
    return "".join(output["text"] for output in outputs if output.get("name") == "stdout")


def shown(outputs: list[Any], kind: str) -> int:
    """Return how many outputs are shown as ``kind``."""
    return sum(kind in output.get("data", {}) for output in outputs)


def test_every_walkthrough_is_executed() -> None:
    assert {path.name for path in WALKTHROUGHS.glob("*.py")} == {"derivative.py", "spiral.py"}


def test_derivative(tmp_path: Path) -> None:
    outputs = executed("derivative.py", tmp_path)
    assert shown(outputs, "image/svg+xml") == 1
    assert "by hand         1.3670786294\n" in printed(outputs)
    assert "by tape         1.3670786294\n" in printed(outputs)
    assert "1 call by tape\n" in printed(outputs)
    assert "2000 calls by differences\n" in printed(outputs)


def test_spiral(tmp_path: Path) -> None:
    outputs = executed("spiral.py", tmp_path)
    assert shown(outputs, "image/svg+xml") == 3
    assert shown(outputs, "image/png") == 2
    row = re.compile(r"^(?:formula|tensors|layers|model) +(\S+)  (\S+)$", re.MULTILINE)
    losses = np.array(row.findall(printed(outputs)), float)
    assert losses.shape == (4, 2)
    np.testing.assert_allclose(losses, losses[[0, 0, 0, 0]], rtol=1e-8)
    (accuracy,) = re.findall(r"^(\S+)% of 300 new points", printed(outputs), re.MULTILINE)
    assert float(accuracy) > 80
