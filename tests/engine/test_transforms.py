"""``grad``, ``vjp``, ``jvp`` and kin: what they give back, and that they agree with each other.

Read next: ``test_transforms_nested``.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from samples import MATRIX, V, X, cubes, scalars, tangled, vector_function
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError

# --- gradients -----------------------------------------------------------------------------------


def test_grad_of_a_python_number() -> None:
    assert tg.grad(lambda x: x**3)(2.0) == 12.0


@scalars
def test_value_and_grad_is_value_and_grad(f: Callable[[Any], Any]) -> None:
    value, gradient = tg.value_and_grad(f)(X)
    assert value == f(X)
    np.testing.assert_array_equal(gradient, tg.grad(f)(X))


@scalars
def test_grad_is_what_backward_adds(f: Callable[[Any], Any]) -> None:
    x = tg.Tensor(X)
    f(x).backward()
    np.testing.assert_array_equal(tg.grad(f)(X), x.grad)


def test_argnums_of_one() -> None:
    np.testing.assert_array_equal(tg.grad(lambda a, b: tg.sum(a * b * b), 1)(X, V), 2 * X * V)


def test_argnums_from_the_end() -> None:
    np.testing.assert_array_equal(tg.grad(lambda a, b: tg.sum(a * b * b), -1)(X, V), 2 * X * V)


@pytest.mark.parametrize("argnums", [(0, 1), [0, 1], (1, 0), (1,)])
def test_argnums_of_several(argnums: Any) -> None:
    gradients = tg.grad(lambda a, b: tg.sum(a * b * b), argnums)(X, V)
    expected = [V * V, 2 * X * V]
    assert isinstance(gradients, tuple)
    assert len(gradients) == len(argnums)
    for gradient, n in zip(gradients, argnums, strict=True):
        np.testing.assert_array_equal(gradient, expected[n])


def test_an_argument_that_is_not_there() -> None:
    with pytest.raises(ArgumentError, match=r"argument 2.*cubes.*given 1"):
        tg.grad(cubes, 2)(X)


def test_keyword_arguments_are_passed_on() -> None:
    assert tg.grad(lambda x, *, power: x**power)(2.0, power=3) == 12.0


def test_has_aux() -> None:
    def f(x: Any) -> Any:
        y = tg.exp(x)
        return tg.sum(y), {"y": y, "name": "exp"}

    gradient, aux = tg.grad(f, has_aux=True)(X)
    np.testing.assert_array_equal(gradient, np.exp(X))
    assert type(aux["y"]) is np.ndarray
    np.testing.assert_array_equal(aux["y"], np.exp(X))
    assert aux["name"] == "exp"


def test_value_and_grad_with_aux() -> None:
    (value, aux), gradient = tg.value_and_grad(lambda x: (x * x, "note"), has_aux=True)(3.0)
    assert (value, aux, gradient) == (9.0, "note", 6.0)


def test_has_aux_without_a_pair() -> None:
    with pytest.raises(ArgumentError, match=r"has_aux=True.*cubes.*pair"):
        tg.grad(cubes, has_aux=True)(X)


def test_grad_of_an_array_names_the_way_out() -> None:
    with pytest.raises(ShapeError, match=r"scalar.*\(3,\).*tg\.jacobian"):
        tg.grad(tg.exp)(X)


@pytest.mark.parametrize("x", [1, np.array([1, 2]), True], ids=["int", "array of ints", "bool"])
def test_the_derivative_by_a_whole_number_is_refused(x: Any) -> None:
    with pytest.raises(DTypeError, match=r"(int|bool).*floats"):
        tg.grad(lambda x: tg.sum(x * 2.0))(x)


NO_SCALARS: dict[str, Callable[[Any], Any]] = {
    "nothing": lambda x: None,
    "a pair": lambda x: (tg.sum(x), x),
    "a list": lambda x: [tg.sum(x)],
    "a dict": lambda x: {"loss": tg.sum(x)},
    "text": lambda x: "loss",
}


@pytest.mark.parametrize("what", NO_SCALARS)
def test_grad_of_what_is_no_number(what: str) -> None:
    with pytest.raises(ArgumentError, match=r"grad\(\).*scalar.*returned a .*has_aux=True"):
        tg.grad(NO_SCALARS[what])(X)


@pytest.mark.parametrize("transform", [tg.grad, tg.value_and_grad], ids=lambda t: t.__name__)
def test_errors_name_the_function_where_keywords_are_given(transform: Any) -> None:
    def powers(x: Any, *, power: float) -> Any:
        return x**power

    with pytest.raises(ShapeError, match=r"and powers returned shape \(3,\)"):
        transform(powers)(X, power=2.0)
    with pytest.raises(ArgumentError, match="so powers must return a pair"):
        transform(powers, has_aux=True)(X, power=2.0)


def test_aux_of_an_outside_tensor_stays_one() -> None:
    v = tg.Tensor(V)
    gradient, (aux, own) = tg.grad(lambda x: (tg.sum(x * x), (v * 2, x * 2)), has_aux=True)(X)
    assert type(gradient) is np.ndarray
    assert type(own) is np.ndarray
    assert isinstance(aux, tg.Tensor)


# --- unreachable inputs --------------------------------------------------------------------------

UNREACHABLE: dict[str, Callable[[Any], Any]] = {
    "a number": lambda x: 1.0,
    "another array": lambda x: tg.sum(V * V),
    "another tensor": lambda x: tg.sum(tg.Tensor(V)),
    "only its shape": lambda x: tg.sum(tg.Tensor(np.ones(x.shape)) * 2),
    "a comparison": lambda x: tg.sum((x > 0) * V),
    "stopped": lambda x: tg.sum(tg.stop_gradient(x) * V),
}


@pytest.mark.parametrize("what", UNREACHABLE)
def test_an_input_that_nothing_comes_from_has_zeros(what: str) -> None:
    np.testing.assert_array_equal(tg.grad(UNREACHABLE[what])(X), np.zeros(3), strict=True)


@pytest.mark.parametrize("what", UNREACHABLE)
def test_an_output_that_nothing_reaches_has_a_zero_tangent(what: str) -> None:
    out, tangent = tg.jvp(UNREACHABLE[what], (X,), (V,))
    np.testing.assert_array_equal(tangent, np.zeros(np.shape(out)))


def test_zeros_have_the_dtype_of_their_input() -> None:
    assert tg.grad(lambda x: 1.0)(X.astype(np.float32)).dtype == np.float32


# --- products with the Jacobian ------------------------------------------------------------------


def test_vjp_and_jvp_are_rows_and_columns_of_the_jacobian() -> None:
    j = tg.jacobian(vector_function)(X)
    assert j.shape == (2, 3)
    for i, u in enumerate(np.eye(2)):
        np.testing.assert_allclose(tg.vjp(vector_function, X)[1](u)[0], j[i], rtol=1e-14)
    for i, v in enumerate(np.eye(3)):
        np.testing.assert_allclose(tg.jvp(vector_function, (X,), (v,))[1], j[:, i], rtol=1e-14)


def test_a_pullback_may_be_used_twice() -> None:
    out, pullback = tg.vjp(vector_function, X)
    first, second = pullback(np.array([1.0, 0.0])), pullback(np.array([0.0, 1.0]))
    both = pullback(np.ones(2))
    np.testing.assert_allclose(first[0] + second[0], both[0], rtol=1e-14)
    np.testing.assert_array_equal(out, vector_function(X))


def test_a_pullback_of_two_primals() -> None:
    _, pullback = tg.vjp(tg.matmul, MATRIX, X)
    by_matrix, by_vector = pullback(np.array([1.0, 2.0]))
    np.testing.assert_allclose(by_matrix, np.outer([1.0, 2.0], X))
    np.testing.assert_allclose(by_vector, np.array([1.0, 2.0]) @ MATRIX)


def test_a_pullback_of_another_shape() -> None:
    with pytest.raises(ShapeError, match=r"pullback\(\).*\(2,\).*\(3,\)"):
        tg.vjp(vector_function, X)[1](np.ones(3))


def test_a_pullback_takes_lists() -> None:
    np.testing.assert_array_equal(tg.vjp(tg.square, X)[1]([1.0, 1.0, 1.0])[0], 2 * X)


def test_jvp_of_two_primals() -> None:
    out, tangent = tg.jvp(tg.multiply, (X, V), (V, X))
    np.testing.assert_array_equal(out, X * V)
    np.testing.assert_array_equal(tangent, V * V + X * X)


def test_jvp_of_fewer_tangents_than_primals() -> None:
    with pytest.raises(ArgumentError, match=r"2 primals and 1 tangents"):
        tg.jvp(tg.multiply, (X, V), (V,))


def test_jvp_of_a_tangent_of_another_shape() -> None:
    with pytest.raises(ShapeError, match=r"\(2,\).*\(3,\)"):
        tg.jvp(tg.exp, (X,), (np.ones(2),))


def test_jvp_of_nothing() -> None:
    out, tangent = tg.jvp(lambda: tg.sum(tg.Tensor(X)), (), ())
    assert out == X.sum()
    assert tangent == 0.0


def test_jvp_of_more_tangents_than_primals() -> None:
    with pytest.raises(ArgumentError, match="1 primals and 2 tangents"):
        tg.jvp(tg.exp, (X,), (X, X))


def test_jvp_with_tangents_of_another_form() -> None:
    with pytest.raises(ArgumentError, match=r"another form.*1 arrays for 2"):
        tg.jvp(lambda p: p["x"] * p["y"], ({"x": X, "y": V},), ({"x": V},))


def test_vjp_with_aux() -> None:
    out, pullback, aux = tg.vjp(lambda x: (x * x, {"y": tg.exp(x), "n": 3}), X, has_aux=True)
    np.testing.assert_array_equal(out, X * X)
    np.testing.assert_array_equal(pullback(np.ones(3))[0], 2 * X)
    assert type(aux["y"]) is np.ndarray
    np.testing.assert_array_equal(aux["y"], np.exp(X))
    assert aux["n"] == 3


def test_vjp_has_aux_without_a_pair() -> None:
    with pytest.raises(ArgumentError, match=r"has_aux=True.*cubes.*pair"):
        tg.vjp(cubes, X, has_aux=True)


WIDE_AND_TALL: dict[str, Callable[[Any], Any]] = {
    "a number": tangled,
    "fewer than inputs": vector_function,
    "as many": tg.exp,
    "more": lambda x: tg.concatenate([tg.exp(x), x * x[::-1], x[:1]]),
    "a matrix": lambda x: tg.reshape(x, (3, 1)) * x,
}


@pytest.mark.parametrize("outputs", WIDE_AND_TALL)
def test_both_directions_of_the_jacobian_agree(outputs: str) -> None:
    f = WIDE_AND_TALL[outputs]
    swept = tg.jacobian(f)(X)
    padded = tg.jacobian(lambda x: tg.stack([f(x)] * 4))(X)  # so many outputs that it goes forward
    assert swept.shape == (*np.shape(f(X)), 3)
    for copy in padded:
        np.testing.assert_allclose(copy, swept, rtol=1e-13, atol=1e-15)


def test_a_jacobian_of_nothing() -> None:
    assert tg.jacobian(lambda x: x[:0])(X).shape == (0, 3)
    assert tg.jacobian(lambda x: tg.concatenate([x, X]))(np.zeros(0)).shape == (3, 0)


def test_a_jacobian_by_the_second_argument() -> None:
    np.testing.assert_array_equal(tg.jacobian(tg.matmul, 1)(MATRIX, X), MATRIX)


# --- trees ---------------------------------------------------------------------------------------

Pair = namedtuple("Pair", "weights biases")


def test_the_gradient_has_the_form_of_the_argument() -> None:
    parameters = {"layers": [Pair(MATRIX, 0.5), (X, V)], "scale": 2.0}

    def f(p: Any) -> Any:
        first, (x, v) = p["layers"]
        return tg.sum(first.weights @ x) * p["scale"] + first.biases * tg.sum(v * v)

    gradient = tg.grad(f)(parameters)
    first, (by_x, by_v) = gradient["layers"]
    assert isinstance(first, Pair)
    np.testing.assert_allclose(first.weights, 2 * np.tile(X, (2, 1)))
    np.testing.assert_allclose(first.biases, V @ V)
    np.testing.assert_allclose(by_x, 2 * MATRIX.sum(0))
    np.testing.assert_allclose(by_v, V)
    np.testing.assert_allclose(gradient["scale"], (MATRIX @ X).sum())


def test_vjp_of_trees() -> None:
    _, pullback = tg.vjp(lambda p, q: p["x"] * q[0], {"x": X}, [V])
    by_p, by_q = pullback(np.ones(3))
    np.testing.assert_array_equal(by_p["x"], V)
    np.testing.assert_array_equal(by_q[0], X)


def test_jvp_of_trees() -> None:
    _, tangent = tg.jvp(lambda p: p["x"] * p["y"], ({"x": X, "y": V},), ({"x": V, "y": X},))
    np.testing.assert_array_equal(tangent, V * V + X * X)


def tree_of(x: Any) -> Any:
    """Trees of outputs, one of which depends on nothing."""
    return {"a": x * x, "rest": (tg.sum(x), [2.0, x[:1]])}


def test_vjp_of_a_tree_of_outputs() -> None:
    out, pullback = tg.vjp(tree_of, X)
    assert type(out["a"]) is np.ndarray
    np.testing.assert_array_equal(out["a"], X * X)
    assert out["rest"][1][0] == 2.0
    (g,) = pullback({"a": V, "rest": (3.0, [5.0, np.array([7.0])])})
    np.testing.assert_allclose(g, 2 * X * V + 3 + np.array([7.0, 0.0, 0.0]), rtol=1e-14)


def test_jvp_of_a_tree_of_outputs() -> None:
    out, tangent = tg.jvp(tree_of, (X,), (V,))
    np.testing.assert_array_equal(out["a"], X * X)
    np.testing.assert_array_equal(tangent["a"], 2 * X * V)
    assert tangent["rest"][0] == V.sum()
    assert tangent["rest"][1][0] == 0.0
    np.testing.assert_array_equal(tangent["rest"][1][1], V[:1])


def test_one_output_given_back_twice() -> None:
    def f(x: Any) -> Any:
        y = x * x
        return y, y

    (g,) = tg.vjp(f, X)[1]((V, X))
    np.testing.assert_array_equal(g, 2 * X * (V + X))


def test_a_pullback_of_another_form() -> None:
    with pytest.raises(ArgumentError, match=r"pullback\(\) takes 4 cotangents.*given 1"):
        tg.vjp(tree_of, X)[1]({"a": V})


def test_stop_gradient_of_a_tree() -> None:
    def f(x: Any) -> Any:
        stopped = tg.stop_gradient({"x": x, "twice": [x * 2]})
        return tg.sum(stopped["x"] * stopped["twice"][0] * x)

    np.testing.assert_array_equal(tg.grad(f)(X), 2 * X * X)


# --- complex numbers -----------------------------------------------------------------------------

Z = X + 1j * V


def test_grad_of_a_complex_output_names_the_ways_out() -> None:
    with pytest.raises(DTypeError, match=r"complex128.*tg\.real.*tg\.vjp"):
        tg.grad(lambda z: tg.sum(z * z))(Z)


def test_the_gradient_by_a_complex_argument() -> None:
    """dy/da - i dy/db for z = a + ib, as JAX has it."""
    np.testing.assert_allclose(tg.grad(lambda z: tg.sum(tg.abs(z) ** 2))(Z), 2 * np.conj(Z))


def test_vjp_of_a_holomorphic_function() -> None:
    out, pullback = tg.vjp(lambda z: z * tg.exp(z), Z)
    np.testing.assert_allclose(out, Z * np.exp(Z))
    np.testing.assert_allclose(pullback(1j * V)[0], 1j * V * (1 + Z) * np.exp(Z))


def test_jvp_of_a_holomorphic_function() -> None:
    np.testing.assert_allclose(tg.jvp(tg.exp, (Z,), (1j * V,))[1], 1j * V * np.exp(Z), rtol=1e-14)


def test_a_real_argument_of_a_complex_output_has_a_real_gradient() -> None:
    (g,) = tg.vjp(lambda x: x * (1 + 2j), X)[1](V + 1j)
    np.testing.assert_allclose(g, V - 2, strict=True)


def test_backward_leaves_the_conjugate() -> None:
    z = tg.Tensor(Z)
    tg.sum(tg.abs(z) ** 2).backward()
    np.testing.assert_allclose(z.grad, 2 * Z)


def test_steps_along_the_gradient_descend() -> None:
    goal = np.array([1 - 2j, 0.5j, 3.0])
    z = tg.Tensor(Z)
    for _ in range(60):
        z.grad = None
        loss = tg.sum(tg.abs(z - goal) ** 2)
        loss.backward()
        z.data -= 0.25 * z.grad
    np.testing.assert_allclose(z.data, goal, atol=1e-12)
