"""BLAS gets one thread for small products, as many as it likes for large ones.

It has one number for the whole process, and several threads may ask at the same time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from threadpoolctl import OpenBLASController, ThreadpoolController

from tensorgraph import threads
from tensorgraph.threads import SMALL, blas_threads_for


def blas_threads() -> list[int]:
    np.ones((2, 2)) @ np.ones((2, 2))
    libraries = ThreadpoolController().select(user_api="blas").info()
    return [library["num_threads"] for library in libraries]


@pytest.fixture(autouse=True)
def libraries_of_now() -> None:
    """Other tests may have loaded another BLAS since the controller looked for them."""
    threads._controller.cache_clear()


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


# --- several at a time ---------------------------------------------------------------------------


@pytest.fixture
def two_threads() -> Iterator[list[int]]:
    """BLAS with two threads, also where the machine has one core."""
    limit = ThreadpoolController().limit(limits=2, user_api="blas")
    OpenBLASController.clear_controlling_thread()  # so that other threads may set it too
    yield [2] * len(blas_threads())
    limit.restore_original_limits()
    OpenBLASController.clear_controlling_thread()


def test_the_first_to_go_out_leaves_one_thread_to_the_other(two_threads: list[int]) -> None:
    first, second = blas_threads_for(1), blas_threads_for(1)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert blas_threads() == [1] * len(two_threads)
    second.__exit__(None, None, None)


def test_the_last_to_go_out_sets_back_what_the_first_one_found(two_threads: list[int]) -> None:
    first, second = blas_threads_for(1), blas_threads_for(1)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    second.__exit__(None, None, None)
    assert blas_threads() == two_threads


def test_the_last_to_go_out_may_be_another_thread(two_threads: list[int]) -> None:
    inside, outside = threading.Event(), threading.Event()

    def work() -> None:
        with blas_threads_for(1):
            inside.set()
            outside.wait()

    thread = threading.Thread(target=work)
    with blas_threads_for(1):
        thread.start()
        inside.wait()
    assert blas_threads() == [1] * len(two_threads)
    outside.set()
    thread.join()
    assert blas_threads() == two_threads


def test_an_error_inside_counts_as_going_out(two_threads: list[int]) -> None:
    with pytest.raises(ZeroDivisionError), blas_threads_for(1), blas_threads_for(1):
        raise ZeroDivisionError
    assert blas_threads() == two_threads


def test_after_many_threads_all_is_as_it_was(two_threads: list[int]) -> None:
    seen: list[list[int]] = []

    def work() -> None:
        for _ in range(20):
            with blas_threads_for(1):
                seen.append(blas_threads())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [[1] * len(two_threads)] * 80
    assert blas_threads() == two_threads
