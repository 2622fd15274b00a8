"""BLAS gets one thread for small products, as many as it likes for large ones."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController

from tensorgraph.threads import SMALL, blas_threads_for


def blas_threads() -> list[int]:
    np.ones((2, 2)) @ np.ones((2, 2))
    libraries = ThreadpoolController().select(user_api="blas").info()
    return [library["num_threads"] for library in libraries]


def test_small_products_get_one_thread() -> None:
    with blas_threads_for(SMALL / 2):
        assert blas_threads() == [1] * len(blas_threads())


@pytest.mark.parametrize("multiplications", [SMALL / 2, SMALL])
def test_afterwards_all_is_as_it_was(multiplications: float) -> None:
    before = blas_threads()
    with blas_threads_for(multiplications):
        pass
    assert blas_threads() == before


def test_large_products_get_what_they_had() -> None:
    before = blas_threads()
    with blas_threads_for(SMALL):
        assert blas_threads() == before
