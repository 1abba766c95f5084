"""The compiler of the packet loop: numba, its machine code kept on disk where that is possible."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")


def choose_cache_folder() -> str:
    """Return a folder for machine code that belongs to exactly these sources.

    numba compares only the file of the function that was called, not of those it calls; a folder named by the
    content of the whole room keeps it from running old code after an update.
    """
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    base = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return str(Path(base) / "paicha" / f"compiled-{digest.hexdigest()[:16]}")


def compiled(function: F) -> F:
    """Return `function` compiled for use by other compiled functions: no wrapper for the interpreter, nothing kept."""
    return numba.njit(  # type: ignore[no-any-return]
        nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False
    )(function)


def inlined(function: F) -> F:
    """Return `function` compiled into whatever calls it: for what runs with every packet."""
    return numba.njit(  # type: ignore[no-any-return]
        nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False, forceinline=True
    )(function)


def folded(function: F) -> F:
    """Return `function` folded into its one caller before compilation, which spares a compilation of its own."""
    return numba.njit(nogil=True, error_model="numpy", _nrt=False, inline="always")(function)  # type: ignore[no-any-return]


def entry(function: F) -> F:
    """Return `function` compiled without the interpreter lock, its machine code kept on disk where there is room."""
    try:
        made = numba.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)(function)
    except RuntimeError:  # no place to keep machine code: compile in every process
        made = numba.njit(nogil=True, error_model="numpy", _nrt=False)(function)
    return made  # type: ignore[no-any-return]


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def prefetch(typing_context: Any, array: Any, index: Any) -> Any:  # noqa: ARG001
    """Ask the processor to bring `array[index]` (one dimension) into its cache."""
    signature = types.void(array, index)

    def generate(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
        array_type, index_type = sig.args
        view = context.make_array(array_type)(context, builder, arguments[0])
        place = context.cast(builder, arguments[1], index_type, types.intp)
        pointer = builder.gep(view.data, [place])
        byte_pointer = builder.bitcast(pointer, cgutils.voidptr_t)
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [byte_pointer, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return signature, generate


numba.config.CACHE_DIR = choose_cache_folder()
