"""How many threads a matrix product gets.

BLAS starts as many threads as there are cores. In the small products of small networks they only
wait for each other, and training takes several times as long; they also add in another order, so
that the same seed gives other last digits on another machine. Read next: ``source``.
"""

from __future__ import annotations

import functools
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from threadpoolctl import ThreadpoolController

SMALL = 1e8
"""Multiplications in one matrix product below which a second thread costs more than it brings."""


@functools.cache
def _controller() -> ThreadpoolController:
    """Looking for the libraries takes milliseconds, so it is done once."""
    return ThreadpoolController()


def blas_threads_for(multiplications: float) -> AbstractContextManager[Any]:
    """Inside ``with``, BLAS uses one thread if the largest product has so few multiplications."""
    if multiplications >= SMALL:
        return nullcontext()
    limited: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return limited
