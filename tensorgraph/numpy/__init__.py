"""NumPy's namespace, for programs that are to be differentiated.

    import tensorgraph.numpy as np

Almost everything here *is* NumPy's: its functions hand tensors to ours by themselves. What stands
here are the few that make arrays of what they are given without asking it: ``np.array([t, u])``
stacks tensors, and functions of one array take lists with tensors in them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as _numpy
from numpy import *  # the whole namespace

from tensorgraph import creation, ops
from tensorgraph.numpy import fft as fft
from tensorgraph.numpy import linalg as linalg
from tensorgraph.numpy import random as random
from tensorgraph.numpy.lists import holds_tensors, stacked


def array(object: Any, dtype: Any = None, *, ndmin: int = 0, **options: Any) -> Any:
    """NumPy's ``array``; of tensors, or nested lists with tensors in them, a recorded tensor."""
    if not holds_tensors(object):
        return _numpy.array(object, dtype, ndmin=ndmin, **options)
    t = ops.copy(stacked(object))
    t = ops.reshape(t, (1,) * (ndmin - t.ndim) + t.shape) if t.ndim < ndmin else t
    return t if dtype is None else ops.astype(t, dtype)


def _converting(function: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's ``function``; a tensor stays itself, lists with tensors in them are stacked."""

    @functools.wraps(function)
    def convert(a: Any, dtype: Any = None, **options: Any) -> Any:
        if not holds_tensors(a):
            return function(a, dtype, **options)
        t = stacked(a)
        return t if dtype is None else ops.astype(t, dtype)

    return convert


asarray = _converting(_numpy.asarray)
asanyarray = _converting(_numpy.asanyarray)
ascontiguousarray = _converting(_numpy.ascontiguousarray)
asfortranarray = _converting(_numpy.asfortranarray)


def full(shape: Any, fill_value: Any, dtype: Any = None, **options: Any) -> Any:
    """NumPy's ``full``; of a tensor, a recorded tensor."""
    if holds_tensors(fill_value):
        return creation.full(shape, stacked(fill_value), dtype)
    return _numpy.full(shape, fill_value, dtype, **options)


def full_like(a: Any, fill_value: Any, dtype: Any = None, **options: Any) -> Any:
    """NumPy's ``full_like``; of a tensor, a recorded tensor."""
    if holds_tensors(fill_value):
        return creation.full_like(a, stacked(fill_value), dtype)
    return _numpy.full_like(a, fill_value, dtype, **options)


def _of_lists(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` of one array, which may be given as a list with tensors in it."""

    @functools.wraps(function)
    def of_array(*args: Any, **options: Any) -> Any:
        return function(*map(stacked, args[:1]), *args[1:], **options)

    return of_array


_OF_ONE_ARRAY = (
    *("all", "any", "amax", "amin", "argmax", "argmin", "argsort", "average", "cumprod", "cumsum"),
    *("diag", "diff", "max", "mean", "median", "min", "prod", "ptp", "ravel", "reshape", "sort"),
    *("squeeze", "std", "sum", "trace", "transpose", "var"),
)
globals().update({name: _of_lists(getattr(_numpy, name)) for name in _OF_ONE_ARRAY})
