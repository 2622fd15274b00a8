"""``tg.detect_anomaly``, the line of a node, and errors that name what went wrong and its mend."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.errors import AnomalyError, DTypeError, GraphError, ShapeError
from tensorgraph.extend import Primitive
from tensorgraph.models import Model
from tensorgraph.recording import own_loop, recording
from tensorgraph.source import line
from tensorgraph.tape import gather

X = np.array([1.0, 0.0, 4.0])
INF = float("inf")


def variable(values: Any = X) -> tg.Tensor:
    return tg.Tensor(values, name="x")


# --- born in the forward pass --------------------------------------------------------------------

# what is computed, the operation to blame, the reason
FORWARD: dict[str, tuple[Callable[[Any], Any], str, str]] = {
    "log of 0": (lambda x: tg.log(x) - tg.log(x), r"^log\(\) gave -inf", "logarithm of 0"),
    "log of a negative number": (lambda x: tg.log(x - 2), r"^log\(\) gave nan", "negative"),
    "0 / 0": (lambda x: x / x, r"^divide\(\) gave nan at index \(1,\)", r"0 / 0"),
    "1 / 0": (lambda x: 1 / x, r"^divide\(\) gave inf", r"1 / 0"),
    "exp overflows": (lambda x: tg.exp(x * 1000), r"^exp\(\) gave inf", "too large"),
    "a product overflows": (lambda x: x * 1e308 * 10, r"^multiply\(\) gave inf", "too large"),
    "root of a negative number": (lambda x: tg.sqrt(-x), r"^sqrt\(\) gave nan", "negative"),
    "0 to the power -1": (lambda x: x**-1, r"^power\(\) gave inf", "negative power"),
    "a reduction overflows": (lambda x: tg.sum(x * 0 + 1e308), r"^sum\(\) gave inf", "large"),
    "inf - inf": (lambda x: tg.Tensor(INF) - INF + x, r"^subtract\(\) gave nan", "infinity minus"),
    "a scalar": (lambda x: tg.log(x[1]), r"^log\(\) gave -inf: ", "logarithm of 0"),
}


@pytest.mark.parametrize("what", FORWARD)
def test_a_bad_value_is_blamed_on_the_operation_that_made_it(what: str) -> None:
    f, blamed, reason = FORWARD[what]
    with tg.detect_anomaly(), pytest.raises(AnomalyError) as raised:
        f(variable())
    message = str(raised.value)
    assert re.search(blamed, message), message
    assert re.search(reason, message), message
    assert "test_debug.py" in message
    assert "safe: " in message


FINE: dict[str, Callable[[Any], Any]] = {
    "a mask of -inf": lambda x: tg.softmax(x + np.array([0.0, -INF, 0.0])),
    "logsumexp of -inf": lambda x: tg.logsumexp(x + np.array([-INF, 0.0, 0.0])),
    "large numbers": lambda x: x * 1e300,
    "a constant nan": lambda x: x + np.nan,
    "whole numbers": lambda x: tg.argmax(x),
    "nothing": lambda x: x[:0] * 2,
}


@pytest.mark.parametrize("what", FINE)
def test_what_was_put_in_is_no_fault(what: str) -> None:
    with tg.detect_anomaly():
        FINE[what](variable())


def test_the_operands_at_the_bad_element_are_shown() -> None:
    with tg.detect_anomaly(), pytest.raises(AnomalyError, match=r"x: 4\.0, of shape \(3,\)"):
        tg.divide(variable(), np.array([1.0, 2.0, 0.0]))


# --- born in the backward pass -------------------------------------------------------------------

BACKWARD: dict[str, tuple[Callable[[Any], Any], str]] = {
    "where guards sqrt": (lambda x: tg.where(x > 0, tg.sqrt(x), 0), r"sqrt\(\) by 'x' is nan"),
    "sqrt times 0": (lambda x: tg.sqrt(x) * 0, r"sqrt\(\) by 'x' is nan"),
    "sqrt at 0": (tg.sqrt, r"sqrt\(\) by 'x' is inf"),
    "cbrt at 0": (tg.cbrt, r"cbrt\(\) by 'x' is inf"),
    "power at 0": (lambda x: x**0.5, r"power\(\) by 'x' is inf"),
    "a loss of a layer": (lambda x: tg.sqrt(tg.nn.ReLU()(x)), r"sqrt\(\) by its operand is inf"),
}


@pytest.mark.parametrize("what", BACKWARD)
def test_a_bad_gradient_is_blamed_on_the_rule_that_made_it(what: str) -> None:
    f, blamed = BACKWARD[what]
    with tg.detect_anomaly():
        y = f(variable()).sum()
        with pytest.raises(AnomalyError) as raised:
            y.backward()
    message = str(raised.value)
    assert re.search(blamed, message), message
    assert "test_debug.py" in message


@pytest.mark.parametrize("what", ["where guards sqrt", "sqrt times 0"])
def test_the_trap_of_a_guarded_result_is_explained_with_its_safe_form(what: str) -> None:
    with tg.detect_anomaly():
        y = BACKWARD[what][0](variable()).sum()
        with pytest.raises(AnomalyError, match=r"(?s)guard the operand.*where\(x > 0, tg\.sqrt"):
            y.backward()


def test_the_safe_form_of_the_message_is_safe() -> None:
    def safe(x: Any) -> Any:
        return tg.where(x > 0, tg.sqrt(tg.where(x > 0, x, 1)), 0)

    with tg.detect_anomaly():
        np.testing.assert_array_equal(tg.grad(lambda x: safe(x).sum())(X), [0.5, 0.0, 0.25])


def test_transforms_are_watched_too() -> None:
    with tg.detect_anomaly(), pytest.raises(AnomalyError, match=r"sqrt\(\)"):
        tg.grad(lambda x: tg.sqrt(x * x))(0.0)


def test_outside_nobody_looks() -> None:
    with tg.detect_anomaly():
        pass
    with np.errstate(all="ignore"):
        assert np.isinf(tg.log(variable()).data[1])
    assert recording().watch is None


def test_a_thread_of_its_own_is_not_watched() -> None:
    found: list[Any] = []
    with tg.detect_anomaly():
        thread = threading.Thread(target=lambda: found.append(recording().watch))
        thread.start()
        thread.join()
    assert found == [None]


def test_an_anomaly_in_training_names_layer_epoch_and_step() -> None:
    class Log(tg.nn.Layer):
        def __init__(self) -> None:
            self.factor = tg.Tensor(1.0)

        def forward(self, x: Any, training: bool) -> Any:
            return tg.log(x * self.factor)

    model = Model([Log(), tg.nn.Dense(2, 1)], seed=0)
    model.set(loss=tg.losses.MeanSquaredError(), optimizer=tg.optim.SGD(0.1))
    model.finalize()
    X = np.ones((8, 2))
    X[6, 1] = 0.0
    place = r"(?s)at index \(2, 1\).*recorded in layer 'log"
    with tg.detect_anomaly(), pytest.raises(AnomalyError, match=place) as raised:
        model.train(X, X[:, :1], epochs=1, batch_size=4, print_every=0)
    assert "tg.log(x * self.factor)" in str(raised.value)
    assert raised.value.__notes__ == ["in training: epoch 1, step 2 of 2"]


# --- lines ---------------------------------------------------------------------------------------


def test_a_node_knows_its_line() -> None:
    y = variable() * 2.0
    assert y._node.recorded_at is not None
    where = line(y._node.recorded_at)
    assert where.file == __file__
    assert where.text == "y = variable() * 2.0"


def test_the_line_is_the_users_also_from_inside_layers_and_losses() -> None:
    out = tg.nn.Dense(3, 2)(X[None])
    loss = tg.losses.MeanSquaredError()(out, np.ones((1, 2)))
    texts = [line(node.recorded_at).text for node in tg.tape(loss) if node.recorded_at]
    assert set(texts) == {
        "out = tg.nn.Dense(3, 2)(X[None])",
        "loss = tg.losses.MeanSquaredError()(out, np.ones((1, 2)))",
    }


# --- errors that teach ---------------------------------------------------------------------------

A, B = np.ones((3, 4)), np.ones((5, 4))
SHAPES: dict[str, tuple[Callable[[], Any], str]] = {
    "x @ w.T": (
        lambda: tg.Tensor(A, "x") @ tg.Tensor(B, "w"),
        r"'x' \(3, 4\) and 'w' \(5, 4\).*`x @ w\.T`, which gives shape \(3, 5\)",
    ),
    "x.T @ w": (lambda: tg.Tensor(A, "x") @ tg.Tensor(A[:, :2], "w"), r"`x\.T @ w`.*\(4, 2\)"),
    "w @ x": (lambda: tg.Tensor(A, "x") @ tg.Tensor(np.ones((2, 3)), "w"), r"`w @ x`.*\(2, 4\)"),
    "a column": (lambda: tg.Tensor(A, "x") + np.ones(3), r"`right\[:, None\]`.*\(3, 4\)"),
    "the other column": (lambda: np.ones(3) * tg.Tensor(A, "x"), r"`left\[:, None\]`.*\(3, 4\)"),
    "a transpose": (lambda: tg.Tensor(A, "x") - tg.Tensor(A.T, "z"), r"`z\.T`.*\(3, 4\)"),
}


@pytest.mark.parametrize("what", SHAPES)
def test_the_likely_mend_is_named(what: str) -> None:
    call, message = SHAPES[what]
    with pytest.raises(ShapeError) as raised:
        call()
    assert re.search(f"(?s){message}", str(raised.value)), raised.value
    assert "test_debug.py" in str(raised.value)


@pytest.mark.parametrize(
    "call",
    [lambda: tg.Tensor(A) + tg.Tensor(B), lambda: tg.Tensor(A) @ tg.Tensor(np.ones((5, 6)))],
)
def test_no_mend_is_named_where_none_fits(call: Callable[[], Any]) -> None:
    with pytest.raises(ShapeError) as raised:
        call()
    assert "did you mean" not in str(raised.value)


def test_a_wrong_dtype_names_the_dtypes() -> None:
    with pytest.raises(DTypeError, match=r"'x' \(3, 4\) float64 and \(3, 4\) int64"):
        tg.bitwise_and(tg.Tensor(A, "x"), np.ones((3, 4), np.int64))


def test_a_mistake_in_a_layer_names_the_layer() -> None:
    class Wrong(tg.nn.Layer):
        def forward(self, x: Any, training: bool) -> Any:
            return x @ tg.Tensor(B, "w")

    with pytest.raises(ShapeError, match=r"in layer 'wrong'"):
        Wrong()(A)


def test_an_error_in_the_backward_pass_has_the_line_of_the_forward_pass() -> None:
    def broken(g: Any, y: Any, x: Any) -> Any:
        return g * np.ones(7)

    row = Primitive("elementwise", np.square, (broken,), name="broken")
    y = row(tg.Tensor(A)).sum()
    with pytest.raises(ValueError, match="broadcast") as raised:
        y.backward()
    (note,) = raised.value.__notes__
    assert "in the derivative of broken()" in note
    assert "y = row(tg.Tensor(A)).sum()" in note


# --- arrays changed between forward and backward -------------------------------------------------


def constant() -> tuple[Any, Any]:
    array = np.ones((3, 4))
    return array, (array @ tg.Tensor(np.ones(4), "w")).sum()


def view_of_a_constant() -> tuple[Any, Any]:
    array = np.ones((4, 3))
    return array, (array[::-1].T @ tg.Tensor(np.ones(4), "w")).sum()


def labels() -> tuple[Any, Any]:
    array = np.array([0, 1, 0])
    return array, tg.Tensor(np.ones((3, 2)), "w")[np.arange(3), array].sum()


def data_of_a_variable() -> tuple[Any, Any]:
    w = tg.Tensor(np.ones((3, 4)), "w")
    return w.data, (w * w).sum()


def data_of_a_parameter() -> tuple[Any, Any]:
    layer = tg.nn.Dense(4, 2, dtype=np.float64)
    gather(p._node for p in layer.parameters().values())
    return layer.weights.data, layer(np.ones((3, 4))).sum()


def scalar() -> tuple[Any, Any]:
    w = tg.Tensor(2.0, "w")
    return w.data, w * w


KEPT = [constant, view_of_a_constant, labels, data_of_a_variable, scalar]
CASES = [
    *(pytest.param(f, False, id=f"{f.__name__}, by default") for f in KEPT),
    # Parameters in a buffer have its version, which changes where they are assigned or stepped.
    *(
        pytest.param(f, True, id=f"{f.__name__}, under detect_anomaly")
        for f in (*KEPT, data_of_a_parameter)
    ),
]


@pytest.mark.parametrize(("kept", "exactly"), CASES)
def test_an_array_changed_before_the_sweep_is_named(
    kept: Callable[[], tuple[Any, Any]], exactly: bool
) -> None:
    with tg.detect_anomaly() if exactly else nullcontext():
        array, y = kept()
        array.reshape(-1)[0] += 1
        with pytest.raises(GraphError, match="was changed in place") as raised:
            y.backward()
    message = str(raised.value)
    assert message.count("test_debug.py") == 2  # where it was recorded, and where it was noticed
    assert "y.backward()" in message
    assert ("'w'" in message) == kept.__name__.startswith(("data_of_a_variable", "scalar"))


@pytest.mark.parametrize("kept", KEPT, ids=lambda f: f.__name__)
def test_a_change_that_was_taken_back_and_one_after_the_sweep_are_fine(
    kept: Callable[[], tuple[Any, Any]],
) -> None:
    array, y = kept()
    array.reshape(-1)[0] += 1
    array.reshape(-1)[0] -= 1
    y.backward()
    array.reshape(-1)[0] += 1


def test_nothing_was_written_where_a_change_was_noticed() -> None:
    v, X = tg.Tensor(np.ones(4), "v"), np.ones((2, 4))
    y = (X @ v + v.sum()).sum()
    X[0, 0] = 5
    with pytest.raises(GraphError):
        y.backward()
    assert v.grad is None


def test_of_a_large_array_a_sample_is_looked_at_and_under_a_watch_all_of_it() -> None:
    X = np.ones((200, 300))
    y = (X @ tg.Tensor(np.ones(300))).sum()
    X[77, 123] = 2
    y.backward()
    with tg.detect_anomaly():
        y = (X @ tg.Tensor(np.ones(300))).sum()
        X[77, 123] = 3
        with pytest.raises(GraphError, match="was changed in place"):
            y.backward()


def test_a_large_array_filled_anew_is_noticed() -> None:
    X = np.ones((200, 300))
    y = (X @ tg.Tensor(np.ones(300))).sum()
    X[...] = np.random.default_rng(0).normal(size=X.shape)
    with pytest.raises(GraphError, match="was changed in place"):
        y.backward()


def test_transforms_notice_it_too() -> None:
    X = np.ones((2, 4))
    _, pullback = tg.vjp(lambda w: X @ w, np.ones(4))
    X[0] = 3
    with pytest.raises(GraphError, match="was changed in place"):
        pullback(np.ones(2))


def test_the_values_of_a_computed_tensor_cannot_be_written_to() -> None:
    y = tg.exp(variable())
    with pytest.raises(ValueError, match="read-only"):
        y.data[0] = 5.0


def test_a_loop_of_ours_keeps_nothing() -> None:
    with own_loop():
        y = variable() * X
    assert y._node.kept == ()
    assert y._node.recorded_at is None
    with tg.detect_anomaly(), own_loop():
        assert (variable() * X)._node.kept
