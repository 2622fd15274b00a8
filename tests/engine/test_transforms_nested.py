"""Transforms of transforms, of functions of outside tensors, and inside ``no_grad``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from samples import MATRIX, V, X, cubes, scalars, tangled, vector_function

# --- nesting -------------------------------------------------------------------------------------


def test_the_inner_derivative_sees_the_outer_variable() -> None:
    def f(x: Any) -> Any:
        return x * tg.grad(lambda y: x * y)(2.0)

    assert tg.grad(f)(3.0) == 6.0


def test_no_perturbation_confusion() -> None:
    def f(x: Any) -> Any:
        return x * tg.jvp(lambda y: x + y, (1.0,), (1.0,))[1]

    assert tg.grad(f)(3.0) == 1.0
    assert tg.jvp(f, (3.0,), (1.0,))[1] == 1.0


def test_the_third_derivative() -> None:
    assert tg.grad(tg.grad(tg.grad(lambda x: x**5)))(2.0) == 5 * 4 * 3 * 2.0**2


@pytest.mark.parametrize(("n", "expected"), [(1, "cos"), (2, "-sin"), (3, "-cos"), (4, "sin")])
def test_the_nth_derivative_of_sin(n: int, expected: str) -> None:
    f = tg.sin
    for _ in range(n):
        f = tg.grad(f)
    sign = -1 if expected.startswith("-") else 1
    np.testing.assert_allclose(f(0.7), sign * getattr(np, expected.lstrip("-"))(0.7), rtol=1e-14)


def test_jvp_of_jvp_of_jvp() -> None:
    def along(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda x: tg.jvp(f, (x,), (1.0,))[1]

    np.testing.assert_allclose(along(along(along(tg.sin)))(0.7), -np.cos(0.7), rtol=1e-14)


@scalars
def test_grad_of_jvp_is_jvp_of_grad(f: Callable[[Any], Any]) -> None:
    gradient_of_tangent = tg.grad(lambda x: tg.jvp(f, (x,), (V,))[1])(X)
    tangent_of_gradient = tg.jvp(tg.grad(f), (X,), (V,))[1]
    np.testing.assert_allclose(gradient_of_tangent, tangent_of_gradient, rtol=1e-12)


@scalars
def test_the_hessian_is_symmetric(f: Callable[[Any], Any]) -> None:
    h = tg.hessian(f)(X)
    assert h.shape == (3, 3)
    np.testing.assert_allclose(h, h.T, rtol=1e-12, atol=1e-14)


@scalars
def test_the_hessian_is_the_jacobian_of_the_gradient(f: Callable[[Any], Any]) -> None:
    np.testing.assert_array_equal(tg.hessian(f)(X), tg.jacobian(tg.grad(f))(X))


@scalars
def test_hvp_is_hessian_times_vector(f: Callable[[Any], Any]) -> None:
    np.testing.assert_allclose(tg.hvp(f)(X, V), tg.hessian(f)(X) @ V, rtol=1e-12)


def test_a_hessian_by_another_argument() -> None:
    h = tg.hessian(lambda a, b: tg.sum(a * b * b), 1)(X, V)
    np.testing.assert_array_equal(h, np.diag(2 * X))


def test_a_hessian_of_a_matrix_has_its_shape_twice() -> None:
    h = tg.hessian(lambda m: tg.sum(m * m * m))(MATRIX)
    np.testing.assert_array_equal(h.reshape(6, 6), np.diag(6 * MATRIX.ravel()))


# --- perturbations that must not be taken for each other -----------------------------------------


def test_the_same_variable_at_two_levels() -> None:
    """d/dx [x d/dy (x y)] at y = x: the inner derivative is x, whatever y is."""

    def f(x: Any) -> Any:
        return x * tg.grad(lambda y: x * y)(x)

    assert tg.grad(f)(3.0) == 6.0
    assert tg.grad(tg.grad(f))(3.0) == 2.0


def directional(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The derivative, forward."""
    return lambda x: tg.jvp(f, (x,), (1.0,))[1]


@pytest.mark.parametrize("outer", [tg.grad, directional], ids=["backward", "forward"])
@pytest.mark.parametrize("middle", [tg.grad, directional], ids=["backward", "forward"])
@pytest.mark.parametrize("inner", [tg.grad, directional], ids=["backward", "forward"])
def test_three_levels_in_every_direction(outer: Any, middle: Any, inner: Any) -> None:
    """x d/dy [y d/dz (x² y z³) at z = x y] = x d/dy (3 x⁴ y⁴) = 12 x⁵ y³ at y = 2."""

    def f(x: Any) -> Any:
        def g(y: Any) -> Any:
            return y * inner(lambda z: x * x * y * z**3)(x * y)

        return x * middle(g)(2.0)

    np.testing.assert_allclose(f(1.5), 12 * 1.5**5 * 8, rtol=1e-13)
    np.testing.assert_allclose(outer(f)(1.5), 60 * 1.5**4 * 8, rtol=1e-13)


@pytest.mark.parametrize("transform", [tg.grad, directional], ids=["backward", "forward"])
def test_a_function_that_closes_over_the_tangent(transform: Any) -> None:
    """The direction depends on the outer variable, the function does not."""

    def f(x: Any) -> Any:
        return tg.jvp(lambda y: y * y * y, (2.0,), (x * x,))[1]

    np.testing.assert_allclose(transform(f)(3.0), 12 * 2 * 3.0, rtol=1e-14)


def values(x: Any) -> Any:
    return x.data if isinstance(x, tg.Tensor) else x


def with_kernels(x: Any) -> Any:
    """Two numbers through fused rows, whose kernels take arrays alone."""
    return tg.relu(MATRIX @ x + 3) * tg.prod(x)


@pytest.mark.parametrize("f", [vector_function, with_kernels], ids=lambda f: f.__name__)
def test_derivatives_by_a_cotangent_that_came_later(f: Callable[[Any], Any]) -> None:
    """A pullback is linear in its cotangent, which is younger than the call it goes through."""
    _, pullback = tg.vjp(f, X)
    j = tg.jacobian(f)(X)
    g = tg.grad(lambda u: tg.sum(pullback(u)[0] * V))(np.ones(2))
    np.testing.assert_allclose(values(g), j @ V, rtol=1e-12)
    u = tg.Tensor([1.0, 2.0])
    pulled = pullback(u)[0]
    np.testing.assert_allclose(values(pulled), u.data @ j, rtol=1e-12)
    tg.sum(pulled * V).backward()
    np.testing.assert_allclose(u.grad, j @ V, rtol=1e-12)


# --- a network of two layers, every way ----------------------------------------------------------

HIDDEN = np.random.default_rng(1).normal(size=(3, 4))
OUT = np.random.default_rng(2).normal(size=(4, 2))
INPUTS = np.random.default_rng(3).normal(size=(5, 3))


def loss(weights: Any) -> Any:
    """The cross-entropy of a network, by its two matrices of weights."""
    logits = tg.tanh(INPUTS @ weights[0]) @ weights[1]
    return -tg.mean(tg.log_softmax(logits)[:, 1])


def flat_loss(w: Any) -> Any:
    return loss([w[:12].reshape(3, 4), w[12:].reshape(4, 2)])


W = np.concatenate([HIDDEN.ravel(), OUT.ravel()])
DIRECTION = np.random.default_rng(4).normal(size=20)
PRODUCTS: dict[str, Callable[[], Any]] = {
    "hvp": lambda: tg.hvp(flat_loss)(W, DIRECTION),
    "jvp of grad": lambda: tg.jvp(tg.grad(flat_loss), (W,), (DIRECTION,))[1],
    "grad of jvp": lambda: tg.grad(lambda w: tg.jvp(flat_loss, (w,), (DIRECTION,))[1])(W),
    "grad of grad times v": lambda: tg.grad(lambda w: tg.grad(flat_loss)(w) @ DIRECTION)(W),
    "vjp of grad": lambda: tg.vjp(tg.grad(flat_loss), W)[1](DIRECTION)[0],
    "vmap of hvp": lambda: tg.vmap(tg.hvp(flat_loss))(W[None], DIRECTION[None])[0],
    "through a checkpoint": lambda: tg.hvp(tg.checkpoint(flat_loss))(W, DIRECTION),
    "of a tree": lambda: np.concatenate(
        [
            part.ravel()
            for part in tg.hvp(loss)(
                [HIDDEN, OUT], [DIRECTION[:12].reshape(3, 4), DIRECTION[12:].reshape(4, 2)]
            )
        ]
    ),
    "a jacobian forward": lambda: (
        tg.vmap(lambda v: tg.jvp(tg.grad(flat_loss), (W,), (v,))[1])(np.eye(20)) @ DIRECTION
    ),
}


@pytest.mark.parametrize("way", PRODUCTS)
def test_every_way_to_the_hessian_times_a_vector(way: str) -> None:
    h = tg.hessian(flat_loss)(W)
    np.testing.assert_allclose(h, h.T, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(PRODUCTS[way](), h @ DIRECTION, rtol=1e-11, atol=1e-13)


def test_the_hessian_is_that_of_differences() -> None:
    ahead, behind = (tg.grad(flat_loss)(W + step * DIRECTION) for step in (1e-5, -1e-5))
    numeric = (ahead - behind) / 2e-5
    np.testing.assert_allclose(tg.hvp(flat_loss)(W, DIRECTION), numeric, rtol=1e-6, atol=1e-8)


@scalars
def test_third_derivatives_in_any_order(f: Callable[[Any], Any]) -> None:
    """The same number by three sweeps backward, three forward, and two mixtures."""

    def slope(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda x: tg.sum(tg.grad(f)(x) * V)

    def along(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda x: tg.jvp(f, (x,), (V,))[1]

    backward = slope(slope(slope(f)))(X)
    for mixture in (along(along(along(f))), along(slope(along(f))), slope(along(slope(f)))):
        np.testing.assert_allclose(mixture(X), backward, rtol=1e-10, atol=1e-12)


# --- what comes back -----------------------------------------------------------------------------

RESULTS: dict[str, Callable[[Any], Any]] = {
    "grad": lambda x: tg.grad(tangled)(x),
    "value": lambda x: tg.value_and_grad(tangled)(x)[0],
    "vjp's value": lambda x: tg.vjp(vector_function, x)[0],
    "pullback": lambda x: tg.vjp(vector_function, x)[1](np.ones(2))[0],
    "jvp's value": lambda x: tg.jvp(vector_function, (x,), (V,))[0],
    "tangent": lambda x: tg.jvp(vector_function, (x,), (V,))[1],
    "jacobian, wide": lambda x: tg.jacobian(vector_function)(x),
    "jacobian, tall": lambda x: tg.jacobian(lambda x: tg.stack([x * x, tg.exp(x)]))(x),
    "hessian": lambda x: tg.hessian(tangled)(x),
    "hvp": lambda x: tg.hvp(tangled)(x, V),
}


@pytest.mark.parametrize("what", RESULTS)
def test_arrays_in_arrays_out(what: str) -> None:
    assert not isinstance(RESULTS[what](X), tg.Tensor)


@pytest.mark.parametrize("what", RESULTS)
def test_tensors_in_tensors_out(what: str) -> None:
    result = RESULTS[what](tg.Tensor(X))
    assert isinstance(result, tg.Tensor)
    np.testing.assert_allclose(result.data, RESULTS[what](X), rtol=1e-12)


@pytest.mark.parametrize("what", RESULTS)
def test_what_comes_back_can_be_differentiated(what: str) -> None:
    x = tg.Tensor(X)
    tg.sum(RESULTS[what](x)).backward()
    tg.testing.check_grads(RESULTS[what], (X,), order=1)
    np.testing.assert_allclose(x.grad, tg.grad(lambda x: tg.sum(RESULTS[what](x)))(X), rtol=1e-11)


def test_an_outside_tensor_makes_the_result_a_tensor() -> None:
    scale = tg.Tensor(3.0)
    slope = tg.grad(lambda x: scale * x * x)(2.0)
    slope.backward()
    assert slope.item() == 12.0
    assert scale.grad == 4.0


def test_an_outside_tensor_that_is_not_used_does_not() -> None:
    scale = tg.Tensor(3.0)
    assert not isinstance(tg.grad(lambda x: (scale * 2, x * x)[1])(2.0), tg.Tensor)


def test_an_outside_tensor_given_back_as_it_is() -> None:
    scale = tg.Tensor(3.0)
    value, slope = tg.value_and_grad(lambda x: scale)(2.0)
    assert value._node is scale._node
    assert slope == 0.0


def test_steps_on_arrays_keep_no_history() -> None:
    x = X
    for _ in range(3):
        x = x - 0.1 * tg.grad(cubes)(x)
        assert type(x) is np.ndarray


def test_results_are_arrays_of_their_own() -> None:
    first, second = tg.grad(lambda a, b: tg.sum(a + b), (0, 1))(X, V)
    first[0] = 99.0
    second[0] = -99.0
    assert first[0] == 99.0


def test_arguments_are_not_written_to() -> None:
    x = X.copy()
    x.flags.writeable = False
    tg.hessian(tangled)(x)
    np.testing.assert_array_equal(x, X)


@pytest.mark.parametrize("transform", [tg.grad, tg.value_and_grad, tg.jacobian, tg.hessian])
def test_transforms_keep_the_name_of_the_function(transform: Any) -> None:
    assert transform(cubes).__name__ == "cubes"


# --- without recording ---------------------------------------------------------------------------


@pytest.mark.parametrize("what", RESULTS)
def test_transforms_work_inside_no_grad(what: str) -> None:
    with tg.no_grad():
        inside = RESULTS[what](X)
    np.testing.assert_array_equal(inside, RESULTS[what](X))


def test_a_pullback_made_outside_works_inside_no_grad() -> None:
    _, pullback = tg.vjp(tg.exp, X)
    with tg.no_grad():
        np.testing.assert_array_equal(pullback(np.ones(3))[0], np.exp(X))


def test_no_grad_within_a_function_makes_constants_of_what_it_encloses() -> None:
    def f(x: Any) -> Any:
        with tg.no_grad():
            constant = x * x
        return constant * x

    assert tg.grad(f)(3.0) == 9.0


def test_gradients_by_tensors_inside_no_grad_have_no_history() -> None:
    x = tg.Tensor(X)
    with tg.no_grad():
        g = tg.grad(cubes)(x)
    np.testing.assert_array_equal(values(g), tg.grad(cubes)(X))
    assert not isinstance(g, tg.Tensor) or g._node.is_leaf
