"""NumPy's ``linalg``: systems, inverses, determinants, decompositions, norms.

Matrices are the last two axes; the axes before them count and broadcast. The formulas are those of
M. Giles, "An extended collection of matrix derivative results for forward and reverse mode
algorithmic differentiation" (2008), where no other source stands, with transposes in place of
adjoints for complex matrices, as everywhere here.

A function with several results is a row that packs them into one array (see ``helpers``), and a
composite that takes them out again.

Eigenvectors and singular vectors of complex matrices are determined up to a phase, which LAPACK
chooses: differentiate only what does not depend on it, such as projectors. Where eigenvalues or
singular values are equal, their vectors have no derivative: it comes out infinite or nan, except
for functions of the values alone.

Read next: ``helpers``, then the modules in the order of the imports below.
"""

from __future__ import annotations

from tensorgraph.ops.linalg import (
    determinants,
    eigen,
    factors,
    least_squares,
    norms,
    products,
    singular,
    systems,
)
from tensorgraph.ops.linalg.systems import *
from tensorgraph.ops.linalg.products import *
from tensorgraph.ops.linalg.determinants import *
from tensorgraph.ops.linalg.factors import *
from tensorgraph.ops.linalg.eigen import *
from tensorgraph.ops.linalg.singular import *
from tensorgraph.ops.linalg.least_squares import *
from tensorgraph.ops.linalg.norms import *

__all__: list[str] = []
__all__ += systems.__all__
__all__ += products.__all__
__all__ += determinants.__all__
__all__ += factors.__all__
__all__ += eigen.__all__
__all__ += singular.__all__
__all__ += least_squares.__all__
__all__ += norms.__all__
