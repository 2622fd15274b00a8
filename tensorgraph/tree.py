"""Trees of dicts, lists and tuples with values at their leaves: parameters, arguments, gradients.

Whatever is not a dict, list or tuple is a leaf. Dict keys keep their order. Read next:
``transforms``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tensorgraph.errors import ArgumentError


def flatten(tree: Any) -> list[Any]:
    """The leaves of ``tree``, in order."""
    return (
        [leaf for child in _children(tree) for leaf in flatten(child)]
        if _is_branch(tree)
        else [tree]
    )


def unflatten(like: Any, leaves: list[Any]) -> Any:
    """A tree of the form of ``like`` with ``leaves`` in the places of its own."""
    rest = iter(leaves)
    tree = _rebuild(like, rest)
    if next(rest, rest) is not rest:
        raise ArgumentError(f"unflatten(): {len(leaves)} leaves are too many for this tree")
    return tree


def map(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """Apply ``function`` to each leaf, together with the leaves at its place in ``others``."""
    columns = [flatten(other) for other in others]
    leaves = flatten(tree)
    if any(len(column) != len(leaves) for column in columns):
        raise ArgumentError("tree.map(): the trees have different numbers of leaves")
    return unflatten(tree, [function(*row) for row in zip(leaves, *columns, strict=True)])


def _is_branch(tree: Any) -> bool:
    return isinstance(tree, (dict, list, tuple))


def _children(tree: Any) -> list[Any]:
    return list(tree.values()) if isinstance(tree, dict) else list(tree)


def _rebuild(like: Any, leaves: Iterator[Any]) -> Any:
    if not _is_branch(like):
        try:
            return next(leaves)
        except StopIteration:
            raise ArgumentError("unflatten(): too few leaves for this tree") from None
    children = [_rebuild(child, leaves) for child in _children(like)]
    if isinstance(like, dict):
        return dict(zip(like, children, strict=True))
    if hasattr(like, "_fields"):  # a named tuple takes its fields one by one
        return type(like)(*children)
    return type(like)(children)
