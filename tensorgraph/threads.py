"""How many threads a matrix product gets.

BLAS starts as many threads as there are cores. In the small products of small networks they only
wait for each other, and training takes several times as long; they also add in another order, so
that the same seed gives other last digits on another machine. Read next: ``interrupts``.
"""

from __future__ import annotations

import functools
import threading
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from threadpoolctl import OpenBLASController, ThreadpoolController

SMALL = 1e8
"""Multiplications in one matrix product below which a second thread costs more than it brings."""


@functools.cache
def _controller() -> ThreadpoolController:
    """Looking for the libraries takes milliseconds, so it is done once."""
    return ThreadpoolController()


class _OneThread(AbstractContextManager[None]):
    """Inside ``with``, BLAS uses one thread, as long as anybody is inside.

    BLAS has one number for the whole process: the first thread to come in sets it, and the last to
    go out sets it back to what the first one found. threadpoolctl lets only one thread set it until
    that one gives it up, which is at once here: the last one out may be another.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._limit: Any = None

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._limit = _controller().limit(limits=1, user_api="blas")
                OpenBLASController.clear_controlling_thread()
            self._inside += 1

    def __exit__(self, *exc: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._limit.restore_original_limits()
                OpenBLASController.clear_controlling_thread()


_ONE_THREAD = _OneThread()


def blas_threads_for(multiplications: float) -> AbstractContextManager[None]:
    """Inside ``with``, BLAS uses one thread if the largest product has so few multiplications.

    So do large products that another thread computes meanwhile.
    """
    return nullcontext() if multiplications >= SMALL else _ONE_THREAD
