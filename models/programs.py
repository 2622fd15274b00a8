"""What a model does in every step and for every batch, compiled.

The functions here are plain expressions; ``tg.compile`` makes programs of them. Where a layer looks
at a value, or does not do the same twice, they run as they are.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import Any

from tensorgraph.compiler import Compiled
from tensorgraph.errors import PerformanceWarning, TensorGraphError
from tensorgraph.losses import Loss
from tensorgraph.nn.layer import with_inner_layers
from tensorgraph.optim import Optimizer
from tensorgraph.penalties import penalty
from tensorgraph.source import warn
from tensorgraph.tape import Traced

Step = Callable[..., Any]

PATIENCE = 2
"""Batches of one shape that are evaluated before it pays to record them."""


class Programs:
    """The compiled functions of one model. They are made when they are first needed.

    The model has them and they do not have the model: it goes with its last reference.
    """

    def __init__(self, model: Any) -> None:
        self._model = weakref.ref(model)
        self.output: Step = Fallback(_of(model, _output), patience=PATIENCE)
        self.figures: Step = Fallback(_of(model, _figures), patience=PATIENCE)
        self.penalty: Step = Fallback(_of(model, _penalty), patience=PATIENCE)
        self._step: Fallback | None = None
        self._made_for: Any = None
        self._eager = False

    def __reduce__(self) -> Any:
        return Programs, (self._model(),)  # a copy of the model has programs of its own

    def stepper(self, loss: Loss, optimizer: Optimizer, compiled: bool) -> Step:
        """What takes a step on a batch and gives (data loss, penalties or None, accuracy or None).

        The programs of an earlier training serve again, if nothing was changed meanwhile.
        """
        model: Any = self._model()
        self._eager = not compiled
        if not compiled:
            return lambda X, y: _values(_taken(model, X, y))
        made_for = (loss, optimizer, model.accuracy, _settings(model))
        if self._step is None or self._made_for != made_for:
            self._step, self._made_for = Fallback(_of(model, _taken), warns=True), made_for
        return self._step

    def summary(self) -> str:
        """How the step is run, in a line."""
        if self._eager:
            return "step: as it is (compile=False)"
        if self._step is None or self._step.reason is None:
            lines = "" if self._step is None else self._step.described()
            return f"step: compiled{lines}"
        return f"step: as it is, not compiled: {self._step.reason}"


def _settings(model: Any) -> list[Any]:
    layers = [inner for layer in model.layers for inner in with_inner_layers(layer)]
    return [(layer, layer.config()) for layer in layers]


# --- the functions -------------------------------------------------------------------------------


def _of(model: Any, function: Callable[..., Any]) -> Step:
    """``function`` of this model, which it does not keep."""
    reference = weakref.ref(model)

    @functools.wraps(function)
    def of_model(*args: Any) -> Any:
        return function(reference(), *args)

    return of_model


def _output(model: Any, X: Any) -> Any:
    return model.forward(X)


def _figures(model: Any, X: Any, y: Any) -> Any:
    """The loss and the accuracy, or None, on a batch."""
    output = model.forward(X)
    accuracy = model.accuracy(output.data, y) if model.accuracy else None
    return model.loss.of_checked(output, y), accuracy


def _penalty(model: Any) -> Any:
    return penalty(model.layers)


def _taken(model: Any, X: Any, y: Any) -> Any:
    """One step: forward, loss, penalties, backward, update."""
    parameters = model._parameters
    output = model.forward(X, training=True)
    data_loss = model.loss.of_checked(output, y)
    penalties = penalty(model.layers)
    total = data_loss if penalties is None else data_loss + penalties
    model.optimizer.zero_grad(parameters)
    total.backward()
    accuracy = model.accuracy(output.data, y) if model.accuracy else None
    model.optimizer.step(parameters)
    return data_loss, penalties, accuracy


# --- as it is, where need be ---------------------------------------------------------------------


class Fallback:
    """A compiled function that gives up being one where its function cannot be recorded."""

    def __init__(self, f: Step, *, patience: int = 0, warns: bool = False) -> None:
        self._f = f
        self._warns = warns
        self._compiled = Compiled(f, patience=patience, plain=True)
        self.reason: str | None = None

    def __call__(self, *args: Any) -> Any:
        if self.reason is None:
            try:
                return self._compiled(*args)
            except Exception as error:
                # What is wrong with the data, or anything else, is wrong without a program too.
                result = _values(self._f(*args))
                self.reason = str(error).splitlines()[0]
                if self._warns:
                    warn(f"the training step is not compiled: {self.reason}", PerformanceWarning)
                return result
        return _values(self._f(*args))

    def described(self) -> str:
        """How large the program is."""
        try:
            program = self._compiled.program
        except TensorGraphError:
            return ""
        return f", {len(program)} equations"


def _values(out: Any) -> Any:
    if isinstance(out, tuple):
        return tuple(map(_values, out))
    return out._node.value if isinstance(out, Traced) else out
