"""Rows of ``ops.linalg``. Read next: ``op_specs_fft``.

Complex eigenvectors and singular vectors have a free phase: they are tested through products in
which it cancels. Exact and structural tests stand in ``engine/test_linalg.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any

import numpy as np

from op_cases import Case, OpSpec, draw
from tensorgraph.ops import linalg
from tensorgraph.ops.linalg import determinants, eigen, factors, helpers, singular

Function = Callable[..., Any]


def of_complex(*shape: int, seed: int = 0) -> np.ndarray:
    return draw(shape, seed=seed) + 1j * draw(shape, seed=seed + 100)


def regular(*shape: int, seed: int = 0, field: str = "real") -> np.ndarray:
    """Matrices far from singular, with distinct eigenvalues and singular values."""
    a = draw(shape, (-1.0, 1.0), seed=seed)
    if field == "complex":
        a = a + 1j * draw(shape, (-1.0, 1.0), seed=seed + 100)
    return a + np.diag(np.arange(2.0, 2.0 + shape[-1]))


def positive(*shape: int, seed: int = 0, field: str = "real") -> np.ndarray:
    """Hermitian positive definite matrices."""
    a = regular(*shape, seed=seed, field=field) / 2
    return a @ a.conj().mT


A, B = regular(3, 3), regular(3, 3, seed=1)
Z = regular(2, 2, seed=2, field="complex")
STACK = regular(2, 2, 2, seed=3)
TALL, WIDE = draw((3, 2), seed=4), draw((2, 3), seed=5)
TALL_Z, WIDE_Z = of_complex(3, 2, seed=4), of_complex(2, 3, seed=5)
RANK_2 = np.array([[1.0, 2.0, 3.0], [0.5, -1.0, 1.0], [1.5, 1.0, 4.0]])
RANK_1 = np.outer([1.0, -0.5, 2.0], [0.3, 1.0, -1.5])
P, P_Z, P_STACK = positive(3, 3), positive(2, 2, field="complex"), positive(2, 2, 2, seed=1)
LOWER, LOWER_Z = np.tril(P), np.tril(P_Z)  # what alone is read
TURNING = np.array([[1.0, -2.0, 0.3], [2.0, 1.5, 0.1], [0.2, 0.5, -1.0]])  # a complex pair

SQUARE = (Case("real", (A,)), Case("complex", (Z,)), Case("stack", (STACK,)))
HERMITIAN = (
    Case("real", (P,)),
    Case("complex", (P_Z,)),
    Case("stack", (P_STACK,)),
    Case("the lower triangle", (LOWER,)),
    Case("the lower triangle, complex", (LOWER_Z,)),
)


def _of(**cases: Any) -> tuple[Case, ...]:
    """Cases of one operand: name = array, or (array, params)."""
    return tuple(
        Case(name.replace("_", " "), *(((x[0],), x[1]) if isinstance(x, tuple) else ((x,),)))
        for name, x in cases.items()
    )


def _result(which: Any, *functions: Function) -> list[Function]:
    """Functions that give one of several results."""
    take = itemgetter(which)
    return [lambda *xs, f=f, **params: take(f(*xs, **params)) for f in functions]


def _packed(numpys: Function, *order: int) -> Function:
    """The results of NumPy's function as our row packs them."""
    return lambda *xs, **params: helpers._pack(*itemgetter(*order)(numpys(*xs, **params)))


# --- systems, inverses, determinants -------------------------------------------------------------


def _numpys_adjugate(a: np.ndarray) -> np.ndarray:
    return np.linalg.det(a)[..., None, None] * np.linalg.inv(a)


def _numpys_slope(a: np.ndarray, k: np.ndarray) -> np.ndarray:
    """The differences of the adjugate, which is a polynomial: exact but for rounding."""
    inverse = np.linalg.inv(a)
    x = inverse @ k
    traces = np.trace(x, axis1=-2, axis2=-1)[..., None, None]
    return (np.linalg.det(a)[..., None, None] * (traces * inverse - x @ inverse)).mT


_SYSTEMS = (
    OpSpec(
        "solve",
        linalg.solve,
        np.linalg.solve,
        (
            Case("matrices", (A, draw((3, 2)))),
            Case("complex", (Z, of_complex(2, 1))),
            Case("stack and matrix", (STACK, draw((2, 3)))),
            Case("matrix and stack", (Z.real, draw((2, 2, 1)))),
        ),
        differentiable=(0, 1),
    ),
    OpSpec(
        "linalg.solve, a vector",
        linalg.solve,
        np.linalg.solve,
        (Case("vector", (A, draw((3,)))), Case("stack and vector", (STACK, draw((2,))))),
        differentiable=(0, 1),
        primitive=False,
    ),
    OpSpec("inv", linalg.inv, np.linalg.inv, SQUARE),
    OpSpec(
        "linalg.tensorsolve",
        linalg.tensorsolve,
        np.linalg.tensorsolve,
        (
            Case("pairs", (regular(4, 4).reshape(2, 2, 4), draw((2, 2)))),
            Case("axes", (regular(4, 4).reshape(2, 4, 2), draw((2, 2))), {"axes": (1,)}),
        ),
        differentiable=(0, 1),
        primitive=False,
    ),
    OpSpec(
        "linalg.tensorinv",
        linalg.tensorinv,
        np.linalg.tensorinv,
        _of(
            pairs=regular(4, 4).reshape(2, 2, 4),
            one=(regular(4, 4).reshape(4, 2, 2), {"ind": 1}),
        ),
        primitive=False,
    ),
    OpSpec(
        "pinv",
        linalg.pinv,
        np.linalg.pinv,
        (
            *_of(tall=TALL, wide=WIDE, complex_tall=TALL_Z, complex_wide=WIDE_Z),
            *_of(stack=STACK, rcond=(TALL, {"rcond": 1e-9}), rtol=(TALL, {"rtol": None})),
            *_of(hermitian=(LOWER, {"hermitian": True})),
            Case("rank 1", (RANK_1,), {"rcond": 1e-9}, smooth=False),
        ),
    ),
    *(
        OpSpec(
            f"linalg.lstsq, the {what}",
            *_result(position, linalg.lstsq, np.linalg.lstsq),
            cases,
            differentiable=(0, 1)[: 2 - position // 3],  # the last is of the matrix alone
            primitive=False,
        )
        for position, what, cases in (
            (
                0,
                "solution",
                (
                    Case("vector", (TALL, draw((3,)))),
                    Case("complex", (TALL_Z, of_complex(3, 2))),
                    Case("underdetermined", (WIDE, draw((2,))), {"rcond": 1e-9}),
                ),
            ),
            (
                1,
                "residuals",
                (Case("vector", (TALL, draw((3,)))), Case("complex", (TALL_Z, of_complex(3, 2)))),
            ),
            (3, "singular values", (Case("negative rcond", (TALL, draw((3,))), {"rcond": -1.0}),)),
        )
    ),
)

_DETERMINANTS = (
    OpSpec(
        "det",
        linalg.det,
        np.linalg.det,
        (
            *SQUARE,
            *_of(rank_2=RANK_2, rank_1=RANK_1, complex_rank_1=of_complex(2, 1) @ of_complex(1, 2)),
            *_of(one=draw((1, 1)), empty=np.zeros((0, 0)), zeros=np.zeros((2, 2))),
        ),
    ),
    OpSpec("adjugate", determinants._adjugate, _numpys_adjugate, SQUARE, dispatches=False),
    OpSpec(
        "adjugate_slope",
        determinants._adjugate_slope,
        _numpys_slope,
        (
            Case("real", (A, draw((3, 3)))),
            Case("complex", (Z, of_complex(2, 2))),
            Case("stack", (STACK, draw((2, 2)))),
            Case("four", (draw((4, 4)), draw((4, 4), seed=1))),
        ),
        differentiable=(0, 1),
        dispatches=False,
    ),
    OpSpec(
        "slogdet",
        determinants._slogdet,
        lambda a: np.stack(np.linalg.slogdet(a), -1),
        (*SQUARE, *_of(negative=A[::-1])),
        dispatches=False,
    ),
    OpSpec(
        "linalg.slogdet, the sign",
        *_result(0, linalg.slogdet, np.linalg.slogdet),
        SQUARE,
        primitive=False,
    ),
    OpSpec(
        "linalg.slogdet, the logarithm",
        *_result(1, linalg.slogdet, np.linalg.slogdet),
        SQUARE,
        primitive=False,
    ),
    OpSpec(
        "matrix_rank",
        linalg.matrix_rank,
        np.linalg.matrix_rank,
        (
            *_of(full=A, rank_2=RANK_2, tol=(A, {"tol": 3.0}), rtol=(A, {"rtol": 0.6})),
            *_of(hermitian=(P, {"hermitian": True}), stack=STACK, vector=A[0]),
        ),
        differentiable=(),
    ),
)

# --- decompositions ------------------------------------------------------------------------------

_TRIANGULAR = (
    OpSpec("cholesky", linalg.cholesky, np.linalg.cholesky, HERMITIAN),
    OpSpec(
        "linalg.cholesky, upper",
        linalg.cholesky,
        np.linalg.cholesky,
        _of(real=(LOWER.T, {"upper": True}), complex=(P_Z, {"upper": True})),
        primitive=False,
    ),
    OpSpec(
        "qr",
        factors._qr,
        _packed(np.linalg.qr, 0, 1),
        tuple(
            Case(name, (x,), {"mode": "reduced"})
            for name, x in {"tall": TALL, "square": A, "complex": TALL_Z, "stack": STACK}.items()
        ),
        dispatches=False,
    ),
    OpSpec(
        "linalg.qr, q",
        *_result(0, linalg.qr, np.linalg.qr),
        _of(tall=TALL, wide=WIDE, complex_square=Z, complete=(A, {"mode": "complete"})),
        primitive=False,
    ),
    OpSpec(
        "linalg.qr, r",
        *_result(1, linalg.qr, np.linalg.qr),
        _of(tall=TALL, wide=WIDE, complex_wide=WIDE_Z, complete=(WIDE, {"mode": "complete"})),
        primitive=False,
    ),
    OpSpec(
        "linalg.qr, r alone",
        linalg.qr,
        np.linalg.qr,
        _of(tall=(TALL, {"mode": "r"}), wide=(WIDE, {"mode": "r"})),
        primitive=False,
    ),
)


def _projectors(function: Function) -> Function:
    """v_k v_k*, for each eigenvector, of which the phase cancels."""

    def f(a: Any, **params: Any) -> Any:
        v = function(a, **params)[1]
        return np.einsum("...ik,...jk->...kij", v, np.conj(v))

    return f


def _directions(function: Function) -> Function:
    """u_k v_k*, for each pair of singular vectors, of which the phase cancels."""

    def f(a: Any, **params: Any) -> Any:
        u, _, vh = function(a, **params)
        return np.einsum("...ik,...kj->...kij", u, vh)

    return f


_EIGEN = (
    OpSpec(
        "eigh",
        lambda a: eigen._eigh(a + np.swapaxes(a, -1, -2)),
        lambda a: _packed(np.linalg.eigh, 1, 0)(a + a.mT),
        _of(real=A, stack=STACK),
        dispatches=False,
    ),
    OpSpec(
        "linalg.eigh, eigenvalues",
        *_result(0, linalg.eigh, np.linalg.eigh),
        _of(real=LOWER, complex=LOWER_Z, upper=(LOWER.T, {"UPLO": "U"})),
        primitive=False,
    ),
    OpSpec(
        "linalg.eigh, projectors",
        _projectors(linalg.eigh),
        _projectors(np.linalg.eigh),
        (*HERMITIAN, *_of(upper=(LOWER_Z.T, {"UPLO": "U"}))),
        primitive=False,
    ),
    OpSpec(
        "eigvalsh",
        linalg.eigvalsh,
        np.linalg.eigvalsh,
        (*HERMITIAN, *_of(upper=(LOWER.T, {"UPLO": "U"}), lower=(LOWER, {"UPLO": "l"}))),
    ),
    OpSpec(
        "eig",
        eigen._eig,
        _packed(np.linalg.eig, 1, 0),
        (
            *_of(real=A, stack=STACK),
            Case("complex pair", (TURNING,), smooth=False),
            Case("complex", (Z,), smooth=False),
        ),
        dispatches=False,
    ),
    OpSpec(
        "linalg.eig, projectors",
        _projectors(linalg.eig),
        _projectors(np.linalg.eig),
        _of(real=A, complex_pair=TURNING, complex=Z),
        primitive=False,
    ),
    OpSpec(
        "linalg.eig, eigenvalues",
        *_result(0, linalg.eig, np.linalg.eig),
        _of(complex_pair=TURNING, complex=Z),
        primitive=False,
    ),
    OpSpec(
        "linalg.eigvals",
        linalg.eigvals,
        np.linalg.eigvals,
        (*SQUARE, *_of(complex_pair=TURNING)),
        primitive=False,
    ),
)

_REDUCED = {"full_matrices": False}

_SINGULAR = (
    OpSpec(
        "svd",
        singular._svd,
        _packed(np.linalg.svd, 0, 1, 2),
        (
            *_of(tall=(TALL, _REDUCED), wide=(WIDE, _REDUCED), stack=(STACK, _REDUCED)),
            *_of(square=(A, {"full_matrices": True})),
            Case("complex", (WIDE_Z,), _REDUCED, smooth=False),
        ),
        dispatches=False,
    ),
    OpSpec(
        "linalg.svd, directions",
        _directions(linalg.svd),
        _directions(np.linalg.svd),
        (
            *_of(square=A, complex_square=Z, complex_tall=(TALL_Z, _REDUCED)),
            *_of(complex_wide=(WIDE_Z, _REDUCED), hermitian=(A + A.T, {"hermitian": True})),
            *_of(indefinite=(TURNING + TURNING.T, {"hermitian": True})),
            *_of(complex_hermitian=(P_Z - 2 * np.eye(2), {"hermitian": True})),
        ),
        primitive=False,
    ),
    OpSpec(
        "linalg.svd, values",
        *_result(1, linalg.svd, np.linalg.svd),
        _of(real=A, complex=Z, hermitian=(P_Z - 2 * np.eye(2), {"hermitian": True})),
        primitive=False,
    ),
    OpSpec(
        "linalg.svd, values alone",
        linalg.svd,
        np.linalg.svd,
        tuple(
            Case(name, (x,), {"compute_uv": False, "hermitian": name == "hermitian"})
            for name, x in {"wide": WIDE, "hermitian": TURNING + TURNING.T}.items()
        ),
        primitive=False,
    ),
    OpSpec(
        "svdvals",
        linalg.svdvals,
        np.linalg.svdvals,
        _of(tall=TALL, complex_wide=WIDE_Z, stack=STACK),
    ),
)

# --- norms ---------------------------------------------------------------------------------------

_V, _V_Z = draw((4,), (-2.0, -0.4), (0.4, 2.0)), of_complex(3)
_T = draw((2, 3, 4), (-2.0, -0.4), (0.4, 2.0))

_NORMS = (
    OpSpec(
        "euclidean_norm",
        linalg.norm,
        np.linalg.norm,
        (
            *_of(everything=_T, vector=_V, complex=of_complex(2, 2)),
            *_of(kept=(_T, {"keepdims": True}), along=(_T, {"axis": -2, "ord": 2})),
            *_of(complex_along=(of_complex(2, 2), {"axis": (0,), "keepdims": True})),
            *_of(matrices=(_T, {"axis": (2, 0)}), fro=(_T, {"ord": "fro", "axis": (0, 1)})),
            *_of(zeros_beside=(np.array([[0.6, 0.8], [0.0, 2.0]]), {"axis": 0})),
            *_of(empty=np.zeros((0,))),
        ),
    ),
    OpSpec(
        "linalg.norm",
        linalg.norm,
        np.linalg.norm,
        (
            *(Case(f"vector, {p}", (_V,), {"ord": p}) for p in (np.inf, -np.inf, 0, 1, 3, 0.5, -2)),
            *(Case(f"complex vector, {p}", (_V_Z,), {"ord": p}) for p in (np.inf, 0, 1, 3)),
            *(Case(f"matrix, {p}", (WIDE,), {"ord": p}) for p in (np.inf, -np.inf, 1, -1, 2, -2)),
            *(Case(f"complex matrix, {p}", (TALL_Z,), {"ord": p}) for p in (1, 2, "nuc")),
            *_of(
                nuclear=(_T, {"ord": "nuc", "axis": (2, 0), "keepdims": True}),
                columns=(_T, {"ord": 1, "axis": (-1, 0)}),
                rows=(_T, {"ord": np.inf, "axis": (0, 1), "keepdims": True}),
                along=(_T, {"ord": 3, "axis": 1, "keepdims": True}),
            ),
        ),
        primitive=False,
    ),
    OpSpec(
        "linalg.vector_norm",
        linalg.vector_norm,
        np.linalg.vector_norm,
        _of(
            everything=_T,
            two=(_T, {"axis": (0, -1), "ord": 3}),
            kept=(_T, {"axis": (1, 0), "keepdims": True, "ord": 1}),
        ),
        primitive=False,
    ),
    OpSpec(
        "linalg.matrix_norm",
        linalg.matrix_norm,
        np.linalg.matrix_norm,
        _of(default=_T, nuclear=(_T, {"ord": "nuc", "keepdims": True}), largest=(_T, {"ord": 2})),
        primitive=False,
    ),
    OpSpec(
        "linalg.cond",
        linalg.cond,
        np.linalg.cond,
        _of(
            default=A, wide=WIDE, stack=(STACK, {"p": -2}), one=(A, {"p": 1}), complex=(Z, {"p": 2})
        ),
        primitive=False,
    ),
)

# --- products ------------------------------------------------------------------------------------

_PRODUCTS = (
    OpSpec(
        "linalg.matrix_power",
        linalg.matrix_power,
        np.linalg.matrix_power,
        (
            *(Case(f"to the power of {n}", (A / 2,), {"n": n}) for n in (0, 2, 5, -1, -3)),
            *_of(complex=(Z, {"n": 3}), stack=(STACK, {"n": 2})),
        ),
        primitive=False,
    ),
    OpSpec(
        "linalg.multi_dot",
        linalg.multi_dot,
        np.linalg.multi_dot,
        (
            Case("two", (TALL, WIDE)),
            Case("four", (draw((2, 1)), draw((1, 3)), draw((3, 3)), draw((3, 2)))),
            Case("vectors at the ends", (draw((2,)), WIDE, draw((3,)))),
            Case("vector on the left", (draw((2,)), WIDE_Z, TALL_Z)),
        ),
        variadic=True,
        primitive=False,
    ),
    OpSpec(
        "linalg.outer",
        linalg.outer,
        np.linalg.outer,
        (Case("vectors", (draw((2,)), of_complex(3))),),
        differentiable=(0, 1),
        primitive=False,
    ),
    OpSpec(
        "linalg.cross",
        linalg.cross,
        np.linalg.cross,
        (
            Case("vectors", (draw((2, 3)), draw((3,), seed=1))),
            Case("columns", (draw((3, 2)), draw((3, 2), seed=1)), {"axis": 0}),
        ),
        differentiable=(0, 1),
        primitive=False,
    ),
    OpSpec(
        "linalg.diagonal",
        linalg.diagonal,
        np.linalg.diagonal,
        _of(stack=STACK, above=(WIDE, {"offset": 1})),
        primitive=False,
    ),
    OpSpec(
        "linalg.trace",
        linalg.trace,
        np.linalg.trace,
        _of(stack=STACK, below=(TALL, {"offset": -1}), wider=(A, {"dtype": np.complex128})),
        primitive=False,
    ),
)

SPECS: tuple[OpSpec, ...] = (
    *_SYSTEMS,
    *_DETERMINANTS,
    *_TRIANGULAR,
    *_EIGEN,
    *_SINGULAR,
    *_NORMS,
    *_PRODUCTS,
)
