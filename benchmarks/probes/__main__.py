"""Prints the table.

    cd benchmarks && python -m probes
    python -m probes --words --library tensorgraph --only "backward twice" --verbose

✓ is right, ✗ is wrong, and – is a thing that the library does not have.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from probes import __doc__ as about
from probes import table
from probes.libraries import COLUMNS
from probes.process import observe
from probes.programs import PROBES


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m probes", description=about.splitlines()[0])
    parser.add_argument("--words", action="store_true", help="what was seen, beside each mark")
    parser.add_argument("--only", action="append", help="the name of a probe", choices=PROBES)
    parser.add_argument("--library", action="append", help="the title of a column", choices=COLUMNS)
    parser.add_argument("--seconds", type=float, default=60, help="the limit of one process")
    parser.add_argument("--verbose", action="store_true", help="all that was said, too")
    return parser.parse_args()


def rows(titles: list[str], options: argparse.Namespace) -> Iterator[table.Row]:
    """Observe one probe after the other, its libraries side by side."""
    with ThreadPoolExecutor(os.cpu_count()) as workers:
        for name in options.only or PROBES:
            jobs = [
                workers.submit(observe, title, name, options.seconds, options.verbose)
                for title in titles
            ]
            yield table.Row(name, PROBES[name].right, [job.result() for job in jobs])


def main() -> None:
    options = arguments()
    wanted = options.library or COLUMNS
    titles = [title for title in COLUMNS if title in wanted and COLUMNS[title].is_installed]
    headers = [COLUMNS[title].header for title in titles]
    show = table.words if options.words else table.marks
    for line in show(headers, rows(titles, options)):
        print(line, flush=True)


if __name__ == "__main__":
    main()
