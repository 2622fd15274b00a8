"""What an optimizer updates, what it leaves alone, and where its state is."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from networks import X, Y, classifier, numbers, same
from tensorgraph.errors import GraphError, UnusedParameterWarning
from tensorgraph.optim import SGD, Adagrad, Adam, Optimizer, RMSProp

Make = Callable[[], Optimizer]
MAKES: dict[str, Make] = {
    "SGD": lambda: SGD(0.1, decay=0.1, momentum=0.9),
    "Adagrad": lambda: Adagrad(0.1, decay=0.1),
    "RMSProp": lambda: RMSProp(0.1, decay=0.1),
    "Adam": lambda: Adam(0.1, decay=0.1),
}
every_optimizer = pytest.mark.parametrize("make", MAKES.values(), ids=list(MAKES))


def tensors(*dtypes: Any) -> dict[str, tg.Tensor]:
    """Parameters a, b and c of three shapes."""
    rng = np.random.default_rng(0)
    shapes = {"a": (2, 3), "b": (1, 3), "c": (4,)}
    kinds = dict(zip(shapes, dtypes or [np.float64] * 3, strict=True))
    return {
        name: tg.Tensor(rng.normal(size=shape), dtype=kinds[name]) for name, shape in shapes.items()
    }


def push(parameters: dict[str, tg.Tensor], seed: int, names: str = "abc") -> None:
    """Give the named parameters gradients, and the others none."""
    rng = np.random.default_rng(seed)
    for name, p in parameters.items():
        g = rng.normal(size=p.shape)
        p.grad = g if name in names else None


def values(parameters: dict[str, tg.Tensor]) -> list[np.ndarray]:
    return [p.numpy() for p in parameters.values()]


# --- one buffer ----------------------------------------------------------------------------------


@every_optimizer
@pytest.mark.parametrize(
    "dtypes", [(), (np.float32, np.float64, np.float32)], ids=["one dtype", "two"]
)
def test_all_at_once_is_the_same_as_each_alone(make: Make, dtypes: Any) -> None:
    together, alone = tensors(*dtypes), tensors(*dtypes)
    one, many = make(), {name: make() for name in alone}
    for seed in range(3):
        push(together, seed)
        push(alone, seed)
        one.step(together)
        for name, p in alone.items():
            many[name].step([p])
    assert same(values(together), values(alone))


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(lambda ps: ps, id="a dict"),
        pytest.param(lambda ps: list(ps.values()), id="a list"),
        pytest.param(lambda ps: (p for p in ps.values()), id="a generator"),
        pytest.param(lambda ps: [*ps.values(), *ps.values()], id="each twice"),
        pytest.param(lambda ps: dict(reversed(ps.items())), id="in another order"),
    ],
)
def test_parameters_may_be_given_as(given: Any) -> None:
    plain, other = tensors(), tensors()
    first, second = Adam(0.1), Adam(0.1)
    for seed in range(3):
        push(plain, seed)
        push(other, seed)
        first.step(plain)
        second.step(given(other))
    assert same(values(plain), values(other))


def test_values_that_are_assigned_between_steps_count() -> None:
    p = tg.Tensor([1.0, 2.0])
    optimizer = SGD(1.0)
    for _ in range(2):
        p.grad = [1.0, 1.0]
        optimizer.step([p])
        p.data = [10.0, 20.0]
    p.grad = [1.0, 1.0]
    optimizer.step([p])
    assert p.data.tolist() == [9.0, 19.0]


# --- some of them --------------------------------------------------------------------------------


@every_optimizer
def test_a_parameter_without_gradient_stays_as_it_is(make: Make) -> None:
    parameters, optimizer = tensors(), make()
    push(parameters, 0)
    optimizer.step(parameters)
    before = parameters["b"].numpy(), optimizer.state(parameters["b"])
    before = copy.deepcopy(before)
    push(parameters, 1, "ac")
    with pytest.warns(UnusedParameterWarning, match=r"does not depend on b \(1, 3\)"):
        optimizer.step(parameters)
    np.testing.assert_array_equal(parameters["b"].data, before[0])
    for name, array in optimizer.state(parameters["b"]).items():
        np.testing.assert_array_equal(array, before[1][name])


@every_optimizer
def test_a_parameter_that_is_left_out_is_frozen(make: Make) -> None:
    parameters, optimizer = tensors(), make()
    before = parameters["b"].numpy()
    for seed in range(3):
        push(parameters, seed)
        optimizer.step({name: p for name, p in parameters.items() if name != "b"})
    np.testing.assert_array_equal(parameters["b"].data, before)
    assert not np.array_equal(parameters["a"].data, tensors()["a"].data)


def test_a_frozen_parameter_keeps_its_state_until_it_is_thawed() -> None:
    parameters, optimizer = tensors(), SGD(1.0, momentum=0.5)
    for names in ("abc", "ac", "abc"):
        for p in parameters.values():
            p.grad = np.ones(p.shape)
        optimizer.step([parameters[name] for name in names])
    # b took two steps, of 1 and of 0.5 + 1; the others also 0.75 + 1 after it
    np.testing.assert_allclose(tensors()["b"].data - parameters["b"].data, 2.5)
    np.testing.assert_allclose(tensors()["a"].data - parameters["a"].data, 4.25)


def test_two_optimizers_may_share_a_network() -> None:
    parameters = tensors()
    first, second = SGD(1.0), SGD(10.0)
    for p in parameters.values():
        p.grad = np.ones(p.shape)
    first.step([parameters["a"], parameters["c"]])
    second.step([parameters["b"]])
    moved = [
        float((old - new).mean())
        for old, new in zip(values(tensors()), values(parameters), strict=True)
    ]
    assert moved == pytest.approx([1, 10, 1])


# --- gradients and tapes -------------------------------------------------------------------------


@every_optimizer
def test_gradients_are_whole_after_the_step(make: Make) -> None:
    parameters, optimizer = tensors(), make()
    push(parameters, 3)
    before = {name: np.array(p.grad) for name, p in parameters.items()}
    optimizer.step(parameters)
    for name, p in parameters.items():
        np.testing.assert_array_equal(p.grad, before[name])


def test_zero_grad_forgets_the_gradients() -> None:
    parameters = tensors()
    push(parameters, 0)
    SGD().zero_grad(parameters)
    assert [p.grad for p in parameters.values()] == [None, None, None]


def test_two_sweeps_before_a_step_add_up() -> None:
    p = tg.Tensor([1.0, 2.0])
    for _ in range(2):
        (p * p).sum().backward()
    SGD(0.25).step([p])
    np.testing.assert_array_equal(p.data, [0.0, 0.0])


def test_a_step_without_any_gradient_is_refused() -> None:
    with pytest.raises(GraphError, match=r"call loss.backward\(\) before step\(\)"):
        SGD().step(tensors())


def test_a_tape_from_before_the_step_cannot_be_swept() -> None:
    p = tg.Tensor([1.0, 2.0], name="p")
    loss = (p * p).sum()
    loss.backward()
    SGD(0.1).step([p])
    with pytest.raises(GraphError, match=r"'p' has changed .* differentiate before step\(\)"):
        loss.backward()


# --- state ---------------------------------------------------------------------------------------


@every_optimizer
def test_state_and_restore_continue_as_if_nothing_had_happened(make: Make) -> None:
    parameters, optimizer = tensors(), make()
    for seed in range(3):
        push(parameters, seed)
        optimizer.step(parameters)
    twins = {name: tg.Tensor(p.data) for name, p in parameters.items()}
    other = make()
    other.restore(twins, {name: optimizer.state(p) for name, p in parameters.items()})
    other.iterations = optimizer.iterations
    for seed in range(3, 6):
        for ps, o in ((parameters, optimizer), (twins, other)):
            push(ps, seed)
            o.step(ps)
    assert same(values(parameters), values(twins))


def test_there_is_no_state_before_the_first_step() -> None:
    assert Adam().state(tensors()["a"]) == {}


@every_optimizer
def test_state_has_the_shape_of_the_parameter(make: Make) -> None:
    parameters, optimizer = tensors(), make()
    push(parameters, 0)
    optimizer.step(parameters)
    state = optimizer.state(parameters["a"])
    assert set(state) == set(optimizer.state_names)
    assert {array.shape for array in state.values()} == {(2, 3)}


def test_a_copied_model_trains_as_the_original_does() -> None:
    model = classifier()
    model.train(X, Y, epochs=3, print_every=0)
    twin = copy.deepcopy(model)
    for each in (model, twin):
        each.train(X, Y, epochs=3, print_every=0)
    assert same(numbers(model), numbers(twin))
