"""Functions compiled to machine code, with a cache on disk where a place for it can be written."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from paicha.kernel.imports import hidden

# Nothing compiled here multiplies matrices; without BLAS numba starts a third of a second sooner.
with hidden("scipy.linalg"):
    from numba import njit

    import_module("numba.np.arraymath")

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Return `function` compiled at its first call; the machine code is kept on disk where that is possible.

    numba refuses a cache, at import time, where neither its own directory, nor the one of the source, nor the home
    directory can be written; then every process compiles for itself.
    """
    try:
        cached: Callable[P, R] = njit(cache=True, nogil=True)(function)
    except RuntimeError:
        uncached: Callable[P, R] = njit(nogil=True)(function)
        return uncached
    return cached
