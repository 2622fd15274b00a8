"""``jacobian``, ``hessian``, ``hvp``, ``elementwise_grad``: forms, directions, complex numbers.

Read next: ``test_vmap``.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from samples import MATRIX, V, X, cubes, scalars, tangled, vector_function
from tensorgraph import nn
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError
from tensorgraph.primitive import REGISTRY, elementwise

Pair = namedtuple("Pair", "x y")


def close(ours: Any, expected: Any) -> None:
    np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-14, strict=True)


def copies(f: Callable[..., Any], n: int) -> Callable[..., Any]:
    """``f`` with ``n`` times as many outputs, so that the jacobian is swept forward."""
    return lambda *xs: tg.stack([f(*xs)] * n)


# --- both directions -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "f", [vector_function, tg.softmax, tg.cumsum, tg.sort], ids=lambda f: f.__name__
)
def test_rows_and_columns_are_the_same(f: Callable[..., Any]) -> None:
    backward = tg.jacobian(f)(X)
    for forward in tg.jacobian(copies(f, 5))(X):
        close(forward, backward)


@pytest.mark.parametrize("n", [1, 5], ids=["backward", "forward"])
def test_the_shape_is_that_of_the_output_then_of_the_argument(n: int) -> None:
    j = tg.jacobian(copies(lambda m: m.T @ m, n))(MATRIX)
    assert j.shape == (n, 3, 3, 2, 3)
    for k in range(2):
        for i in range(3):
            unit = np.zeros((2, 3))
            unit[k, i] = 1
            close(j[0, :, :, k, i], unit.T @ MATRIX + MATRIX.T @ unit)


def calls(n: int) -> tuple[int, Any]:
    """How often a function is called for its jacobian of 3n rows and 3 columns."""
    count = 0

    def f(x: Any) -> Any:
        nonlocal count
        count += 1
        return tg.concatenate([x * x] * n)

    j = tg.jacobian(f)(X)
    return count, j


def test_it_is_swept_in_the_cheaper_direction() -> None:
    """2 outputs of 3 numbers are 2 sweeps backward, 12 outputs are 3 forward."""
    sweeps = []
    counted = elementwise(np.positive, lambda g, y, x: (sweeps.append(1), g)[1], name="counted_")
    try:
        close(tg.jacobian(lambda x: counted(x)[:2])(X), np.eye(3)[:2])
        assert len(sweeps) == 2
        close(
            tg.jacobian(lambda x: tg.concatenate([counted(x)] * 4))(X), np.tile(np.eye(3), (4, 1))
        )
        assert len(sweeps) == 5
    finally:
        del REGISTRY["counted_"]


@pytest.mark.parametrize("n", [1, 4], ids=["backward", "forward"])
def test_the_function_is_called_once(n: int) -> None:
    count, j = calls(n)
    assert count == 1
    close(j, np.concatenate([np.diag(2 * X)] * n))


@pytest.mark.parametrize("n", [1, 4], ids=["backward", "forward"])
def test_one_mask_of_dropout_for_all_derivatives(n: int) -> None:
    dropout = nn.Dropout(0.5, rng=0)
    j = tg.jacobian(lambda x: dropout(tg.concatenate([x] * n), training=True))(np.ones(20))
    blocks = j.reshape(n, 20, 20)
    kept = nn.Dropout(0.5, rng=0)(np.ones(20 * n), training=True).reshape(n, 20)
    for block, diagonal in zip(blocks, kept, strict=True):
        close(block, np.diag(diagonal))


@pytest.mark.parametrize("n", [1, 5], ids=["backward", "forward"])
def test_single_precision_stays_single(n: int) -> None:
    assert tg.jacobian(copies(tg.exp, n))(X.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("n", [1, 5], ids=["backward", "forward"])
def test_outputs_that_do_not_depend_on_the_argument(n: int) -> None:
    close(tg.jacobian(copies(lambda x: tg.sum(V), n))(X), np.zeros((n, 3)))


# --- trees ---------------------------------------------------------------------------------------


def of_trees(p: Any, q: Any) -> Any:
    """Two outputs of five arrays: 1 + 3 numbers."""
    x, y = p["pair"]
    return {"sum": tg.sum(x * y) * q[0], "list": [x * x * q[1] + p["scale"]]}


TREES = ({"pair": Pair(X, V), "scale": 0.5}, (2.0, V))


@pytest.mark.parametrize("many", [False, True], ids=["backward", "forward"])
def test_trees_in_and_out(many: bool) -> None:
    def f(p: Any, q: Any) -> Any:
        out = of_trees(p, q)
        if many:
            out["more"] = tg.concatenate([p["pair"].x] * 9)
        return out

    j = tg.jacobian(f)(*TREES)
    assert list(j) == ["sum", "list", "more"][: len(j)]
    by_sum, by_list = j["sum"], j["list"][0]
    assert isinstance(by_sum["pair"], Pair)
    close(by_sum["pair"].x, V * 2)
    close(by_sum["pair"].y, X * 2)
    close(by_sum["scale"], np.array(0.0))
    close(by_list["pair"].x, np.diag(2 * X * V))
    close(by_list["pair"].y, np.zeros((3, 3)))
    close(by_list["scale"], np.ones(3))
    if many:
        close(j["more"]["pair"].x, np.concatenate([np.eye(3)] * 9))


@pytest.mark.parametrize("argnums", [(0, 1), (1, 0), (-1, 0), [1], (-1,)], ids=repr)
@pytest.mark.parametrize("n", [1, 9], ids=["backward", "forward"])
def test_several_arguments(argnums: Any, n: int) -> None:
    j = tg.jacobian(copies(lambda a, b: a * a * b, n), argnums)(X, V)
    expected = [np.diag(2 * X * V), np.diag(X * X)]
    assert isinstance(j, tuple)
    assert len(j) == len(argnums)
    for block, number in zip(j, argnums, strict=True):
        close(block[n - 1], expected[number])


def test_several_arguments_that_are_trees() -> None:
    j = tg.jacobian(of_trees, (0, 1))(*TREES)
    by_p, by_q = j["list"][0]
    close(by_p["pair"].x, np.diag(2 * X * V))
    close(by_q[1], np.diag(X * X))
    close(j["sum"][1][0], np.array(X @ V))


def test_the_last_argument() -> None:
    close(tg.jacobian(tg.matmul, -1)(MATRIX, X), MATRIX)


def test_keyword_arguments_are_passed_on() -> None:
    close(tg.jacobian(lambda x, *, power: x**power)(X, power=3), np.diag(3 * X * X))


def test_an_argument_that_is_not_there() -> None:
    with pytest.raises(ArgumentError, match=r"argument 2.*given 1"):
        tg.jacobian(vector_function, 2)(X)


TRANSFORMS = [tg.grad, tg.value_and_grad, tg.jacobian, tg.hessian, tg.elementwise_grad]


@pytest.mark.parametrize("transform", TRANSFORMS, ids=lambda t: t.__name__)
@pytest.mark.parametrize("argnums", [(0, 0), (1, -1)], ids=repr)
def test_an_argument_named_twice_is_refused(transform: Any, argnums: Any) -> None:
    with pytest.raises(ArgumentError, match=r"argnums.*twice"):
        transform(lambda a, b: tg.sum(a * b), argnums)(X, V)


@pytest.mark.parametrize("transform", TRANSFORMS, ids=lambda t: t.__name__)
def test_a_numpy_integer_names_one_argument(transform: Any) -> None:
    ours = transform(lambda a, b: tg.sum(a * a * b), np.int64(1))(X, V)
    expected = transform(lambda a, b: tg.sum(a * a * b), 1)(X, V)
    for part, other in zip(tg.tree.flatten(ours), tg.tree.flatten(expected), strict=True):
        close(part, other)


# --- aux -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 5], ids=["backward", "forward"])
def test_has_aux(n: int) -> None:
    def f(x: Any) -> Any:
        y = tg.exp(x)
        return tg.stack([y] * n), {"y": y, "note": "exp"}

    j, aux = tg.jacobian(f, has_aux=True)(X)
    close(j[n - 1], np.diag(np.exp(X)))
    assert type(aux["y"]) is np.ndarray
    close(aux["y"], np.exp(X))
    assert aux["note"] == "exp"


NO_PAIRS: dict[str, Callable[[Any], Any]] = {
    "an array": tg.square,
    "a number": cubes,
    "three": lambda x: (x, x, x),
}


@pytest.mark.parametrize("what", NO_PAIRS)
def test_has_aux_without_a_pair(what: str) -> None:
    with pytest.raises(ArgumentError, match=r"has_aux=True.*pair"):
        tg.jacobian(NO_PAIRS[what], has_aux=True)(X)


def test_aux_of_tensors_outside_is_a_tensor() -> None:
    v = tg.Tensor(V)
    j, aux = tg.jacobian(lambda x: (x * v, v * 2), has_aux=True)(X)
    assert isinstance(j, tg.Tensor)
    tg.sum(aux + j.sum(0)).backward()
    close(v.grad, np.full(3, 3.0))


# --- second derivatives --------------------------------------------------------------------------


def test_a_hessian_of_several_arguments() -> None:
    h = tg.hessian(lambda a, b: tg.sum(a * a * b), (0, 1))(X, V)
    close(h[0][0], np.diag(2 * V))
    close(h[0][1], np.diag(2 * X))
    close(h[1][0], np.diag(2 * X))
    close(h[1][1], np.zeros((3, 3)))


def test_a_hessian_of_a_tree() -> None:
    h = tg.hessian(lambda p: tg.sum(p["x"] * p["x"] * p["y"][0]))({"x": X, "y": [2.0]})
    close(h["x"]["x"], 4 * np.eye(3))
    close(h["x"]["y"][0], 2 * X)
    close(h["y"][0]["x"], 2 * X)
    close(h["y"][0]["y"][0], np.array(0.0))


def test_hvp_of_a_tree() -> None:
    ours = tg.hvp(lambda p: tg.sum(p["x"] ** 3) * p["y"])({"x": X, "y": 2.0}, {"x": V, "y": 1.0})
    close(ours["x"], 12 * X * V + 3 * X * X)
    close(ours["y"], np.array(3 * np.sum(X * X * V)))


def test_a_hessian_of_what_is_not_a_scalar() -> None:
    with pytest.raises(ShapeError, match=r"scalar.*tg\.jacobian"):
        tg.hessian(tg.exp)(X)


@scalars
def test_a_hessian_by_columns(f: Callable[[Any], Any]) -> None:
    columns = [tg.hvp(f)(X, unit) for unit in np.eye(3)]
    close(np.stack(columns, 1), tg.hessian(f)(X))


# --- the derivative of each element --------------------------------------------------------------


def test_elementwise_grad() -> None:
    close(tg.elementwise_grad(tg.tanh)(MATRIX), 1 - np.tanh(MATRIX) ** 2)


def test_elementwise_grad_twice() -> None:
    close(tg.elementwise_grad(tg.elementwise_grad(tg.sin))(X), -np.sin(X))


def test_elementwise_grad_of_several_arguments() -> None:
    by_b, by_a = tg.elementwise_grad(lambda a, b: a * a * b, (1, 0))(X, V)
    close(by_a, 2 * X * V)
    close(by_b, X * X)


def test_elementwise_grad_passes_keywords_on() -> None:
    close(tg.elementwise_grad(lambda x, *, power: x**power)(X, power=3), 3 * X * X)


def test_elementwise_grad_keeps_the_name() -> None:
    assert tg.elementwise_grad(cubes).__name__ == "cubes"


# --- complex numbers -----------------------------------------------------------------------------

Z = X + 1j * V


@pytest.mark.parametrize("n", [1, 5], ids=["few outputs", "many outputs"])
def test_the_jacobian_of_a_holomorphic_function(n: int) -> None:
    for block in tg.jacobian(copies(lambda z: z * z * tg.exp(z), n))(Z):
        close(block, np.diag((2 * Z + Z * Z) * np.exp(Z)))


@pytest.mark.parametrize("n", [1, 5], ids=["few outputs", "many outputs"])
def test_complex_outputs_of_real_arguments(n: int) -> None:
    for block in tg.jacobian(copies(lambda x: x * x * (1 + 2j), n))(X):
        close(block, np.diag(2 * X * (1 + 2j)))


@pytest.mark.parametrize("n", [1, 5], ids=["few outputs", "many outputs"])
def test_real_outputs_of_complex_arguments(n: int) -> None:
    """dy/da - i dy/db of z = a + ib."""
    for block in tg.jacobian(copies(lambda z: tg.abs(z) ** 2, n))(Z):
        close(block, np.diag(2 * np.conj(Z)))


def test_neither_direction_sees_all() -> None:
    with pytest.raises(DTypeError, match=r"jacobian.*(vjp|argnums)"):
        tg.jacobian(lambda x, z: (x * z, tg.abs(z)), (0, 1))(X, Z)


def test_elementwise_grad_of_a_complex_function_names_it() -> None:
    def rotated(x: Any) -> Any:
        return x * 1j

    with pytest.raises(DTypeError, match=r"complex.*tg\.real"):
        tg.elementwise_grad(rotated)(X)


# --- tensors outside -----------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 5], ids=["backward", "forward"])
def test_a_jacobian_can_be_differentiated(n: int) -> None:
    x = tg.Tensor(X)
    tg.sum(tg.jacobian(copies(tg.exp, n))(x)).backward()
    close(x.grad, n * np.exp(X))


@pytest.mark.parametrize("n", [1, 5], ids=["backward", "forward"])
def test_third_derivatives_by_nesting(n: int) -> None:
    third = tg.jacobian(tg.jacobian(copies(tg.jacobian(lambda x: x**4), n)))(X)
    expected = np.zeros((3, 3, 3, 3))
    for i in range(3):
        expected[i, i, i, i] = 24 * X[i]
    for part in third:
        close(part, expected)


def test_inside_no_grad() -> None:
    with tg.no_grad():
        close(tg.jacobian(copies(tangled, 5))(X)[0], tg.grad(tangled)(X))
