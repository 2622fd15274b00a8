"""A process in which contenders work, on one core and one thread, as they are told.

It reads a request a line, and answers each with a line. Read next: ``race``.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import textwrap
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any, TextIO


class Clocked(ABC):
    """What a contender gives that looks at the clock itself."""

    @abstractmethod
    def seconds(self, n: int, now: Callable[[], float]) -> float:
        """Do it ``n`` times."""


class Worker:
    """The answers to requests; each method is one kind."""

    def __init__(self) -> None:
        self._calls: dict[str, Any] = {}

    def make(self, title: str, function: str, arguments: dict[str, Any], entry: str) -> None:
        """Get an entry ready, without running it."""
        self._calls[entry] = _function(title, function)(**_with_network(arguments))

    def run(self, entry: str, n: int) -> float:
        """How many seconds ``n`` calls take."""
        call = self._calls[entry]
        if isinstance(call, Clocked):
            return call.seconds(n, time.perf_counter)
        start = time.perf_counter()
        for _ in range(n):
            call()
        return time.perf_counter() - start

    def settle(self) -> None:
        """Leave what is there now to itself: no contender pays for the others' objects."""
        gc.collect()
        gc.freeze()

    def memory(self, title: str, arguments: dict[str, Any], rows: int) -> Any:
        """MB at most while ``fit`` runs: more than after import, and more than with the data."""
        fit = _function(title, "fit")
        from performance.networks import examples

        known = _with_network(arguments)
        imported = _resident("VmRSS")
        X, y = examples(known["network"], rows)
        loaded = _resident("VmRSS")
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")  # the peak until now was that of the import
        fit(X=X, y=y, **known)
        peak = _resident("VmHWM")
        return {"data": peak - imported, "training": peak - loaded}


def _function(title: str, name: str) -> Callable[..., Any]:
    """The contender's function of that name, with its options."""
    from performance.contenders import CONTENDERS

    contender = CONTENDERS[title]
    module = importlib.import_module(f"performance.contenders.{contender.module}")
    return partial(getattr(module, name), **contender.options)


def _with_network(arguments: dict[str, Any]) -> dict[str, Any]:
    from performance.networks import NETWORKS

    if "network" not in arguments:
        return arguments
    return {**arguments, "network": NETWORKS[arguments["network"]]}


def _resident(what: str) -> float:
    """MB of memory of this process: VmRSS now, VmHWM at most."""
    with open("/proc/self/status") as file:
        line = next(line for line in file if line.startswith(what))
    return int(line.split()[1]) / 1024


def answer(worker: Worker, request: str) -> dict[str, Any]:
    """What is to be said to a request; an error is an answer too."""
    from performance.contenders import Missing

    kind, arguments = json.loads(request)
    try:
        return {"value": getattr(worker, kind)(**arguments)}
    except Missing as missing:
        return {"missing": str(missing)}
    except BaseException as error:
        lines = str(error).strip().splitlines() or [""]
        words = f"{type(error).__name__}: {lines[0]}"
        return {"error": textwrap.shorten(words, 60, placeholder=" ...")}


def own_output() -> TextIO:
    """The pipe to whoever asks; what libraries print goes elsewhere from now on."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return out


def main() -> None:
    from performance.settings import take_one_core

    take_one_core()
    out = own_output()
    worker = Worker()
    for request in sys.stdin:
        print(json.dumps(answer(worker, request)), file=out, flush=True)


if __name__ == "__main__":
    # Under its own name: contenders import what stands here.
    from performance import worker

    worker.main()
