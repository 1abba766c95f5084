"""Imports spared where what they bring is not used: a small screening is little else than imports.

pyarrow imports pandas at the first list it converts, and numba imports scipy.linalg to see whether there is BLAS: half
a second together, a quarter of a small screening. Both take a missing module for a missing feature and go on.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Refusal:
    """A finder that says of one module that it is not there."""

    def __init__(self, module: str) -> None:
        self._module = module

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> None:
        """Return nothing, so that other finders are asked.

        Raises:
            ModuleNotFoundError: it is the module.
        """
        if name == self._module:
            raise ModuleNotFoundError(f"{name} is not needed here", name=name)


@contextmanager
def hidden(module: str) -> Iterator[None]:
    """Let imports of a module fail while the block runs, unless it is there already; afterwards it can be imported."""
    refusal: Any = _Refusal(module)
    sys.meta_path.insert(0, refusal)
    try:
        yield
    finally:
        sys.meta_path.remove(refusal)


class Later:
    """A module, or what it holds under `name`, imported when the first attribute or item of it is asked for."""

    def __init__(self, module: str, name: str | None = None) -> None:
        self._module = module
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self._find(), attribute)

    def __getitem__(self, key: Any) -> Any:
        return self._find()[key]

    def _find(self) -> Any:
        module = import_module(self._module)
        return module if self._name is None else getattr(module, self._name)
