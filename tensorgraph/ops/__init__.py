"""The operations: one row each, grouped by what they do.

Read them in the order of the imports below, from single numbers up; ``linalg`` and ``fft`` are
namespaces of their own, as in NumPy. Each module lists its public names, which are NumPy's, with
its arguments and defaults, wherever NumPy has the function.
"""

from __future__ import annotations

from tensorgraph.ops import (
    arrange,
    calculus,
    contractions,
    elementwise,
    fft,
    indexing,
    joining,
    linalg,
    missing,
    nn,
    numbers,
    padding,
    polynomials,
    products,
    reduce,
    running,
    sequences,
    shape,
    sorting,
    special,
    statistics,
)
from tensorgraph.ops.elementwise import *
from tensorgraph.ops.numbers import *
from tensorgraph.ops.shape import *
from tensorgraph.ops.indexing import *
from tensorgraph.ops.reduce import *
from tensorgraph.ops.running import *
from tensorgraph.ops.products import *
from tensorgraph.ops.contractions import *
from tensorgraph.ops.statistics import *
from tensorgraph.ops.missing import *
from tensorgraph.ops.arrange import *
from tensorgraph.ops.joining import *
from tensorgraph.ops.padding import *
from tensorgraph.ops.sorting import *
from tensorgraph.ops.calculus import *
from tensorgraph.ops.sequences import *
from tensorgraph.ops.polynomials import *
from tensorgraph.ops.special import *
from tensorgraph.ops.nn import *

__all__ = ["fft", "linalg"]
__all__ += elementwise.__all__
__all__ += numbers.__all__
__all__ += shape.__all__
__all__ += indexing.__all__
__all__ += reduce.__all__
__all__ += running.__all__
__all__ += products.__all__
__all__ += contractions.__all__
__all__ += statistics.__all__
__all__ += missing.__all__
__all__ += arrange.__all__
__all__ += joining.__all__
__all__ += padding.__all__
__all__ += sorting.__all__
__all__ += calculus.__all__
__all__ += sequences.__all__
__all__ += polynomials.__all__
__all__ += special.__all__
__all__ += nn.__all__
