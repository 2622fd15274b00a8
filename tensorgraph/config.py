"""What an object was made with, as plain data: how saved files remember layers.

Read next: ``typing``.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

_PLAIN = (type(None), bool, int, float, str, np.bool_, np.integer, np.floating)


def constructor_arguments(thing: object, as_class: type) -> dict[str, Any]:
    """The arguments of the constructor of ``as_class`` that ``thing`` keeps under their names.

    Those that JSON cannot hold (a function, a generator) are left out. NumPy's numbers are kept
    as they are: whoever writes the JSON makes them Python's.
    """
    names = inspect.signature(as_class).parameters
    kept = {name: getattr(thing, name) for name in names if hasattr(thing, name)}
    return {name: value for name, value in kept.items() if _is_plain(value)}


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(item) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return all(_is_plain(item) for item in value)
    return isinstance(value, _PLAIN)
