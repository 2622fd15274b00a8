"""Every example is run as a reader would run it; that of Fashion-MNIST has its own tests."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from example_runs import EXAMPLES, assert_is_sound, files_named, in_pictures, run

# Arguments that make it short, the files it writes, a line it prints.
SMALL: dict[str, tuple[list[str], list[str], str]] = {
    "spiral.py": (
        ["--epochs", "20"],
        [
            "spiral.gif",
            "spiral_graph.svg",
            "spiral_graph.png",
            "spiral_network.svg",
            "spiral_network.png",
        ],
        r"on 300 other points: accuracy 0\.\d{3}, loss \d\.\d{3}",
    ),
    "binary_spiral.py": (
        ["--epochs", "20"],
        ["binary_spiral.gif"],
        r"on 200 other points: accuracy 0\.\d{3}, loss \d\.\d{3}",
    ),
    "sine.py": (
        ["--epochs", "20"],
        ["sine.gif"],
        r"largest distance between the fitted curve and the sine: \d\.\d{4}",
    ),
    "surface.py": (
        ["--epochs", "3"],
        ["surface.gif"],
        r"typical distance from the exact surface: 0\.\d{4}, where the noise has 0\.01",
    ),
    "expression.py": (
        [],
        ["expression.svg", "expression.png"],
        r"f\(x, y, z\) = exp\(-x y\) \+ x sin²\(z\) = 2\.530411",
    ),
    "compiled.py": (
        ["--steps", "20"],
        ["spiral_step.py"],
        r"a step takes \d+ us as it is, and \d+ us compiled",
    ),
    "own_primitive.py": (
        [],
        ["own_primitive.svg", "own_primitive.png"],
        r"scaled\(\) has no derivative rule for its argument 'by': .*",
    ),
}


def test_every_example_is_run() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == {*SMALL, "fashion_mnist.py"}


@pytest.mark.parametrize("example", SMALL)
def test_example_prints_its_result_and_draws_the_files_it_names(
    example: str, tmp_path: Path
) -> None:
    arguments, files, line = SMALL[example]
    printed = run(example, *arguments, cwd=tmp_path)
    assert re.search(f"^{line}$", printed, re.MULTILINE)
    assert files_named(printed) == in_pictures(*files)
    assert {path.name for path in (tmp_path / "pictures").iterdir()} == set(files)
    for name in files:
        assert_is_sound(tmp_path / "pictures" / name)


@pytest.mark.parametrize("example", SMALL)
def test_example_writes_where_it_is_told(example: str, tmp_path: Path) -> None:
    arguments, files, _ = SMALL[example]
    arguments = [argument.replace("20", "1") for argument in arguments]
    run(example, *arguments, "--output", tmp_path / "a" / "b", cwd=tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"a"}
    assert {path.name for path in (tmp_path / "a" / "b").iterdir()} == set(files)


def test_expression_has_the_gradient_of_differences_and_of_calculus(tmp_path: Path) -> None:
    printed = run("expression.py", cwd=tmp_path)
    rows = re.findall(r"^[xyz] +\S+ +(\S+) +(\S+)$", printed, re.MULTILINE)
    tape, differences = np.array(rows, float).T
    np.testing.assert_allclose(tape, differences, rtol=1e-6)
    x, y, z = 0.5, -1.5, 2.0
    by_hand = [-y * np.exp(-x * y) + np.sin(z) ** 2, -x * np.exp(-x * y), x * np.sin(2 * z)]
    np.testing.assert_allclose(tape, by_hand, atol=1e-8)


def test_own_primitive_has_the_derivatives_of_calculus_and_catches_the_wrong_rule(
    tmp_path: Path,
) -> None:
    printed = run("own_primitive.py", cwd=tmp_path)
    slope, bend = map(float, re.findall(r"at 0\.5: (\S+) (\S+)", printed)[0])
    s = 1 / (1 + np.exp(-0.5))
    assert slope == pytest.approx(s + 0.5 * s * (1 - s))
    assert bend == pytest.approx(s * (1 - s) * (2 + 0.5 * (1 - 2 * s)))
    assert re.search(r"^wrong\(\): .* disagrees with central differences$", printed, re.MULTILINE)
