"""Every error that tensorgraph raises on purpose.

Read next: ``display``. The tree::

    TensorGraphError
    ├── ShapeError (ValueError)            operands or data of shapes that do not fit
    ├── DTypeError (TypeError)             a dtype that the operation cannot take
    ├── ArgumentError (ValueError)         any other argument that cannot be right
    ├── GraphError (RuntimeError)          a tape that cannot be read, swept or changed that way
    ├── RuleError (NotImplementedError)    a derivative or a NumPy function without a rule
    ├── DataError (ValueError)             values that cannot be trained on: NaN, wrong labels
    ├── FileError (ValueError)             a file that is damaged, truncated or of another kind
    ├── GradientError (AssertionError)     a derivative that disagrees with finite differences
    ├── AnomalyError (FloatingPointError)  a NaN or an infinity, where it was born
    ├── LayoutError (RuntimeError)         Graphviz failed on a picture
    └── MissingDependencyError (ImportError)  an optional package that is not installed

    TensorGraphWarning (UserWarning)
    ├── PerformanceWarning                 it works, and is slow for a reason that can be mended
    ├── BroadcastWarning                   a column minus a vector, which is a matrix
    ├── IntegerVariableWarning             whole numbers that a derivative was asked by
    ├── UnusedParameterWarning             parameters that the loss does not depend on
    ├── ConstantLossWarning                a loss whose derivative reaches no variable
    ├── StaleGradientWarning               gradients added to those of the step before
    ├── DoubleSoftmaxWarning               a softmax of what a softmax gave
    ├── LabelWarning                       labels that look like those of another kind
    ├── DeadUnitsWarning                   ReLU units that are 0 for every example
    ├── SaturatedUnitsWarning              sigmoid or tanh units whose derivative is almost 0
    ├── VanishingGradientWarning           early layers that get next to no gradient
    └── ExplodingGradientWarning           gradients that are far too large, or not finite

Each also is the built-in exception that a reader of NumPy code would expect, so ``except
ValueError`` keeps working. Messages name the operation, the layer, the shapes and what to do.
"""

from __future__ import annotations

import importlib
from types import ModuleType


class TensorGraphError(Exception):
    """The root of the tree: catches everything that tensorgraph raises on purpose."""


class ShapeError(TensorGraphError, ValueError):
    """Shapes that do not fit."""


class DTypeError(TensorGraphError, TypeError):
    """A dtype that the operation cannot take."""


class ArgumentError(TensorGraphError, ValueError):
    """An argument that cannot be right, whatever the data."""


class GraphError(TensorGraphError, RuntimeError):
    """A tape that cannot be read, swept or changed in the way that was asked."""


class RuleError(TensorGraphError, NotImplementedError):
    """A derivative, or a NumPy function, for which there is no rule."""


class DataError(TensorGraphError, ValueError):
    """Values that cannot be trained on."""


class FileError(TensorGraphError, ValueError):
    """A file that is damaged, truncated or of another kind than it was opened as."""


class GradientError(TensorGraphError, AssertionError):
    """A derivative that disagrees with finite differences."""


class LayoutError(TensorGraphError, RuntimeError):
    """Graphviz could not lay out or draw a picture."""


class MissingDependencyError(TensorGraphError, ImportError):
    """An optional package that is not installed."""


class AnomalyError(TensorGraphError, FloatingPointError):
    """A value that is not finite was born of values that are, under ``tg.detect_anomaly()``."""


class TensorGraphWarning(UserWarning):
    """The root of the warnings; docs/warnings.md has a section for each."""


class PerformanceWarning(TensorGraphWarning):
    """Something works, and is slow for a reason that can be mended."""


class BroadcastWarning(TensorGraphWarning):
    """A column of shape (n, 1) minus a vector of shape (n,), which is a matrix of shape (n, n)."""


class IntegerVariableWarning(TensorGraphWarning):
    """A variable of whole numbers, by which a derivative was asked, gets none."""


class UnusedParameterWarning(TensorGraphWarning):
    """Parameters that the loss does not depend on: an optimizer leaves them as they are."""


class ConstantLossWarning(TensorGraphWarning):
    """A derivative was asked for of a value that passes it on to no variable."""


class StaleGradientWarning(TensorGraphWarning):
    """A gradient was added to the one of the step before, which nobody cleared."""


class DoubleSoftmaxWarning(TensorGraphWarning):
    """Softmax of what softmax gave, or sigmoid in the loss of what sigmoid gave."""


class LabelWarning(TensorGraphWarning):
    """Labels that fit in shape, and look as if another kind were meant."""


class DeadUnitsWarning(TensorGraphWarning):
    """Most ReLU units of a layer are 0 for every example that was looked at in training."""


class SaturatedUnitsWarning(TensorGraphWarning):
    """Most sigmoid or tanh units of a layer have a derivative of almost 0 in training."""


class VanishingGradientWarning(TensorGraphWarning):
    """A layer's gradient is next to nothing beside that of the last layer."""


class ExplodingGradientWarning(TensorGraphWarning):
    """A layer's gradient is out of all proportion, or not finite."""


def require(module: str, extra: str | None = None) -> ModuleType:
    """Import ``module`` when it is first needed: optional ones, and those that are slow to import.

    Where it is missing, say which ``extra`` of this distribution brings it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingDependencyError(
            f"this needs {module!r}, which is not installed: "
            f"pip install 'tensorgraph-engine{f'[{extra}]' if extra else ''}' brings it"
        ) from error
