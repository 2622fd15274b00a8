"""Rows of ``ops.products`` and ``ops.contractions``. Read next: ``op_specs_arrange``."""

from __future__ import annotations

from typing import Any

import numpy as np

from op_cases import Case, OpSpec, draw
from tensorgraph import ops

Shape = tuple[int, ...]


def of_complex(*shape: int, seed: int = 0) -> np.ndarray:
    return draw(shape, seed=seed) + 1j * draw(shape, seed=seed + 100)


def _pairs(*pairs: tuple[Shape, Shape], **params: Any) -> tuple[Case, ...]:
    return tuple(Case(f"{a} {b}", (draw(a, seed=6), draw(b, seed=7)), params) for a, b in pairs)


def _complex_pair(a: Shape, b: Shape, **params: Any) -> Case:
    return Case(f"complex {a} {b}", (of_complex(*a, seed=6), of_complex(*b, seed=7)), params)


_PRODUCTS = (
    OpSpec(
        "matmul",
        ops.matmul,
        np.matmul,
        (
            *_pairs(
                ((3,), (3,)),
                ((2, 3), (3,)),
                ((3,), (3, 2)),
                ((2, 3), (3, 4)),
                ((4, 2, 3), (3,)),
                ((3,), (4, 3, 2)),
                ((4, 2, 3), (3, 2)),
                ((2, 3), (4, 3, 2)),
                ((4, 2, 3), (4, 3, 2)),
                ((1, 2, 3), (4, 3, 2)),
                ((2, 1, 2, 3), (4, 3, 2)),
                ((0, 3), (3, 2)),
                ((2, 0), (0, 3)),
            ),
            _complex_pair((2, 3), (3, 2)),
            _complex_pair((3,), (3,)),
            Case("complex and real", (of_complex(2, 3), draw((3,)))),
        ),
        differentiable=(0, 1),
    ),
    OpSpec(
        "dot",
        ops.dot,
        np.dot,
        (
            *_pairs(
                ((3,), (3,)),
                ((2, 3), (3,)),
                ((2, 3), (3, 4)),
                ((), (2, 3)),
                ((2, 3), ()),
                ((3,), (4, 3, 2)),
                ((2, 3), (4, 3, 2)),
                ((2, 2, 3), (3, 2)),
                ((2, 2, 3), (4, 3, 2)),
            ),
            _complex_pair((3,), (3, 2)),
            Case("number on the right", (draw((2, 3)), 2.5)),
        ),
        differentiable=(0, 1),
        primitive=False,
    ),
    OpSpec(
        "inner",
        ops.inner,
        np.inner,
        (
            *_pairs(((3,), (3,)), ((2, 3), (3,)), ((2, 3), (2, 2, 3)), ((), (2,)), ((2,), ())),
            _complex_pair((2, 3), (3,)),
        ),
        differentiable=(0, 1),
        primitive=False,
    ),
    OpSpec(
        "outer",
        ops.outer,
        np.outer,
        (*_pairs(((2,), (3,)), ((2, 2), (3,)), ((), (2,))), _complex_pair((2,), (3,))),
        differentiable=(0, 1),
        primitive=False,
    ),
    OpSpec(
        "vdot",
        ops.vdot,
        np.vdot,
        (*_pairs(((3,), (3,)), ((2, 3), (3, 2))), _complex_pair((3,), (3,))),
        differentiable=(0, 1),
        primitive=False,
    ),
    OpSpec(
        "vecdot",
        ops.vecdot,
        np.vecdot,
        (
            *_pairs(((3,), (3,)), ((2, 3), (3,)), ((2, 1, 3), (4, 3))),
            *_pairs(((3, 2), (3, 1)), axis=0),
            *_pairs(((3, 2), (4, 3, 2)), axis=-2, keepdims=True),
            _complex_pair((2, 3), (3,)),
        ),
        differentiable=(0, 1),
        primitive=False,
    ),
    OpSpec(
        "matvec",
        ops.matvec,
        getattr(np, "matvec", ops.matvec),  # which NumPy has from 2.2 on
        (*_pairs(((2, 3), (3,)), ((2, 3), (4, 3))), _complex_pair((2, 2, 3), (2, 3))),
        differentiable=(0, 1),
        primitive=False,
    ),
    OpSpec(
        "vecmat",
        ops.vecmat,
        getattr(np, "vecmat", ops.vecmat),
        (*_pairs(((3,), (3, 2)), ((4, 3), (3, 2))), _complex_pair((2, 3), (2, 3, 2))),
        differentiable=(0, 1),
        primitive=False,
    ),
    OpSpec(
        "kron",
        ops.kron,
        np.kron,
        (
            *_pairs(((2,), (3,)), ((2, 1), (2, 3)), ((2,), (2, 3)), ((2, 1, 2), (2,)), ((), (2,))),
            _complex_pair((2,), (2,)),
        ),
        differentiable=(0, 1),
        primitive=False,
    ),
    OpSpec(
        "tensordot",
        ops.tensordot,
        np.tensordot,
        (
            *_pairs(((2, 3, 2), (3, 2, 2))),
            *_pairs(((2,), (3,)), axes=0),
            *_pairs(((2, 3), (3, 2)), ((2, 0), (0, 3)), axes=1),
            *_pairs(((2, 3, 4), (4, 2)), axes=((0, -1), (1, 0))),
            *_pairs(((2, 3), (2, 3)), axes=(0, 0)),
            *_pairs(((2, 3), (3, 2)), axes=([-1], [0])),
            _complex_pair((2, 3), (3, 2), axes=([0, 1], [1, 0])),
        ),
        differentiable=(0, 1),
        primitive=False,
    ),
)

# --- einsum --------------------------------------------------------------------------------------


def _einsum(xs: list[Any], subscripts: str, **params: Any) -> Any:
    return ops.einsum(subscripts, *xs, **params)


def _numpys_einsum(xs: list[Any], subscripts: str, **params: Any) -> Any:
    return np.einsum(subscripts, *xs, **params)


def _sums(*calls: str, **params: Any) -> tuple[Case, ...]:
    """Cases written as "subscripts of sizes": the sizes of each operand, as digits."""
    cases = []
    for call in calls:
        subscripts, sizes = call.split(" of ")
        shapes = [tuple(map(int, digits)) for digits in sizes.split(",")]
        xs = tuple(draw(shape, seed=i) for i, shape in enumerate(shapes))
        cases.append(Case(call, xs, {"subscripts": subscripts, **params}))
    return tuple(cases)


_PATH = ["einsum_path", (1, 2), (0, 1)]

_EINSUM = (
    OpSpec(
        "einsum",
        _einsum,
        _numpys_einsum,
        (
            *_sums(
                "ij,jk->ik of 23,32",
                "ij,jk of 23,32",
                "ba of 23",
                "i->i of 3",
                "ij-> of 23",
                "ij->i of 23",
                "ij,k->ik of 23,2",
                "ij,jk->ik of 21,32",
                "ij,jk->ik of 23,12",
                "i,i->i of 1,3",
                "i, j ,ij-> of 2,3,23",
                "ii of 33",
                "ii->i of 33",
                "iji->ji of 232",
                "iij,jj of 223,33",
                ",i->i of ,3",
                ",-> of ,",
                "...ij,...jk->...ik of 223,32",
                "...ij,...jk of 2123,232",
                "i...,i... of 23,2",
                "...,... of 23,3",
                "...i->... of 23",
                "ij->...j of 23",
                "ij,j->i of 03,3",
            ),
            *_sums("ij,jk,kl->il of 23,32,22", optimize=True),
            *_sums("ij,jk,kl,lm->im of 23,32,22,21", optimize="optimal"),
            *_sums("ij,jk,kl->il of 32,23,32", optimize=_PATH),
            Case("complex", (of_complex(2, 3), of_complex(3, seed=1)), {"subscripts": "ij,j->i"}),
            Case("complex and real", (of_complex(2, 3), draw((3,))), {"subscripts": "ij,j"}),
        ),
        variadic=True,
        differentiable=(0, 1, 2, 3),
    ),
    OpSpec(
        "einsum, interleaved",
        lambda x, y, labels: ops.einsum(x, labels[0], y, labels[1], *labels[2:]),
        lambda x, y, labels: np.einsum(x, labels[0], y, labels[1], *labels[2:]),
        (
            *_pairs(((2, 3), (3, 2)), labels=([0, 1], [1, 2])),
            *_pairs(((2, 3), (4, 3)), labels=([2, 30], [0, 30], [0, 2])),
            *_pairs(((2, 3), (3,)), labels=([..., 1], [1], [...])),
        ),
        differentiable=(0, 1),
        primitive=False,
    ),
)

# --- the cross product ---------------------------------------------------------------------------


def _numpys_cross_in_the_plane(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """As NumPy has it, and warns that it will drop it."""
    c = np.cross(_in_space(a), _in_space(b))
    return c[..., 2] if a.shape[-1] == b.shape[-1] == 2 else c


def _in_space(x: np.ndarray) -> np.ndarray:
    return x if x.shape[-1] == 3 else np.concatenate((x, np.zeros((*x.shape[:-1], 1), x.dtype)), -1)


_CROSS = (
    OpSpec(
        "cross",
        ops.cross,
        np.cross,
        (*_pairs(((3,), (3,)), ((2, 3), (3,)), ((2, 1, 3), (2, 3))), _complex_pair((3,), (3,))),
        differentiable=(0, 1),
    ),
    OpSpec(
        "cross, along other axes",
        ops.cross,
        np.cross,
        (
            *_pairs(((3, 2), (2, 3)), axisa=0, axisb=1, axisc=0),
            *_pairs(((2, 3, 2), (3, 1)), axis=-2),
        ),
        differentiable=(0, 1),
        primitive=False,
    ),
    OpSpec(
        "cross, in the plane",
        ops.cross,
        _numpys_cross_in_the_plane,
        _pairs(((2, 2), (2,)), ((2, 2), (3,)), ((3,), (2, 2))),
        differentiable=(0, 1),
        primitive=False,
        dispatches=False,
    ),
)

SPECS: tuple[OpSpec, ...] = (*_PRODUCTS, *_EINSUM, *_CROSS)
