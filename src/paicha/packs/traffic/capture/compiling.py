"""The compiler of the packet loop: numba, its machine code kept on disk where that is possible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped, unused-ignore]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from paicha.packs.traffic.capture.cache import find_folder

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")

_njit: Any = numba.njit
_OPTIONS = {"nogil": True, "error_model": "numpy", "_nrt": False}
"""No array is made in the loop, so that references to arrays need not be counted: that took a third of the time."""

_INNER = {**_OPTIONS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}

int64: Any = np.int64
"""Numbers of mixed width are widened by hand: with an unsigned 64-bit number among them numba makes floats."""


def compiled(function: F) -> F:
    """Return `function` compiled for use by other compiled functions: no wrapper for the interpreter, nothing kept."""
    return _njit(**_INNER)(function)  # type: ignore[no-any-return]


def inlined(function: F) -> F:
    """Return `function` compiled into whatever calls it: for what runs with every packet."""
    return _njit(**_INNER, forceinline=True)(function)  # type: ignore[no-any-return]


def folded(function: F) -> F:
    """Return `function` folded into its one caller before compilation, which spares a compilation of its own."""
    return _njit(**_OPTIONS, inline="always")(function)  # type: ignore[no-any-return]


def entry(function: F) -> F:
    """Return `function` compiled without the interpreter lock, its machine code kept on disk where there is room."""
    try:
        made = _njit(**_OPTIONS, cache=True)(function)
    except RuntimeError:  # no place to keep machine code: compile in every process
        made = _njit(**_OPTIONS)(function)
    return made  # type: ignore[no-any-return]


def type_prefetch(typing_context: Any, array: Any, index: Any) -> Any:  # noqa: ARG001
    """Return the signature of `prefetch`, and what makes its machine code."""
    signature = types.void(array, index)

    def generate(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
        array_type, index_type = sig.args
        view = context.make_array(array_type)(context, builder, arguments[0])
        place = context.cast(builder, arguments[1], index_type, types.intp)
        pointer = builder.gep(view.data, [place])
        byte_pointer = builder.bitcast(pointer, cgutils.voidptr_t)
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, number, number, number])
        insert: Any = cgutils.get_or_insert_function
        function = insert(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [byte_pointer, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return signature, generate


prefetch: Any = intrinsic(type_prefetch)
"""prefetch(array, index) asks the processor to bring `array[index]` (one dimension) into its cache."""

_config: Any = numba.config
_config.CACHE_DIR = find_folder()
