"""Write ``docs/operations.md``: every public operation, what is known of it and what is tested.

    python tests/operation_table.py

All of it is read off the registry, the signatures and docstrings, and the table of tests.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import numpy as np

from mutation import DERIVATIVES
from op_cases import Case, OpSpec, as_tensors
from op_specs import SMOOTH, SPECS
from tensorgraph import ops
from tensorgraph.primitive import REGISTRY, Primitive
from tensorgraph.tensor import Tensor

PAGE = Path(__file__).parents[1] / "docs" / "operations.md"
NUMPY = "https://numpy.org/doc/stable/reference/generated/numpy."

HEAD = """\
# Operations

Written by `make operations` from the registry of operations and the table of tests; a test fails
where this page is out of date.

There are {functions} functions, made of {rows} rows: operations with derivative rules of their own.
The columns:

- **kind**: of a row, what is known of its derivative (see `tensorgraph/primitive.py`);
  *nondifferentiable* is recorded and has the derivative 0; a *composite* is made of rows.
- **by**: the arguments that the tests differentiate by.
- **order**: up to which derivatives agree with central differences in the tests.
- **complex**: whether the tests do so for complex numbers too.
- **np**: whether NumPy's function of this name, called on tensors, records.
"""

COLUMNS = "| function | what | kind | by | order | complex | np |\n|---|---|---|---|---|---|---|"

# --- what there is -------------------------------------------------------------------------------


def modules() -> list[ModuleType]:
    """The modules of operations: in the order of ``ops``, then those that are namespaces."""
    found = [x for x in vars(ops).values() if inspect.ismodule(x) and getattr(x, "__all__", None)]

    def place(module: ModuleType) -> tuple[bool, int]:
        return _is_namespace(module), ops.__all__.index(_exported(module))

    return sorted(found, key=place)


def _is_namespace(module: ModuleType) -> bool:
    return _last_part(module) in ops.__all__


def _exported(module: ModuleType) -> str:
    return _last_part(module) if _is_namespace(module) else module.__all__[0]


def _last_part(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def functions(module: ModuleType) -> dict[Callable[..., Any], list[str]]:
    """The public functions of ``module``, each with its names."""
    prefix = f"{_last_part(module)}." if _is_namespace(module) else ""
    names: dict[Callable[..., Any], list[str]] = {}
    for name in module.__all__:
        thing = getattr(module, name)
        if callable(thing) and not inspect.isclass(thing):
            names.setdefault(thing, []).append(prefix + name)
    return names


# --- what is known of a function -----------------------------------------------------------------


def specs_of(function: Callable[..., Any], names: Sequence[str]) -> list[OpSpec]:
    """The rows of the table that test ``function``."""
    return [spec for spec in SPECS if spec.function is function or spec.name.split(",")[0] in names]


def kind(specs: Sequence[OpSpec]) -> str:
    """The kind of the row that this is, or "composite"."""
    kinds = {REGISTRY[spec.name].kind for spec in specs if spec.primitive}
    return ", ".join(sorted(kinds)) or "composite"


def judged(specs: Sequence[OpSpec]) -> list[tuple[OpSpec, Case]]:
    """The cases whose derivatives are compared with central differences, if there are any."""
    names = {spec.name for spec in specs if spec.differentiable}
    if kind(specs) == "nondifferentiable":
        return []
    return [(spec, case) for spec, case in SMOOTH if spec.name in names]


def arguments(function: Callable[..., Any], cases: Sequence[tuple[OpSpec, Case]]) -> list[str]:
    """The names of the arguments in which ``cases`` hand variables to ``function``."""
    found = {name for spec, case in cases for name in _given(function, spec, case)}
    return [name for name in _argument_names(function) if name.lstrip("*") in found]


def _given(function: Callable[..., Any], spec: OpSpec, case: Case) -> list[str]:
    """The same for one case: its call is watched, since it may hand them on in any way."""
    first: list[dict[str, Any]] = []
    is_row = isinstance(function, Primitive)
    code = Primitive.__call__.__code__ if is_row else inspect.unwrap(function).__code__

    def watch(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code is code and not first:
            given = dict(frame.f_locals)
            if not is_row:
                first.append(given)
            elif given["self"] is function:
                names = _argument_names(function)
                first.append({**dict(zip(names, given["args"], strict=False)), **given["params"]})

    operands = as_tensors(case.operands, spec.variables(case))
    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        spec.ours(operands, case.params)
    finally:
        sys.setprofile(before)
    return [name for given in first for name, value in given.items() if _holds_tensor(value)]


def _holds_tensor(x: Any) -> bool:
    if isinstance(x, (list, tuple)):
        return any(map(_holds_tensor, x))
    return isinstance(x, Tensor)


def _argument_names(function: Callable[..., Any]) -> list[str]:
    """The names of a function's arguments; those of a ufunc's row are its rule's."""
    if not isinstance(function, Primitive):
        parameters = inspect.signature(function).parameters.values()
        return [f"*{p.name}" if p.kind == p.VAR_POSITIONAL else p.name for p in parameters]
    if function.operand_names:
        return function.operand_names
    rules = [rule for rule in function.rules if rule is not None]
    return list(inspect.signature(rules[0]).parameters)[2:] if rules else []


def order(cases: Sequence[tuple[OpSpec, Case]]) -> int:
    """The highest derivative that the tests compare with central differences."""
    names = {spec.name for spec, _ in cases}
    return 3 if names & DERIVATIVES.THIRD else 2 if names else 0


def takes_complex(cases: Sequence[tuple[OpSpec, Case]]) -> bool:
    """Whether a case differentiates by a complex operand."""
    return any(
        case.operands[i].dtype.kind == "c" for spec, case in cases for i in spec.variables(case)
    )


def is_numpys(names: Sequence[str], specs: Sequence[OpSpec]) -> bool:
    """Whether NumPy has a function of such a name and calls on it record."""
    return any(spec.dispatches for spec in specs) and any(map(_in_numpy, names))


def _in_numpy(name: str) -> bool:
    namespace, _, last = name.rpartition(".")
    return hasattr(getattr(np, namespace) if namespace else np, last)


# --- the page ------------------------------------------------------------------------------------


def first_sentence(text: str | None) -> str:
    """The first sentence of a docstring, as Markdown in a table."""
    paragraph = " ".join((text or "").split("\n\n")[0].split())
    sentence = re.split(r"(?<=\.)\s+(?=[A-Z`])", paragraph)[0]
    pieces = sentence.replace("``", "`").replace("|", r"\|").split("`")
    pieces[::2] = [piece.replace("*", r"\*") for piece in pieces[::2]]  # outside of code
    return "`".join(pieces)


def what(function: Callable[..., Any]) -> str:
    """What ``function`` does, in its docstring's words; NumPy tells of its ufuncs itself."""
    forward = getattr(function, "forward", None)
    if isinstance(forward, np.ufunc):
        return f"NumPy's [{forward.__name__}]({NUMPY}{forward.__name__}.html), of each element."
    return first_sentence(function.__doc__)


def line(function: Callable[..., Any], names: Sequence[str]) -> str:
    """A function's line in the table."""
    specs = specs_of(function, names)
    cases = judged(specs)
    cells = [
        ", ".join(f"`{name}`" for name in names),
        what(function),
        kind(specs),
        ", ".join(f"`{name}`" for name in arguments(function, cases)),
        str(order(cases)),
        "yes" if takes_complex(cases) else "",
        "yes" if is_numpys(names, specs) else "",
    ]
    return f"| {' | '.join(cells)} |"


def section(module: ModuleType) -> str:
    """A module's heading and table."""
    heading = f"## {'tg.' if _is_namespace(module) else ''}{_last_part(module)}"
    lines = [line(function, names) for function, names in functions(module).items()]
    return "\n".join([heading, "", first_sentence(module.__doc__), "", COLUMNS, *lines])


def page() -> str:
    """The whole page."""
    rows = {spec.name for spec in SPECS if spec.primitive}
    counted = sum(len(names) for module in modules() for names in functions(module).values())
    head = HEAD.format(functions=counted, rows=len(rows))
    return "\n\n".join([head.rstrip("\n"), *map(section, modules())]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE}")
