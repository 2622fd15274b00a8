"""HIPS autograd."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np

from probes.library import Backward, Function, Library, descended


class Autograd(Library):
    log, sqrt, where = map(staticmethod, (anp.log, anp.sqrt, anp.where))

    def recorded(self, f: Function, **xs: Any) -> Backward:
        self.leaves = [np.array(x) for x in xs.values()]
        vjp, out = autograd.make_vjp(lambda xs: f(*xs))(tuple(self.leaves))
        return lambda: list(vjp(np.ones_like(out)))

    def trained(self, f: Function, steps: int, **xs: Any) -> list[Any]:
        return descended(autograd.grad(f, tuple(range(len(xs)))), steps, list(xs.values()))

    def changes(self) -> dict[str, Callable[[], None]]:
        def in_place() -> None:
            self.leaves[0] += 1

        return {"in place": in_place}


library = Autograd
