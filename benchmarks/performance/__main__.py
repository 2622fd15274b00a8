"""Measures, and writes the page and the picture.

    cd benchmarks && python -m performance
    python -m performance --quick
    python -m performance --only spiral,multiply --seconds 3

A whole run takes about twelve minutes, and writes docs/performance.md and its picture. Whatever is
shorter writes to build/performance, unless --output names another folder.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from performance import __doc__ as about
from performance.settings import ENVIRONMENT, ROOT

os.environ.update(ENVIRONMENT)

from performance.plot import draw
from performance.race import Times
from performance.report import goals, page
from performance.workloads import FULL, QUICK, WORKLOADS, Settings


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m performance", description=(about or "").splitlines()[0]
    )
    parser.add_argument(
        "--quick", action="store_true", help="to see that it works: figures are bad"
    )
    parser.add_argument("--only", help=f"with commas between: {', '.join(WORKLOADS)}")
    parser.add_argument("--seconds", type=float, help="for a workload, about")
    parser.add_argument("--output", type=Path, help="folder for the page")
    parser.add_argument("--verbose", action="store_true", help="what workers say, too")
    options = parser.parse_args()
    options.names = options.only.split(",") if options.only else list(WORKLOADS)
    for name in options.names:
        if name not in WORKLOADS:
            parser.error(f"there is no workload {name!r}: there are {', '.join(WORKLOADS)}")
    return options


def settings_of(options: argparse.Namespace) -> Settings:
    settings = QUICK if options.quick else FULL
    seconds = options.seconds or settings.seconds
    return settings._replace(seconds=seconds, verbose=options.verbose)


def folder_of(options: argparse.Namespace) -> Path:
    whole = not (options.quick or options.only or options.seconds)
    return options.output or (ROOT / "docs" if whole else ROOT / "build" / "performance")


def measured(names: list[str], settings: Settings) -> dict[str, Times]:
    results = {}
    for name in names:
        start = time.perf_counter()
        print(f"{name} ...", end="", file=sys.stderr, flush=True)
        results[name] = WORKLOADS[name].run(settings)
        print(f" {time.perf_counter() - start:.0f} s", file=sys.stderr)
    return results


def main() -> None:
    options = arguments()
    results = measured(options.names, settings_of(options))
    folder = folder_of(options)
    picture = Path("pictures") / "performance.png"
    draw(results, folder / picture)
    text = page(results, picture.as_posix())
    (folder / "performance.md").write_text(text, encoding="utf-8")
    print("\n".join(goals(results)))
    print(f"wrote {folder / 'performance.md'} and {folder / picture}")


if __name__ == "__main__":
    main()
