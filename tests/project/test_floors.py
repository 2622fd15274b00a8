"""What the floors ask and import-linter does not see; `make floors` checks the rest."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    path for folder in ("tensorgraph", "models", "viz") for path in (ROOT / folder).rglob("*.py")
)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
HEAVY = {"graphviz", "matplotlib", "pygraphviz", "tensorgraph.models", "tensorgraph.viz"}


def is_import(node: ast.AST) -> bool:
    """Is ``node`` an import statement, or a call that imports by name?"""
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func)
        return name in {"__import__", "import_module", "importlib.import_module"}
    return isinstance(node, ast.Import | ast.ImportFrom)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_function_imports(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, FUNCTIONS)]
    importers = {
        getattr(function, "name", "lambda")
        for function in functions
        if any(is_import(node) for node in ast.walk(function))
    }
    # The one place where an optional package is imported late.
    allowed = {"require"} if path == ROOT / "tensorgraph" / "errors.py" else set()
    assert importers <= allowed


def test_importing_tensorgraph_draws_in_no_drawing_library() -> None:
    program = "import sys, tensorgraph; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    assert HEAVY.isdisjoint(loaded)
