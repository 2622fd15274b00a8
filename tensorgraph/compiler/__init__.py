"""The compiler: from a recorded call to a program, and from that to NumPy source.

Read in this order: ``program`` (equations), ``numbers``, ``capture``, ``repeats`` and ``lowering``
(from a call to equations), ``builder``, ``expand``, ``rewriting``, ``algebra``, ``kernels``,
``neighbours`` and ``passes`` (to better ones), ``memory`` (where values lie), ``writer``, ``lines``
and ``numpy_source`` (the text), ``guards``, ``executable``, ``calls`` and ``compiled``
(``tg.compile``).
"""

from __future__ import annotations

from tensorgraph.compiler.compiled import Compiled, compile
from tensorgraph.compiler.program import Equation, Program, check

__all__ = ["Compiled", "Equation", "Program", "check", "compile"]
