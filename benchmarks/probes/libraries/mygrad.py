"""MyGrad."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mygrad

from probes.library import Function, Taped


class MyGrad(Taped):
    log, sqrt, where = map(staticmethod, (mygrad.log, mygrad.sqrt, mygrad.where))

    def leaf(self, name: str, x: Any) -> Any:
        return mygrad.tensor(x)

    def changes(self) -> dict[str, Callable[[], None]]:
        def in_place() -> None:
            with mygrad.no_autodiff:
                self.leaves[0] += 1

        def behind() -> None:
            self.leaves[0].data[...] += 1

        return {"in place": in_place, ".data": behind}

    def draw(self, f: Function, x: Any) -> int:
        from mygrad.computational_graph import build_graph

        return len(build_graph(f(self.leaf("x", x))).source)


library = MyGrad
