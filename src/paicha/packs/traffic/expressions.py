"""Ibis as rules write it, imported with the first expression: a screening whose SQL is known makes none."""

from __future__ import annotations

from typing import Any

from paicha.kernel.imports import Later

ibis: Any = Later("ibis")
_: Any = Later("ibis", "_")

__all__ = ["_", "ibis"]
