"""What a notebook shows of tensors, tapes, programs and models, in a real kernel."""

from __future__ import annotations

from typing import Any

import nbformat
import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter
from nbclient import NotebookClient

import tensorgraph as tg
from drawings import chain, formula
from tensorgraph import nn
from tensorgraph.models import Model
from tensorgraph.viz.notebook import MOST_VALUES

SVG, TEXT = "image/svg+xml", "text/plain"

BEFORE = """
import numpy as np
import tensorgraph as tg
from tensorgraph import losses, nn
from tensorgraph.models import Model

x = tg.Tensor(2.0, "x")
y = tg.exp(x) * x
f = tg.compile(lambda v: v * v + 1.0)
f(np.ones(3))
w = tg.Tensor(np.ones(3), "w")

@tg.compile
def step(v):
    loss = tg.sum(tg.sin(w * v))
    loss.backward()
    return loss

step(np.ones(3))
model = Model([nn.Dense(2, 3), nn.Softmax()], seed=0)
model.set(loss=losses.CategoricalCrossentropy())
model.finalize()
"""
STALE = "w = tg.Tensor(1.0); z = tg.exp(w); w.data = 2.0; z"
CELLS = {
    "before": BEFORE + "y",
    "import": "from tensorgraph import viz",
    "tensor": "y",
    "leaf": "x",
    "tape": "tg.tape(y)",
    "tape of two": "tg.tape(y, tg.sin(x))",
    "program": "f.program",
    "program of a step": "step.program",
    "program before": "step.program_before",
    "model": "model",
    "not finalized": "Model([nn.Dense(2, 3)])",
    "stale": STALE,
    "tree": "viz.tree(y)",
    "error": "try:\n    y @ w\nexcept ValueError as error:\n    died = viz.graph(error)\ndied",
}


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Return what a notebook shows below each of the cells, by media type."""
    # A kernel imports from its own folder first, and the sources' folder has no tensorgraph.models.
    elsewhere = {"metadata": {"path": str(tmp_path_factory.mktemp("notebook"))}}
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS.values()]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, kernel_name="python3", resources=elsewhere, timeout=100).execute()
    results: dict[str, dict[str, str]] = {}
    for name, cell in zip(CELLS, notebook.cells, strict=True):
        assert not any(out.get("name") == "stderr" for out in cell.outputs), cell.outputs
        results[name] = next((out["data"] for out in cell.outputs if "data" in out), {})
    return results


Outputs = dict[str, dict[str, str]]


def test_without_viz_a_tensor_is_text(shown: Outputs) -> None:
    assert shown["before"] == {TEXT: "Tensor(14.7781)"}


def test_a_tensor_is_its_text_and_its_graph(shown: Outputs) -> None:
    assert shown["tensor"][TEXT] == "Tensor(14.7781)"
    assert ">exp</text>" in shown["tensor"][SVG]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("leaf", "Tensor(2., name='x')"),
        ("not finalized", "<Model of 1 layers, not finalized>"),
        ("stale", "Tensor(2.7183)"),
    ],
)
def test_what_has_no_graph_is_text(shown: Outputs, cell: str, text: str) -> None:
    assert shown[cell] == {TEXT: text}


def test_a_tape_is_its_table_and_its_graph(shown: Outputs) -> None:
    assert "operation" in shown["tape"][TEXT].splitlines()[0]
    assert ">exp</text>" in shown["tape"][SVG]


def test_a_tape_of_two_outputs_is_its_table(shown: Outputs) -> None:
    assert len(shown["tape of two"][TEXT].splitlines()) == 5


@pytest.mark.parametrize("cell", ["program", "program of a step", "program before"])
def test_a_program_is_its_text_and_its_graph(shown: Outputs, cell: str) -> None:
    assert shown[cell][TEXT].splitlines()[-1].startswith("  return ")
    assert ">forward</text>" in shown[cell][SVG]


def test_the_graph_of_a_step_has_its_phases(shown: Outputs) -> None:
    assert ">backward</text>" in shown["program of a step"][SVG]


def test_a_model_is_its_summary_and_its_graph(shown: Outputs) -> None:
    assert "9 parameters" in shown["model"][TEXT]
    assert ">dense_1</text>" in shown["model"][SVG]


def test_a_tree_is_its_text(shown: Outputs) -> None:
    assert shown["tree"][TEXT].splitlines()[0].startswith("×")


def test_a_pass_that_died_is_its_graph(shown: Outputs) -> None:
    assert "failed: matmul() cannot take operands of" in shown["error"][SVG]


# --- without a kernel ----------------------------------------------------------------------------


def test_an_ipython_that_starts_later_shows_graphs() -> None:
    shown, _ = DisplayFormatter().format(formula())
    assert set(shown) == {TEXT, SVG}


def test_a_large_tape_is_not_drawn_unasked() -> None:
    assert set(DisplayFormatter().format(chain(10_000))[0]) == {TEXT}


def test_a_large_program_is_not_drawn_unasked() -> None:
    f = tg.compile(tg.sin)
    f(np.ones(3))
    large = f.program.replaced(f.program.equations * (MOST_VALUES + 1))
    assert set(DisplayFormatter().format(f.program)[0]) == {TEXT, SVG}
    assert set(DisplayFormatter().format(large)[0]) == {TEXT}


def test_a_terminal_draws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Any] = []
    monkeypatch.setattr(tg.display.Shown, "_drawn_by", drawn.append)
    formatter = DisplayFormatter()
    formatter.active_types = [TEXT]
    assert set(formatter.format(formula())[0]) == {TEXT}
    assert drawn == []


def test_a_model_before_finalize_prints_in_a_line() -> None:
    assert repr(Model([nn.Dense(2, 3)])) == "<Model of 1 layers, not finalized>"


def test_a_finalized_model_prints_its_summary(capsys: pytest.CaptureFixture[str]) -> None:
    model = Model([nn.Dense(2, 3)])
    model.finalize()
    model.summary()
    assert capsys.readouterr().out == f"{model}\n"
