"""Assignments that are refused, each with its mend; that mend; parts of other tensors.

What may be assigned is in ``test_assignment``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from op_cases import draw
from tensorgraph.errors import DTypeError, GraphError, ShapeError
from tensorgraph.tape import gather

X = draw((2, 3, 4), seed=3)
Z = np.array([1.0, 2.0, 3.0])


def plus(t: Any, v: Any) -> Any:
    t += v
    return t


def over(t: Any, v: Any) -> Any:
    t /= v
    return t


# --- dtypes and shapes that do not fit -----------------------------------------------------------

CUT: dict[str, tuple[Any, Any, str]] = {
    "float to int": (int, 1.5, "float64"),
    "float array to int": (int, np.array(1.5), "float64"),
    "complex to float": (float, 1j, "complex128"),
    "complex tensor to float": (np.float32, tg.Tensor(1j), "complex128"),
    "int to bool": (bool, 2, "int64"),
    "float to bool": (bool, np.float32(1.0), "float32"),
    "float to bytes": (np.uint8, [1.5, 2.5], "float64"),
}


@pytest.mark.parametrize("what", CUT)
def test_a_value_that_would_be_cut_is_refused_with_the_mend(what: str) -> None:
    dtype, value, kind = CUT[what]
    t = tg.zeros(2, dtype)
    with pytest.raises(DTypeError, match=rf"{kind}.*{np.dtype(dtype)}.*\.astype\('{kind}'\)"):
        t[:] = value
    np.testing.assert_array_equal(t.data, [0, 0])
    t = t.astype(kind)
    t[:] = value
    np.testing.assert_array_equal(t.data, np.broadcast_to(getattr(value, "data", value), 2))


@pytest.mark.parametrize("value", ["text", None, object()], ids=repr)
def test_a_value_that_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(DTypeError, match="numbers, not"):
        tg.zeros(2)[0] = value


KEPT: dict[str, tuple[Any, Any]] = {
    "int to float": (float, 2),
    "truth to float": (float, True),
    "double to single": (np.float32, np.ones(2)),
    "truth to int": (int, np.True_),
    "int to complex": (complex, 2),
    "wide int to narrow": (np.int32, np.arange(2)),
}


@pytest.mark.parametrize("what", KEPT)
def test_a_value_of_the_same_kind_or_below_takes_the_dtype_of_the_tensor(what: str) -> None:
    dtype, value = KEPT[what]
    t = tg.zeros(2, dtype)
    t[:] = value
    assert t.dtype == dtype
    np.testing.assert_array_equal(t.data, np.broadcast_to(value, 2))


def test_gradients_have_the_dtype_of_each_side() -> None:
    x, v = tg.Tensor(np.ones(3, np.float32)), tg.Tensor(2.0)
    t = x * 1
    t[0] = v
    tg.sum(t).backward()
    assert (x.grad.dtype, v.grad.dtype) == (np.float32, np.float64)


MISFITS: dict[str, tuple[Any, Any, str]] = {
    "too long": (0, np.ones(4), r"\(4,\).*\(3,\).*\(2, 3\)"),
    "too many dimensions": (0, np.ones((2, 3)), r"\(2, 3\).*\(3,\)"),
    "a tensor": ((slice(None), 1), tg.Tensor(np.ones(3)), r"\(3,\).*\(2,\)"),
    "index outside": (5, 1.0, r"\(2, 3\).*index 5"),
    "too many indices": ((0, 0, 0), 1.0, r"\(2, 3\).*too many"),
    "mask of another shape": (np.array([True, False, True]), 1.0, r"\(2, 3\).*boolean"),
    "a mask's values": (np.array([[True, False, True]] * 2), np.ones(3), r"\(3,\).*\(4,\)"),
}


@pytest.mark.parametrize("what", MISFITS)
def test_what_does_not_fit_is_refused_by_name(what: str) -> None:
    key, value, message = MISFITS[what]
    t = tg.zeros((2, 3))
    with pytest.raises(ShapeError, match=message):
        t[key] = value
    assert t._node.is_leaf


def test_floats_are_no_index() -> None:
    t = tg.zeros(3)
    with pytest.raises(DTypeError, match="index must be whole numbers"):
        t[np.array([0.0])] = 1.0


def test_in_place_may_not_change_the_shape() -> None:
    t = tg.Tensor([1.0, 2.0]) * 1.0
    with pytest.raises(ShapeError, match=r"\+=.*\(2,\) to \(3, 2\).*t = t \+ v"):
        t += np.ones((3, 2))


@pytest.mark.parametrize(("f", "sign"), [(over, "/="), (plus, "+=")])
def test_in_place_may_not_change_the_kind_of_dtype(f: Any, sign: str) -> None:
    t = tg.Tensor([1, 2])
    with pytest.raises(DTypeError, match=rf"\{sign[0]}=.*int64 to float64: write t = t"):
        f(t, 0.5)


# --- variables that somebody counts on -----------------------------------------------------------


def named() -> tg.Tensor:
    return tg.Tensor(Z, name="w")


def gathered() -> tg.Tensor:
    """As the parameters of a model are."""
    w = tg.Tensor(Z)
    gather([w._node])  # type: ignore[list-item]
    return w


def with_gradient() -> tg.Tensor:
    w = tg.Tensor(Z)
    tg.sum(w * w).backward()
    return w


VARIABLES = [named, gathered, with_gradient]


def set_element(t: Any) -> None:
    t[0] = 5.0


def add_to_element(t: Any) -> None:
    t[0] += 4.0


def add_to_slice(t: Any) -> None:
    t[:1] += 4.0


def add_to_all(t: Any) -> None:
    t += np.array([4.0, 0.0, 0.0])


WRITES = [set_element, add_to_element, add_to_slice, add_to_all]
WRITTEN = [5.0, 2.0, 3.0]


@pytest.mark.parametrize("write", WRITES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("variable", VARIABLES, ids=lambda f: f.__name__)
def test_a_variable_that_somebody_counts_on_refuses(variable: Any, write: Any) -> None:
    w = variable()
    with pytest.raises(GraphError, match=r"variable.*t\.data.*no_grad.*\.copy\(\)"):
        write(w)
    assert w._node.is_leaf
    np.testing.assert_array_equal(w.data, Z)


@pytest.mark.parametrize("write", WRITES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("variable", VARIABLES, ids=lambda f: f.__name__)
def test_the_mend_without_recording(variable: Any, write: Any) -> None:
    w = variable()
    storage = w._node.storage
    with tg.no_grad():
        write(w)
    assert w._node.is_leaf
    assert w._node.storage is storage
    np.testing.assert_array_equal(storage.data, WRITTEN)


@pytest.mark.parametrize("write", WRITES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("variable", VARIABLES, ids=lambda f: f.__name__)
def test_the_mend_by_data(variable: Any, write: Any) -> None:
    w = variable()
    write(w.data)
    np.testing.assert_array_equal(w._node.storage.data, WRITTEN)


@pytest.mark.parametrize("write", WRITES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("variable", VARIABLES, ids=lambda f: f.__name__)
def test_the_mend_by_a_copy(variable: Any, write: Any) -> None:
    w = variable()
    w.grad = None
    t = w.copy()
    write(t)
    tg.sum(t * t).backward()
    np.testing.assert_array_equal(t.data, WRITTEN)
    np.testing.assert_array_equal(w.grad, [10.0 if "add" in write.__name__ else 0.0, 4.0, 6.0])


def test_a_step_of_descent_by_data() -> None:
    w = with_gradient()
    w.data -= 0.5 * w.grad
    np.testing.assert_array_equal(w.data, [0.0, 0.0, 0.0])


# --- where nothing is recorded -------------------------------------------------------------------


@pytest.mark.parametrize("write", WRITES, ids=lambda f: f.__name__)
def test_a_tape_recorded_before_a_write_is_out_of_date(write: Any) -> None:
    w = named()
    loss = tg.sum(w * w)
    with tg.no_grad():
        write(w)
    with pytest.raises(GraphError, match="'w' has changed since"):
        loss.backward()
    tg.sum(w * w).backward()
    np.testing.assert_array_equal(w.grad, 2 * np.array(WRITTEN))


def test_without_recording_values_and_indices_may_be_tensors() -> None:
    w = tg.Tensor(Z)
    value, index, mask = w[:2] * 10.0, tg.argmax(w), w < 1.5
    with tg.no_grad():
        w[index] = value[0]
        w[mask] = 7.0
        w -= tg.Tensor([1.0, 1.0, 1.0])
    np.testing.assert_array_equal(w.data, [6.0, 1.0, 9.0])


REFUSED_WITHOUT: dict[str, tuple[Any, Callable[[Any], Any], type[Exception]]] = {
    "shape": (Z, lambda t: t.__setitem__(slice(2), np.ones(3)), ShapeError),
    "index": (Z, lambda t: t.__setitem__(7, 1.0), ShapeError),
    "dtype": (np.arange(3), lambda t: t.__setitem__(0, 1.5), DTypeError),
    "dtype in place": (np.arange(3), lambda t: over(t, 2), DTypeError),
    "shape in place": (Z, lambda t: plus(t, np.ones((2, 3))), (ShapeError, GraphError)),
}


@pytest.mark.parametrize("what", REFUSED_WITHOUT)
def test_without_recording_the_same_is_refused_and_nothing_is_written(what: str) -> None:
    values, write, error = REFUSED_WITHOUT[what]
    t = tg.Tensor(values)
    version = t._node.storage.version
    with tg.no_grad(), pytest.raises(error):
        write(t)
    np.testing.assert_array_equal(t.data, values)
    assert t._node.storage.version == version


def test_without_recording_parts_are_copies() -> None:
    w = tg.Tensor(X)
    with tg.no_grad():
        row = w[0]
        row += 1.0
        w[1] += 1.0
    np.testing.assert_array_equal(w.data[0], X[0])
    np.testing.assert_array_equal(w.data[1], X[1] + 1.0)


# --- parts of other tensors ----------------------------------------------------------------------

PARTS: dict[str, Callable[[Any], Any]] = {
    "an index": lambda t: t[0],
    "a slice": lambda t: t[:, 1:],
    "a part of a part": lambda t: t[0][1:],
    "transposed": lambda t: t.T,
    "reshaped": lambda t: t.reshape(4, 6),
    "raveled": lambda t: t.ravel(),
    "axes exchanged": lambda t: tg.swapaxes(t, 0, 2),
    "an axis more": lambda t: t[None],
    "broadcast": lambda t: tg.broadcast_to(t, (2, 2, 3, 4)),
    "a diagonal": lambda t: tg.diagonal(t[0]),
    "the real part": lambda t: (t + 0j).real,
}


@pytest.mark.parametrize("part", PARTS)
def test_assigning_to_a_part_is_refused_with_the_mend(part: str) -> None:
    t = tg.Tensor(X) * 1.0
    whole = t + 0j if part == "the real part" else t
    row = whole.real if part == "the real part" else PARTS[part](t)
    with pytest.raises(GraphError, match=r"part of another tensor.*one step.*\.copy\(\)"):
        row[0] = 0.0
    np.testing.assert_array_equal(t.data, X)


USES: dict[str, Callable[[Any], Any]] = {
    "an operation": lambda row: row * 2.0,
    "from the left": lambda row: 2.0 * row,
    "NumPy's function": np.exp,
    "with another tensor": lambda row: tg.Tensor(1.0) + row,
    "stacked": lambda row: tg.stack([row, row]),
    "indexed": lambda row: row[0],
    "iterated": list,
    "summed": lambda row: row.sum(),
    "data": lambda row: row.data,
    "numpy()": lambda row: row.numpy(),
    "item()": lambda row: row.item(),
    "backward()": lambda row: row.backward(),
    "repr": repr,
    "written to": lambda row: row.__setitem__(0, 1.0),
    "again": lambda row: plus(row, 1.0),
}


@pytest.mark.parametrize("use", USES)
def test_a_part_that_was_added_to_in_two_steps_is_refused_with_the_mend(use: str) -> None:
    t = tg.Tensor(X) * 1.0
    row = t[0]
    row += 1.0
    with pytest.raises(GraphError, match=r"t\[0\] \+= v in one step, or row = row \+ v"):
        USES[use](row)


def test_a_part_of_no_dimensions_is_a_part_too() -> None:
    t = tg.Tensor([[1.0]]) * 1.0
    number = t.squeeze()
    number += 1.0
    with pytest.raises(GraphError, match="in one step"):
        number.item()


def test_a_part_that_is_put_back_is_what_it_was_taken_for() -> None:
    x = tg.Tensor(X)
    t = x * 1.0
    row = t[0]
    row += 1.0
    t[0] = row
    tg.sum(t * t).backward()
    np.testing.assert_array_equal(x.grad, 2 * t.data)
    np.testing.assert_array_equal(t.data[0], X[0] + 1.0)


def test_a_part_that_is_put_somewhere_else_is_refused() -> None:
    t, u = tg.Tensor(X) * 1.0, tg.zeros(X.shape)
    row = t[0]
    row += 1.0
    with pytest.raises(GraphError, match="in one step"):
        u[0] = row


def test_a_part_that_is_put_in_another_place_of_the_same_tensor_is_refused() -> None:
    t = tg.Tensor(X) * 1.0
    row = t[0]
    row += 1.0
    with pytest.raises(GraphError, match="in one step"):
        t[1] = row


def test_parts_that_are_added_to_and_never_used_are_warned_of() -> None:
    """In NumPy this loop changes ``t``; nothing else can notice that here it does not."""
    t = tg.Tensor(X) * 1.0

    def lower_each_row() -> None:
        for row in t:
            row -= 1.0

    with pytest.warns(UserWarning, match=r"t\[0\] \+= v in one step"):
        lower_each_row()
    np.testing.assert_array_equal(t.data, X)


def test_parts_in_one_step_are_not_warned_of() -> None:
    t = tg.Tensor(X) * 1.0
    for i in range(2):
        t[i] -= 1.0
        t[i, :, 1:3] *= 2.0
        t[(..., 0)] += 1.0
    with pytest.raises(GraphError):
        named()[:1] += 1.0


TEMPORARY: dict[str, Callable[[Any], Any]] = {
    "reshaped": lambda t: (t * 1.0).reshape(4, 6),
    "transposed": lambda t: (t * 1.0).T,
    "a row": lambda t: (t * 1.0)[0],
    "a part of a part": lambda t: (t * 1.0).T[1:][0],
    "a product": lambda t: np.tensordot(t, tg.Tensor(np.ones((4, 2))), 1),
    "a diagonal matrix": lambda t: np.diag(t[0, 0]),
    "filled": lambda t: tg.zeros(6).reshape(2, 3),
}


@pytest.mark.parametrize("what", TEMPORARY)
def test_a_part_of_what_nobody_holds_is_a_value_of_its_own(what: str) -> None:
    """Here NumPy changes nothing that anybody could see, and programs do this all the time."""
    t = TEMPORARY[what](tg.Tensor(X))
    expected = np.array(t.data)
    t += 1.0
    t[0] = 7.0
    t[0] *= 2.0
    expected += 1.0
    expected[0] = 14.0
    np.testing.assert_array_equal(t.data, expected)


@pytest.mark.parametrize(
    "copied",
    [
        lambda t: t.copy(),
        lambda t: t[[0, 1]],
        lambda t: t[t > -9.0],
        lambda t: t.flatten(),
        lambda t: tg.stop_gradient(t),
        lambda t: tg.concatenate([t]),
        lambda t: t.astype(float),
        lambda t: tg.where(t > 0, t, t),
    ],
    ids=["copy", "fancy", "mask", "flatten", "stop_gradient", "concatenate", "astype", "where"],
)
def test_what_is_no_part_may_be_written_to(copied: Any) -> None:
    t = tg.Tensor(X) * 1.0
    u = copied(t)
    u += 1.0
    u[0] = 0.0
    np.testing.assert_array_equal(t.data, X)
    assert u.data.ravel()[0] == 0.0
