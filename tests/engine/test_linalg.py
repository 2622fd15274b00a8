"""Linear algebra where no table reaches: exact values, structure, triangles, refusals.

Read next: ``test_random``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from op_specs_linalg import LOWER, LOWER_Z, TALL, TALL_Z, WIDE, WIDE_Z, A, P, Z, of_complex
from tensorgraph import ops
from tensorgraph.errors import ArgumentError, RuleError, ShapeError
from tensorgraph.jacobians import hessian, hvp
from tensorgraph.ops import linalg
from tensorgraph.ops.linalg.helpers import _h
from tensorgraph.primitive import Primitive
from tensorgraph.recording import no_grad
from tensorgraph.tape import tape
from tensorgraph.tensor import Tensor
from tensorgraph.transforms import grad, vjp

Function = Callable[..., Any]
EYE = np.eye(3)


def close(ours: Any, expected: Any) -> None:
    np.testing.assert_allclose(ours, expected, rtol=1e-11, atol=1e-11)


# --- NumPy's namespace ---------------------------------------------------------------------------

NUMPYS = [name for name in np.linalg.__all__ if name != "LinAlgError"]


@pytest.mark.parametrize("name", NUMPYS)
def test_every_function_of_numpys_linalg_is_here(name: str) -> None:
    assert name in linalg.__all__


@pytest.mark.parametrize("name", NUMPYS)
def test_parameters_are_numpys(name: str) -> None:
    ours = getattr(linalg, name)
    if isinstance(ours, Primitive):
        return  # its operands; what metadata it has is tested with the table
    have = inspect.signature(ours).parameters
    for parameter in inspect.signature(getattr(np.linalg, name)).parameters.values():
        if parameter.kind != parameter.POSITIONAL_ONLY:
            assert have[parameter.name].default is parameter.default or (
                have[parameter.name].default == parameter.default
            )


@pytest.mark.parametrize(
    ("ours", "fields"),
    [
        (linalg.slogdet(A), ("sign", "logabsdet")),
        (linalg.qr(A), ("Q", "R")),
        (linalg.eig(A), ("eigenvalues", "eigenvectors")),
        (linalg.eigh(A), ("eigenvalues", "eigenvectors")),
        (linalg.svd(A), ("U", "S", "Vh")),
    ],
    ids=["slogdet", "qr", "eig", "eigh", "svd"],
)
def test_results_have_numpys_names(ours: Any, fields: tuple[str, ...]) -> None:
    assert ours._fields == fields


@pytest.mark.parametrize("name", ["matmul", "tensordot", "vecdot", "matrix_transpose"])
def test_products_in_the_namespace_record(name: str) -> None:
    xs = (A,) if name == "matrix_transpose" else (A, P)
    ours = getattr(np.linalg, name)(*map(Tensor, xs))
    np.testing.assert_array_equal(ours.data, getattr(np.linalg, name)(*xs))


# --- factors put together again ------------------------------------------------------------------


def _from_qr(a: Any) -> Any:
    q, r = linalg.qr(a)
    return q @ r


def _from_svd(a: Any) -> Any:
    u, s, vh = linalg.svd(a, full_matrices=False)
    return (u * s) @ vh


def _from_eig(a: Any) -> Any:
    w, v = linalg.eig(a)
    return (v * w) @ linalg.inv(v)


def _hermitian(a: Any) -> Any:
    return (a + ops.conj(ops.matrix_transpose(a))) / 2


def _from_eigh(a: Any) -> Any:
    w, v = linalg.eigh(_hermitian(a))
    return (v * w) @ ops.conj(ops.matrix_transpose(v))


def _from_cholesky(a: Any) -> Any:
    factor = linalg.cholesky(_hermitian(a))
    return factor @ ops.conj(ops.matrix_transpose(factor))


def _from_upper(a: Any) -> Any:
    factor = linalg.cholesky(_hermitian(a), upper=True)
    return ops.conj(ops.matrix_transpose(factor)) @ factor


@pytest.mark.parametrize("f", [_from_qr, _from_svd], ids=["qr", "svd"])
@pytest.mark.parametrize(
    "a", [A, Z, TALL, WIDE, TALL_Z, WIDE_Z], ids=lambda a: f"{a.dtype}{a.shape}"
)
def test_factors_make_the_matrix_and_its_derivative(f: Function, a: np.ndarray) -> None:
    y, pullback = vjp(f, a)
    close(y, a)
    g = draw_like(a)
    close(pullback(g)[0], g)


@pytest.mark.parametrize("a", [A, Z], ids=["real", "complex"])
def test_eigenvalues_and_vectors_make_the_matrix_and_its_derivative(a: np.ndarray) -> None:
    y, pullback = vjp(_from_eig, a)
    close(y, a)
    g = draw_like(a)
    close(pullback(g)[0], g)


@pytest.mark.parametrize("f", [_from_eigh, _from_cholesky, _from_upper])
@pytest.mark.parametrize("a", [P, _h(Z) @ Z], ids=["real", "complex"])
def test_hermitian_factors_make_the_matrix_and_its_derivative(f: Function, a: np.ndarray) -> None:
    y, pullback = vjp(f, a)
    close(y, a)
    g = draw_like(a)
    close(pullback(g)[0], (g + g.conj().T) / 2)


def draw_like(a: np.ndarray) -> np.ndarray:
    g = of_complex(*a.shape, seed=9)
    return g if a.dtype.kind == "c" else g.real


def test_eigenvectors_have_length_1_whatever_the_matrix() -> None:
    def lengths(a: Any) -> Any:
        v = linalg.eig(a).eigenvectors
        return ops.sum(ops.square(ops.absolute(v)))

    close(grad(lengths)(A), np.zeros((3, 3)))
    close(grad(lengths)(Z), np.zeros((2, 2)))


# --- singular matrices ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "gradient"),
    [
        (np.diag([0.0, 2.0, 3.0]), np.diag([6.0, 0.0, 0.0])),
        (np.diag([0.0, 0.0, 3.0]), np.zeros((3, 3))),
        (np.array([[1.0, 2.0], [2.0, 4.0]]), np.array([[4.0, -2.0], [-2.0, 1.0]])),
        (np.array([[0.0]]), np.array([[1.0]])),
    ],
)
def test_the_determinant_of_a_singular_matrix(a: np.ndarray, gradient: np.ndarray) -> None:
    close(grad(linalg.det)(a), gradient)


def test_second_derivatives_of_the_determinant_of_zeros() -> None:
    second = hessian(linalg.det)(np.zeros((2, 2))).reshape(4, 4)
    close(second, [[0, 0, 0, 1], [0, 0, -1, 0], [0, -1, 0, 0], [1, 0, 0, 0]])


def test_third_derivatives_of_the_determinant() -> None:
    def second(d: Any) -> Any:
        return hvp(linalg.det)(d, np.diag([0.0, 1.0, 0.0]))[2, 2]

    a = np.diag([2.0, 3.0, 4.0])
    close(second(a), 2.0)  # of a11 a22 a33 by a22 and a33
    close(grad(second)(a), np.diag([1.0, 0.0, 0.0]))


def test_a_singular_matrix_has_no_inverse() -> None:
    with pytest.raises(ValueError, match="Singular"):
        linalg.inv(Tensor(np.zeros((2, 2))))


def test_a_singular_matrix_has_an_infinite_condition_number() -> None:
    assert linalg.cond(Tensor(np.diag([1.0, 0.0]))).item() == np.inf
    assert linalg.cond(np.diag([1.0, 0.0]), 1) == np.inf


# --- equal eigenvalues and singular values -------------------------------------------------------

OF_VALUES: dict[str, tuple[Function, np.ndarray, np.ndarray]] = {
    "eigvalsh": (lambda a: ops.sum(ops.square(linalg.eigvalsh(a))), EYE, 2 * EYE),
    "eigh": (lambda a: ops.sum(ops.exp(linalg.eigh(a)[0])), np.zeros((3, 3)), EYE),
    "eig": (lambda a: ops.sum(ops.square(linalg.eig(a)[0])), EYE, 2 * EYE),
    "svdvals": (lambda a: ops.sum(linalg.svdvals(a)), EYE, EYE),
    "svd": (lambda a: ops.sum(ops.square(linalg.svd(a)[1])), 2 * EYE, 4 * EYE),
    "svd of complex": (lambda a: ops.sum(ops.square(linalg.svd(a)[1])), 2j * EYE, -4j * EYE),
    "svd of a projector": (
        lambda a: ops.sum(ops.square(linalg.svd(a)[1])),
        np.diag([1.0, 0.0, 0.0]),
        np.diag([2.0, 0.0, 0.0]),
    ),
    "nuclear norm": (lambda a: linalg.norm(a, "nuc"), 3 * EYE, EYE),
}


@pytest.mark.parametrize("name", OF_VALUES)
def test_functions_of_equal_values_have_their_derivative(name: str) -> None:
    f, a, gradient = OF_VALUES[name]
    close(grad(f)(a), gradient)


@pytest.mark.parametrize("f", [linalg.eigh, linalg.eig, linalg.svd], ids=lambda f: f.__name__)
def test_vectors_of_equal_values_have_none(f: Function) -> None:
    which = 1 if f is not linalg.svd else 0
    with np.errstate(all="ignore"):
        slope = grad(lambda a: ops.sum(f(a)[which] * A))(EYE)
    assert not np.all(np.isfinite(slope))


def test_zero_numerators_still_have_derivatives() -> None:
    """The gradient of a vector's element is 0 here, and its second derivative is not."""
    a = np.diag([1.0, 3.0])
    second = hessian(lambda a: linalg.eigh(a)[1][1, 0] ** 2)(a)
    close(second[1, 0, 1, 0], 0.5)  # the angle is a10 / (1 - 3)


# --- triangles -----------------------------------------------------------------------------------

READERS: dict[str, Function] = {
    "eigh": lambda a: linalg.eigh(a)[0][0],
    "eigvalsh": lambda a: linalg.eigvalsh(a)[0],
    "cholesky": lambda a: linalg.cholesky(a)[-1, -1],
    "pinv": lambda a: linalg.pinv(a, hermitian=True)[0, 1],
    "svd": lambda a: linalg.svd(a, compute_uv=False, hermitian=True)[0],
}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("a", [LOWER, LOWER_Z], ids=["real", "complex"])
def test_the_gradient_lies_in_the_triangle_that_is_read(name: str, a: np.ndarray) -> None:
    strange = a + np.triu(np.full(a.shape, np.nan), 1)

    def f(a: Any) -> Any:
        return ops.real(READERS[name](a))

    g = grad(f)(strange)
    assert np.all(np.tril(g, -1)[1, 0] != 0)
    np.testing.assert_array_equal(np.triu(g, 1), np.zeros_like(g))
    np.testing.assert_array_equal(g.diagonal().imag, np.zeros(len(g)))


def test_the_upper_triangle_is_read_where_it_is_asked_for() -> None:
    g = grad(lambda a: linalg.eigvalsh(a, "U")[0])(LOWER.T)
    close(g, grad(lambda a: linalg.eigvalsh(a)[0])(LOWER).T)


# --- norms ---------------------------------------------------------------------------------------

AT_ZERO: dict[str, Function] = {
    "default": linalg.norm,
    "2": lambda x: linalg.norm(x, 2, axis=0)[0],
    "3": lambda x: linalg.norm(x, 3, axis=0)[0],
    "1": lambda x: linalg.norm(x, 1, axis=0)[0],
    "one half": lambda x: linalg.norm(x, 0.5, axis=0)[0],
    "fro": lambda x: linalg.norm(x, "fro"),
    "matrix, inf": lambda x: linalg.norm(x, np.inf),
    "vector_norm": linalg.vector_norm,
    "matrix_norm": linalg.matrix_norm,
}


@pytest.mark.parametrize("name", AT_ZERO)
@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
def test_a_norm_has_derivative_0_at_0(name: str, dtype: Any) -> None:
    zero = np.zeros((2, 2), dtype)
    np.testing.assert_array_equal(grad(AT_ZERO[name])(zero), zero)
    np.testing.assert_array_equal(hvp(AT_ZERO[name])(zero, zero + 1), zero)


def test_the_zero_norm_counts() -> None:
    assert linalg.norm(np.array([0.0, 2.0, -1.0]), 0) == 2
    np.testing.assert_array_equal(grad(lambda x: linalg.norm(x, 0))(np.array([0.0, 2.0])), [0, 0])


def test_equal_rows_share_the_gradient_of_the_largest() -> None:
    g = grad(lambda a: linalg.norm(a, np.inf))(np.array([[1.0, 2.0], [3.0, 0.0]]))
    close(g, [[0.5, 0.5], [0.5, 0.0]])


def test_norms_of_integers_and_lists() -> None:
    assert linalg.norm([3, 4]) == 5.0
    assert linalg.norm([Tensor(3.0), Tensor(4.0)]).item() == 5.0
    assert linalg.norm(Tensor([3, -4]), np.inf).dtype == np.float64


# --- products ------------------------------------------------------------------------------------


def test_multi_dot_takes_the_cheapest_order() -> None:
    y = linalg.multi_dot([Tensor(np.ones(s)) for s in ((5, 1), (1, 5), (5, 1), (1, 5))])
    products = [node for node in tape(y) if not node.is_leaf]
    assert sorted(node.value.shape for node in products)[0] == (1, 1)
    close(y.data, np.full((5, 5), 5.0))


def test_a_power_of_0_is_the_identity_whatever_the_matrix() -> None:
    a = np.array([[np.inf, np.nan], [0.0, 1.0]])
    y, pullback = vjp(lambda a: linalg.matrix_power(a, 0), a)
    np.testing.assert_array_equal(y, np.eye(2))
    np.testing.assert_array_equal(pullback(np.ones((2, 2)))[0], np.zeros((2, 2)))


def test_least_squares_of_numpy() -> None:
    b = np.array([1.0, -2.0, 0.5])
    for ours, numpys in zip(linalg.lstsq(Tensor(TALL), b), np.linalg.lstsq(TALL, b), strict=True):
        close(getattr(ours, "data", ours), numpys)


def test_least_squares_without_residuals() -> None:
    assert linalg.lstsq(Tensor(WIDE), [1.0, 2.0])[1].shape == (0,)
    assert linalg.lstsq(np.ones((3, 2)), [1.0, 2.0, 3.0])[2] == 1


# --- einsum --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operands", "error", "message"),
    [
        ((), ArgumentError, "needs subscripts"),
        (("ij->ji",), ArgumentError, "needs subscripts"),
        (("ij,j->i", A), ArgumentError, "for 2 operands"),
        (("i.->i", A), ArgumentError, "letters and one"),
        (("ij->ii", A), ArgumentError, "label 'i'"),
        (("ij->ik", A), ArgumentError, "label 'k'"),
        (("i->i", A), ShapeError, "2 dimensions"),
        (("i...j->i", Tensor(np.ones((2, 2, 2)))), ShapeError, "needs '...'"),
        (("ijk...->...", A), ShapeError, "2 dimensions"),
        (("ii->i", TALL), ShapeError, "lengths"),
        (("ij,jk", Tensor(TALL), TALL), ShapeError, "einsum"),
    ],
)
def test_einsum_refuses(operands: tuple[Any, ...], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ops.einsum(*operands)


@pytest.mark.parametrize(
    "params", [{"out": A}, {"dtype": float}, {"order": "C"}, {"casting": "unsafe"}]
)
def test_einsum_refuses_what_it_does_not_have(params: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match=f"does not take {min(params)}="):
        ops.einsum("ij->ji", A, **params)


def test_einsum_on_the_tape_is_explicit() -> None:
    y = ops.einsum("...ii, i", Tensor(A), Tensor(A[0]))
    assert y._node.params["subscripts"] == "i,i->"


def test_more_axes_than_letters() -> None:
    with pytest.raises(ArgumentError, match="more axes than letters"):
        ops.contractions._unused("".join(map(chr, range(128))), 1)


# --- refusals ------------------------------------------------------------------------------------

T = Tensor(TALL)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: linalg.qr(T, "complete"), RuleError, "mode='reduced'"),
        (lambda: linalg.svd(T), RuleError, "full_matrices=False"),
        (lambda: np.linalg.svd(Tensor(WIDE)), RuleError, "compute_uv=False"),
        (lambda: linalg.qr(T, "raw"), ArgumentError, "'reduced', 'complete' or 'r'"),
        (lambda: linalg.eigh(T), ShapeError, "square"),
        (lambda: linalg.eig(T), ShapeError, "square"),
        (lambda: linalg.eigh(A, "X"), ArgumentError, "UPLO"),
        (lambda: linalg.matrix_power(T, 2), ShapeError, "square"),
        (lambda: linalg.qr(T[0]), ShapeError, "matrices"),
        (lambda: linalg.svd(T[0]), ShapeError, "matrices"),
        (lambda: linalg.pinv(T, 1e-9, rtol=1e-9), ArgumentError, "rcond"),
        (lambda: linalg.multi_dot([T]), ArgumentError, "two arrays"),
        (lambda: linalg.multi_dot([T, A[0], T]), ShapeError, "matrices"),
        (lambda: linalg.outer(T, T), ShapeError, "vectors"),
        (lambda: linalg.cross(T, T), ShapeError, "length 3"),
        (lambda: linalg.tensorsolve(T, A[0]), ShapeError, "square"),
        (lambda: linalg.tensorinv(T, 0), ArgumentError, "ind"),
        (lambda: linalg.lstsq(T[0], A[0]), ShapeError, "one matrix"),
        (lambda: linalg.norm(T, "nuc", axis=0), ArgumentError, "'nuc'"),
        (lambda: linalg.norm(T, 3), ArgumentError, "ord is 3"),
        (lambda: linalg.norm(Tensor(np.ones((1, 1, 1))), 2), ShapeError, "3 axes"),
        (lambda: ops.tensordot(T, T, 1), ShapeError, "differ"),
        (lambda: ops.tensordot(T, T, ((0, 1), 0)), ShapeError, "different numbers"),
        (lambda: ops.cross(T[:, :1], T), ShapeError, "length 2 or 3"),
        (lambda: ops.vecdot(T, A), ShapeError, "differ"),
        (lambda: ops.dot(T, A, out=A), ArgumentError, "out="),
        (lambda: ops.outer(T, A, out=A), ArgumentError, "out="),
        (lambda: linalg.multi_dot([T, WIDE], out=A), ArgumentError, "out="),
    ],
)
def test_what_is_refused(call: Function, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_what_has_no_derivative_has_values() -> None:
    for f in (lambda a: linalg.qr(a, "complete"), linalg.svd):
        expected = [x.shape for x in f(TALL)]
        with no_grad():
            assert [x.shape for x in f(T)] == expected
