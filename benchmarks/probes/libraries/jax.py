"""JAX, with numbers of 64 bits as the others have."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from probes.library import Backward, Function, Library, descended

jax.config.update("jax_enable_x64", True)


class Jax(Library):
    log, sqrt, where = map(staticmethod, (jnp.log, jnp.sqrt, jnp.where))

    def looking_for_nan(self) -> Any:
        modes = ExitStack()
        modes.enter_context(jax.debug_nans(True))
        modes.enter_context(jax.debug_infs(True))
        return modes

    def recorded(self, f: Function, **xs: Any) -> Backward:
        self.leaves = [jnp.asarray(x) for x in xs.values()]
        if any(leaf.dtype.kind == "i" for leaf in self.leaves):  # vjp is not what a program calls
            return lambda: list(jax.grad(f, tuple(range(len(xs))))(*self.leaves))
        out, vjp = jax.vjp(f, *self.leaves)
        return lambda: list(vjp(np.ones_like(out)))

    def trained(self, f: Function, steps: int, **xs: Any) -> list[Any]:
        leaves = [jnp.asarray(x) for x in xs.values()]
        return descended(jax.grad(f, tuple(range(len(xs)))), steps, leaves)

    def changes(self) -> dict[str, Callable[[], None]]:
        return {"in place": lambda: self.leaves[0].__setitem__(..., 0.0)}


library = Jax
