"""Operators and methods with NumPy's names and arguments: one-line forwards to the operations.

Read next: ``tensor``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorgraph import ops
from tensorgraph.primitive import refuse
from tensorgraph.tape import Traced
from tensorgraph.typing import Axis, DType


class Operators(Traced):
    """What can be written with a traced value: ``x + y``, ``x @ y``, ``x.sum(axis=0)``..."""

    __slots__ = ()

    # --- operators -------------------------------------------------------------------------------

    def __add__(self, other: Any) -> Any:
        return ops.add(self, other)

    def __radd__(self, other: Any) -> Any:
        return ops.add(other, self)

    def __sub__(self, other: Any) -> Any:
        return ops.subtract(self, other)

    def __rsub__(self, other: Any) -> Any:
        return ops.subtract(other, self)

    def __mul__(self, other: Any) -> Any:
        return ops.multiply(self, other)

    def __rmul__(self, other: Any) -> Any:
        return ops.multiply(other, self)

    def __truediv__(self, other: Any) -> Any:
        return ops.divide(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return ops.divide(other, self)

    def __floordiv__(self, other: Any) -> Any:
        return ops.floor_divide(self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return ops.floor_divide(other, self)

    def __mod__(self, other: Any) -> Any:
        return ops.remainder(self, other)

    def __rmod__(self, other: Any) -> Any:
        return ops.remainder(other, self)

    def __divmod__(self, other: Any) -> Any:
        return ops.divmod(self, other)

    def __rdivmod__(self, other: Any) -> Any:
        return ops.divmod(other, self)

    def __pow__(self, other: Any) -> Any:
        return ops.power(self, other)

    def __rpow__(self, other: Any) -> Any:
        return ops.power(other, self)

    def __matmul__(self, other: Any) -> Any:
        return ops.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return ops.matmul(other, self)

    def __neg__(self) -> Any:
        return ops.negative(self)

    def __pos__(self) -> Any:
        return ops.positive(self)

    def __abs__(self) -> Any:
        return ops.absolute(self)

    def __invert__(self) -> Any:
        return ops.invert(self)

    def __and__(self, other: Any) -> Any:
        return ops.bitwise_and(self, other)

    def __rand__(self, other: Any) -> Any:
        return ops.bitwise_and(other, self)

    def __or__(self, other: Any) -> Any:
        return ops.bitwise_or(self, other)

    def __ror__(self, other: Any) -> Any:
        return ops.bitwise_or(other, self)

    def __xor__(self, other: Any) -> Any:
        return ops.bitwise_xor(self, other)

    def __rxor__(self, other: Any) -> Any:
        return ops.bitwise_xor(other, self)

    def __lt__(self, other: Any) -> Any:
        return ops.less(self, other)

    def __le__(self, other: Any) -> Any:
        return ops.less_equal(self, other)

    def __gt__(self, other: Any) -> Any:
        return ops.greater(self, other)

    def __ge__(self, other: Any) -> Any:
        return ops.greater_equal(self, other)

    def __eq__(self, other: Any) -> Any:
        return ops.equal(self, other)

    def __ne__(self, other: Any) -> Any:
        return ops.not_equal(self, other)

    # --- in place: the tensor moves to a new value ------------------------------------------------

    def _updated(self, sign: str, operation: Callable[..., Any], other: Any) -> Any:
        raise NotImplementedError

    def __iadd__(self, other: Any) -> Any:
        return self._updated("+=", ops.add, other)

    def __isub__(self, other: Any) -> Any:
        return self._updated("-=", ops.subtract, other)

    def __imul__(self, other: Any) -> Any:
        return self._updated("*=", ops.multiply, other)

    def __itruediv__(self, other: Any) -> Any:
        return self._updated("/=", ops.divide, other)

    def __ifloordiv__(self, other: Any) -> Any:
        return self._updated("//=", ops.floor_divide, other)

    def __imod__(self, other: Any) -> Any:
        return self._updated("%=", ops.remainder, other)

    def __ipow__(self, other: Any) -> Any:
        return self._updated("**=", ops.power, other)

    def __imatmul__(self, other: Any) -> Any:
        return self._updated("@=", ops.matmul, other)

    def __iand__(self, other: Any) -> Any:
        return self._updated("&=", ops.bitwise_and, other)

    def __ior__(self, other: Any) -> Any:
        return self._updated("|=", ops.bitwise_or, other)

    def __ixor__(self, other: Any) -> Any:
        return self._updated("^=", ops.bitwise_xor, other)

    # --- methods, with NumPy's arguments ---------------------------------------------------------

    def sum(
        self, axis: Axis = None, dtype: DType = None, out: None = None, keepdims: bool = False
    ) -> Any:
        if out is not None:
            refuse("sum", out=out)
        return ops.sum(self, axis=axis, dtype=dtype, keepdims=keepdims)

    def prod(
        self, axis: Axis = None, dtype: DType = None, out: None = None, keepdims: bool = False
    ) -> Any:
        if out is not None:
            refuse("prod", out=out)
        return ops.prod(self, axis=axis, dtype=dtype, keepdims=keepdims)

    def mean(
        self, axis: Axis = None, dtype: DType = None, out: None = None, keepdims: bool = False
    ) -> Any:
        if out is not None:
            refuse("mean", out=out)
        return ops.mean(self, axis=axis, dtype=dtype, keepdims=keepdims)

    def max(self, axis: Axis = None, out: None = None, keepdims: bool = False) -> Any:
        if out is not None:
            refuse("max", out=out)
        return ops.max(self, axis=axis, keepdims=keepdims)

    def min(self, axis: Axis = None, out: None = None, keepdims: bool = False) -> Any:
        if out is not None:
            refuse("min", out=out)
        return ops.min(self, axis=axis, keepdims=keepdims)

    def var(
        self,
        axis: Axis = None,
        dtype: DType = None,
        out: None = None,
        ddof: float = 0,
        keepdims: bool = False,
    ) -> Any:
        return ops.var(self, axis, dtype, out, ddof, keepdims)

    def std(
        self,
        axis: Axis = None,
        dtype: DType = None,
        out: None = None,
        ddof: float = 0,
        keepdims: bool = False,
    ) -> Any:
        return ops.std(self, axis, dtype, out, ddof, keepdims)

    def all(self, axis: Axis = None, out: None = None, keepdims: bool = False) -> Any:
        return ops.all(self, axis, out, keepdims)

    def any(self, axis: Axis = None, out: None = None, keepdims: bool = False) -> Any:
        return ops.any(self, axis, out, keepdims)

    def cumsum(self, axis: int | None = None, dtype: DType = None, out: None = None) -> Any:
        return ops.cumsum(self, axis, dtype, out)

    def cumprod(self, axis: int | None = None, dtype: DType = None, out: None = None) -> Any:
        return ops.cumprod(self, axis, dtype, out)

    def argmax(self, axis: int | None = None, out: None = None, *, keepdims: bool = False) -> Any:
        return ops.argmax(self, axis, out, keepdims=keepdims)

    def argmin(self, axis: int | None = None, out: None = None, *, keepdims: bool = False) -> Any:
        return ops.argmin(self, axis, out, keepdims=keepdims)

    def argsort(self, axis: int | None = -1, kind: Any = None) -> Any:
        return ops.argsort(self, axis, kind)

    def argpartition(self, kth: Any, axis: int | None = -1) -> Any:
        return ops.argpartition(self, kth, axis)

    def searchsorted(self, v: Any, side: Any = "left", sorter: Any = None) -> Any:
        return ops.searchsorted(self, v, side, sorter)

    def clip(self, min: Any = None, max: Any = None) -> Any:
        return ops.clip(self, min, max)

    def round(self, decimals: int = 0) -> Any:
        return ops.round(self, decimals)

    def conj(self) -> Any:
        return ops.conjugate(self)

    def conjugate(self) -> Any:
        return ops.conjugate(self)

    @property
    def real(self) -> Any:
        return ops.real(self)

    @property
    def imag(self) -> Any:
        return ops.imag(self)

    def dot(self, b: Any) -> Any:
        return ops.dot(self, b)

    def reshape(self, *shape: Any, order: Any = "C") -> Any:
        return ops.reshape(self, shape[0] if len(shape) == 1 else shape, order)

    def transpose(self, *axes: Any) -> Any:
        return ops.transpose(self, (axes[0] if len(axes) == 1 else axes) or None)

    @property
    def T(self) -> Any:
        return ops.transpose(self)

    @property
    def mT(self) -> Any:
        return ops.matrix_transpose(self)

    def swapaxes(self, axis1: int, axis2: int) -> Any:
        return ops.swapaxes(self, axis1, axis2)

    def squeeze(self, axis: Axis = None) -> Any:
        return ops.squeeze(self, axis)

    def ravel(self, order: str = "C") -> Any:
        return ops.ravel(self, order)

    def flatten(self, order: str = "C") -> Any:
        return ops.copy(ops.ravel(self, order))

    def astype(self, dtype: DType) -> Any:
        return ops.astype(self, dtype)

    def copy(self) -> Any:
        return ops.copy(self)

    def repeat(self, repeats: Any, axis: int | None = None) -> Any:
        return ops.repeat(self, repeats, axis)

    def take(
        self, indices: Any, axis: int | None = None, out: None = None, mode: Any = "raise"
    ) -> Any:
        return ops.take(self, indices, axis, out, mode)

    def compress(self, condition: Any, axis: int | None = None, out: None = None) -> Any:
        return ops.compress(condition, self, axis, out)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        return ops.diagonal(self, offset, axis1, axis2)

    def trace(
        self,
        offset: int = 0,
        axis1: int = 0,
        axis2: int = 1,
        dtype: DType = None,
        out: None = None,
    ) -> Any:
        return ops.trace(self, offset, axis1, axis2, dtype, out)
