"""The public surface, as a list: a name that comes or goes is a decision, not an accident."""

from __future__ import annotations

import inspect
import operator
import types
from typing import Any

import pytest

import tensorgraph as tg
from tensorgraph import models, ops, viz

SURFACE: dict[Any, str] = {
    tg: """Tape Tensor checkpoint compile data detect_anomaly elementwise_grad empty empty_like
        errors extend full full_like grad hessian hvp jacobian jvp losses metrics nn no_grad numpy
        ones ones_like optim penalties seed stop_gradient tape testing tree value_and_grad
        vjp vmap zeros zeros_like""",
    tg.nn: """Activation Dense Dropout Identity Layer ReLU Regularizer Sigmoid Softmax Tanh""",
    tg.optim: """Adagrad Adam CosineDecay Optimizer RMSProp SGD Schedule""",
    tg.data: """FASHION_MNIST_LABELS batches blobs circles fashion_mnist mnist moons plane shuffle
        sine spiral surface vertical wave xor""",
    tg.extend: """ELEMENTWISE LEADING NO_RULE Primitive bilinear custom elementwise fused linear
        nondifferentiable""",
    models: "Model",
    viz: "Visualizer diff graph network tree",
}

LOSSES = ["BinaryCrossentropy", "CategoricalCrossentropy", "MeanAbsoluteError", "MeanSquaredError"]
ACCURACIES = ["BinaryAccuracy", "CategoricalAccuracy", "RegressionAccuracy"]


@pytest.mark.parametrize("module", SURFACE, ids=lambda module: module.__name__)
def test_a_module_exports_what_is_listed(module: types.ModuleType) -> None:
    operations = set(ops.__all__) if module is tg else set()
    assert sorted(set(module.__all__) - operations) == sorted(SURFACE[module].split())


@pytest.mark.parametrize(
    ("module", "base", "names"),
    [(tg.losses, tg.losses.Loss, LOSSES), (tg.metrics, tg.metrics.Accuracy, ACCURACIES)],
    ids=["losses", "metrics"],
)
def test_the_concrete_classes_of_a_module_are_listed(
    module: types.ModuleType, base: type, names: list[str]
) -> None:
    found = [
        name
        for name, thing in vars(module).items()
        if inspect.isclass(thing) and issubclass(thing, base) and not inspect.isabstract(thing)
    ]
    assert sorted(found) == names


NAMESPACES = {"": ops, "linalg.": ops.linalg, "fft.": ops.fft}
OPERATIONS = [
    prefix + name
    for prefix, module in NAMESPACES.items()
    for name in module.__all__
    if f"{name}." not in NAMESPACES
]


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_is_public_and_documented(name: str) -> None:
    operation = operator.attrgetter(name)(tg)
    assert callable(operation)
    assert operation.__doc__


def test_no_name_is_exported_twice() -> None:
    assert sorted(tg.__all__) == sorted(set(tg.__all__))


@pytest.mark.parametrize("module", SURFACE, ids=lambda module: module.__name__)
def test_what_is_exported_is_documented(module: types.ModuleType) -> None:
    things = [getattr(module, name) for name in module.__all__]
    assert [thing for thing in things if callable(thing) and not thing.__doc__] == []
