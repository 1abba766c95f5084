"""Functions compiled to machine code, with a cache on disk where a place for it can be written."""

from __future__ import annotations

from typing import TYPE_CHECKING, ParamSpec, TypeVar

from numba import njit

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
