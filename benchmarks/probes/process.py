"""A process for each probe of each library, which may die or never end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from probes.libraries import COLUMNS
from probes.library import Missing
from probes.programs import PROBES
from probes.seen import Seen

FOLDER = Path(__file__).parents[1]


def observe(title: str, name: str, seconds: float, verbose: bool = False) -> Seen:
    """Run one probe of one library in a process of its own."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "probes.process", title, name],
            cwd=FOLDER,
            env={**os.environ, "JAX_PLATFORMS": "cpu"},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Seen(f"no end in {seconds:g} s", False)
    if verbose:
        print(f"--- {title}: {name}\n{done.stderr}", file=sys.stderr)
    if done.returncode < 0:
        return Seen(f"killed by signal {-done.returncode}", False)
    if done.returncode:
        raise SystemExit(f"the probe {name!r} of {title} failed:\n{done.stderr}")
    return Seen(**json.loads(done.stdout.splitlines()[-1]))


def _work(title: str, name: str) -> Seen:
    """Run it here."""
    try:
        return PROBES[name].program(COLUMNS[title].load())
    except Missing as missing:
        return Seen(str(missing), None)


if __name__ == "__main__":
    print(json.dumps(asdict(_work(*sys.argv[1:]))))
