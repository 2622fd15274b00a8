"""How each row is written: as a line of NumPy that writes into memory which is there already.

``write`` is the way in; a row that has no lines here is a call of its NumPy function. Read next:
``numpy_source``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.compiler import program as ir
from tensorgraph.compiler.expand import index, pick, subtract_at
from tensorgraph.compiler.memory import is_elementwise, is_planned, is_view
from tensorgraph.compiler.program import Atom, Const, Equation, Var
from tensorgraph.compiler.writer import Writer, kind_of_operands, literal
from tensorgraph.ops import fused
from tensorgraph.primitive import REGISTRY, Primitive

Line = Callable[[Writer, Equation], None]


def write(to: Writer, equation: Equation) -> None:
    """Append the lines of ``equation``."""
    out = equation.out
    if out is not None and out in to.plan.buffer:
        to.names[out] = to.buffer(to.plan.buffer[out])
    special = _LINES.get(equation.row)
    if special is not None:
        special(to, equation)
    elif is_view(equation):
        _view(to, equation)
    elif is_elementwise(equation):
        (_elementwise if is_planned(equation) else _of_numbers)(to, equation)
    else:
        _call(to, equation)


def _out(to: Writer, equation: Equation) -> str:
    """The name of the memory that the result is written into."""
    assert equation.out is not None
    return to.names[equation.out]


# --- elementwise ---------------------------------------------------------------------------------

_SIGNS = {
    ops.add: "+",
    ops.subtract: "-",
    ops.multiply: "*",
    ops.divide: "/",
    ops.power: "**",
}


def _elementwise(to: Writer, equation: Equation) -> None:
    kind = kind_of_operands(equation)
    parts = ", ".join(to.scalar(x, kind) for x in equation.operands)
    name = to.use(equation.row.forward.__name__)
    to.body.append(f"{name}({parts}, out={_out(to, equation)})")


def _of_numbers(to: Writer, equation: Equation) -> None:
    """Arithmetic of single numbers, in Python's signs."""
    parts = [to.text(x) for x in equation.operands]
    if equation.row in _SIGNS:
        to.assign(equation, f"{parts[0]} {_SIGNS[equation.row]} {parts[1]}")
    else:
        to.assign(equation, f"{to.use(equation.row.forward.__name__)}({', '.join(parts)})")


# --- views ---------------------------------------------------------------------------------------


def _view(to: Writer, equation: Equation) -> None:
    """A view of memory that stays is made once; of an argument, at each call."""
    x, out, row = equation.operands[0], equation.out, equation.row
    assert out is not None
    base = to.text(x)
    text = f"{base}{_seen(equation)}"
    in_order = base in to.fixed and base not in to.rearranged
    is_copy = row is ops.reshape and not (in_order and equation.params["order"] == "C")
    if base not in to.fixed or is_copy:
        to.assign(equation, text)
        return
    to.names[out] = to.view(text, f"{base}_T" if text == f"{base}.T" else out.hint)
    if not (in_order and row in (ops.reshape, ops.squeeze, ops.expand_dims)):
        to.rearranged.add(to.names[out])


def _seen(equation: Equation) -> str:
    """What is written behind the operand of a view."""
    out, params = equation.out, equation.params
    assert out is not None
    if equation.row is index:
        return f"[{_subscript(params['template'], ())}]"
    if equation.row in (ops.transpose, ops.swapaxes, ops.moveaxis):
        # An array in which every axis has another length tells where each of them goes.
        marked = np.broadcast_to(0, range(2, 2 + len(out.shape)))
        order = tuple(n - 2 for n in equation.run([marked]).shape)
        return ".T" if order == tuple(reversed(range(len(order)))) else f".transpose({order})"
    order = params.get("order", "C")
    return f".reshape({out.shape}{'' if order == 'C' else f', order={order!r}'})"


def _subscript(template: Sequence[Any], arrays: Sequence[str]) -> str:
    rest = iter(arrays)
    return ", ".join(_part(part, rest) for part in template) or "()"


def _part(part: Any, arrays: Iterator[str]) -> str:
    if isinstance(part, slice):
        bounds = ["" if x is None else str(x) for x in (part.start, part.stop)]
        return ":".join(bounds) + ("" if part.step is None else f":{part.step}")
    if part is Ellipsis:
        return "..."
    if part is None:
        return "None"
    if isinstance(part, (bool, np.bool_)):
        return repr(bool(part))
    return str(int(part)) if isinstance(part, (int, np.integer)) else next(arrays)


def _index(to: Writer, equation: Equation) -> None:
    if is_view(equation):
        _view(to, equation)
        return
    x, *arrays = equation.operands
    subscript = _subscript(equation.params["template"], [to.text(a) for a in arrays])
    to.assign(equation, f"{to.text(x)}[{subscript}]")


def _scatter(to: Writer, equation: Equation) -> None:
    x, *arrays = equation.operands
    out = equation.out
    assert out is not None
    assert out.dtype is not None
    to.assign(equation, f"{to.use('zeros')}({tuple(equation.params['shape'])}, {out.dtype.name!r})")
    subscript = _subscript(equation.params["template"], [to.text(a) for a in arrays])
    y = to.names[out]
    if all(a.dtype == bool or int(np.prod(a.shape)) == 1 for a in arrays):
        to.body.append(f"{y}[{subscript}] = {to.text(x)}")
    else:  # an index may name an element twice
        places = f"{to.use('index_exp')}[{subscript}]"
        to.body.append(f"{to.use('add')}.at({y}, {places}, {to.text(x)})")


# --- reductions and products ---------------------------------------------------------------------

_REDUCED_BY = {ops.sum: "add", ops.mean: "add", ops.max: "maximum", ops.min: "minimum"}


def _reduction(to: Writer, equation: Equation) -> None:
    x, params = equation.operands[0], equation.params
    kind = f", dtype={np.dtype(params['dtype']).name!r}" if params.get("dtype") else ""
    keep = ", keepdims=True" if params["keepdims"] else ""
    call = f"{to.use(_REDUCED_BY[equation.row])}.reduce({to.text(x)}, axis={params['axis']}{kind}"
    if is_planned(equation):
        to.body.append(f"{call}{keep}, out={_out(to, equation)})")
    else:
        to.assign(equation, f"{call}{keep})")


def _mean(to: Writer, equation: Equation) -> None:
    x, out = equation.operands[0], equation.out
    assert out is not None
    if x.dtype not in (np.float32, np.float64) or equation.params["dtype"] is not None:
        _call(to, equation)
        return
    n = int(np.prod(x.shape)) // max(int(np.prod(out.shape)), 1)
    _reduction(to, equation)
    if is_planned(equation):
        y = to.names[out]
        to.body.append(f"{to.use('divide')}({y}, {to.scalar(Const(float(n)), x.dtype)}, out={y})")
    else:
        to.body[-1] += f" / {n}"


def _search(to: Writer, equation: Equation) -> None:
    x, params = equation.operands[0], equation.params
    if not is_planned(equation) or params["keepdims"]:
        _call(to, equation)
        return
    y = _out(to, equation)
    to.body.append(f"{to.text(x)}.{equation.row.name}({params['axis']}, out={y})")


def _count_nonzero(to: Writer, equation: Equation) -> None:
    if equation.params["axis"] is None and not equation.params["keepdims"]:
        to.assign(equation, f"{to.use('count_nonzero')}({to.text(equation.operands[0])})")
    else:
        _call(to, equation)


def _product(to: Writer, equation: Equation) -> None:
    x, y = equation.operands
    out = equation.out
    assert out is not None
    # Of small matrices the method is quicker, and writes only where no dtype has to change.
    flat = max(len(x.shape), len(y.shape)) <= 2 and x.dtype == y.dtype == out.dtype
    product = f"{to.text(x)}.dot(" if flat else f"{to.use('matmul')}({to.text(x)}, "
    call = f"{product}{to.text(y)}"
    if is_planned(equation):
        to.body.append(f"{call}, out={to.names[out]})")
    else:
        to.assign(equation, f"{call})")


def _converted(to: Writer, equation: Equation) -> None:
    if is_planned(equation):
        x = to.text(equation.operands[0])
        to.body.append(f"{to.use('copyto')}({_out(to, equation)}, {x}, casting='unsafe')")
    else:
        _call(to, equation)


def _relu(to: Writer, equation: Equation) -> None:
    x = equation.operands[0]
    if not is_planned(equation):
        _call(to, equation)
    elif x.dtype is not None and x.dtype.kind == "f":
        bounds = f"0, {to.use('inf')}"
        to.body.append(f"{to.text(x)}.clip({bounds}, out={_out(to, equation)})")
    else:
        to.body.append(f"{to.use('maximum')}({to.text(x)}, 0, out={_out(to, equation)})")


# --- losses and penalties ------------------------------------------------------------------------


def _pick(to: Writer, equation: Equation) -> None:
    x, places = equation.operands
    y = _out(to, equation)
    to.body.append(f"{to.flat(x)}.take({to.text(places)}, out={y}, mode='clip')")


def _subtract_at(to: Writer, equation: Equation) -> None:
    x, places, amount = equation.operands
    out = equation.out
    assert out is not None
    assert out.dtype is not None
    y, before, at = to.names[out], to.text(x), to.text(places)
    if y != before:
        to.body.append(f"{to.use('copyto')}({y}, {before})")
    flat = to.flat(out)
    changed = f"{flat}.take({at}, mode='clip') - {to.scalar(amount, out.dtype)}"
    to.body.append(f"{flat}[{at}] = {changed}")


def _sum_of_squares(to: Writer, equation: Equation) -> None:
    out = equation.out
    assert out is not None
    assert out.dtype is not None
    parts = [
        f"{factor!r} * float({to.flat(x)}.dot({to.flat(x)}))"
        for x, factor in zip(equation.operands, equation.params["factors"], strict=True)
    ]
    to.assign(equation, f"{to.use(out.dtype.name)}({' + '.join(parts)})")


# --- what reaches outside ------------------------------------------------------------------------


def _load(to: Writer, equation: Equation) -> None:
    """Memory is read where it lies, unless somebody writes to it too early."""
    out = equation.out
    assert out is not None
    if out in to.plan.copied:
        name = to.region(equation.params["region"])
        to.body.append(f"{to.use('copyto')}({to.names[out]}, {name})")


def _store(to: Writer, equation: Equation) -> None:
    x, region = equation.operands[0], equation.params["region"]
    buffer = to.plan.buffer.get(x) if isinstance(x, Var) else None
    if buffer is None or buffer.region != region:  # else it was computed in its place
        text = _shaped(to, x, region.shape)
        to.body.append(f"{to.use('copyto')}({to.region(region)}, {text}, casting='same_kind')")


def _shaped(to: Writer, x: Atom, shape: tuple[int, ...]) -> str:
    text = to.text(x)
    return text if x.shape in (shape, ()) else f"{text}.reshape({shape})"


def _draw(to: Writer, equation: Equation) -> None:
    name = to.bind(equation.params["rng"], "rng", "random.default_rng(0)")
    kind = np.dtype(equation.params["dtype"]).name
    if is_planned(equation):
        to.body.append(f"{name}.random(out={_out(to, equation)}, dtype={kind!r})")
    else:
        to.assign(equation, f"{name}.random(dtype={kind!r})")


def _number(to: Writer, equation: Equation) -> None:
    """Python's arithmetic: inline where it is used once; for arrays, in an array."""
    out, params = equation.out, equation.params
    assert out is not None
    if params["owner"] is not None:
        text = to.attribute(params["owner"], params["text"])
    else:
        parts = [to.text(x) for x in equation.operands]
        text = params["text"].format(*(f"({part})" if " " in part else part for part in parts))
    kinds = to.met.get(out, set())
    others = to.uses.get(out, 0) - len(kinds)
    if others > (0 if kinds else 1) or params["owner"] is not None:
        to.assign(equation, text)
        text = to.names[out]
    elif not kinds:
        to.inline[out] = text
    for kind in sorted(kinds, key=str):
        to.number_array(out, kind, text)


def _advance(to: Writer, equation: Equation) -> None:
    params = equation.params
    to.body.append(f"{to.attribute(params['owner'], params['attribute'])} += 1")


# --- everything else -----------------------------------------------------------------------------


def _call(to: Writer, equation: Equation) -> None:
    """A row that has no lines of its own: its function is called, and makes its result anew."""
    row, forward = equation.row, equation.row.forward
    parts = [to.text(x) for x in equation.operands]
    parts += [f"{key}={_literal(to, value, key)}" for key, value in equation.params.items()]
    if getattr(np, forward.__name__, None) is forward:
        name = to.use(forward.__name__)
    elif REGISTRY.get(row.name) is row:
        name = to.names.setdefault(("row", row), to.names.get(("row", row)) or to.name(row.name))
        to.rows[name] = row
    else:
        name = to.bind(forward, row.name, "None  # a function that this program was given")
    call = f"{name}({', '.join(parts)})"
    if equation.out is None:
        to.body.append(call)
    elif is_planned(equation):
        to.body.append(f"{to.use('copyto')}({_out(to, equation)}, {call})")
    else:
        to.assign(equation, call)


def _literal(to: Writer, value: Any, hint: str) -> str:
    if _is_plain(value):
        return literal(value)
    if isinstance(value, np.generic):
        return to.text(Const(value))
    if isinstance(value, np.dtype) or (isinstance(value, type) and issubclass(value, np.generic)):
        return repr(np.dtype(value).name)
    return to.bind(value, f"{hint}_argument", "None  # an argument that has no short text")


def _is_plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    plain = value is None or isinstance(value, (bool, int, float, complex, str))
    return plain and not isinstance(value, np.generic)


_LINES: dict[Primitive, Line] = {
    index: _index,
    REGISTRY["scatter"]: _scatter,
    ops.sum: _reduction,
    ops.max: _reduction,
    ops.min: _reduction,
    ops.mean: _mean,
    ops.argmax: _search,
    ops.argmin: _search,
    ops.count_nonzero: _count_nonzero,
    ops.matmul: _product,
    ops.copy: _converted,
    REGISTRY["astype"]: _converted,
    REGISTRY["truncate"]: _converted,
    ops.relu: _relu,
    pick: _pick,
    subtract_at: _subtract_at,
    fused.sum_of_squares: _sum_of_squares,
    ir.load: _load,
    ir.store: _store,
    ir.draw: _draw,
    ir.number: _number,
    ir.advance: _advance,
}
