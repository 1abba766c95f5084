"""Figures as a person reads them: intervals with a sensible number of digits and prefix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_PREFIXES = ((1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def format_number(value: float) -> str:
    """Return a number with three significant digits, without an exponent."""
    if value == 0:
        return "0"
    magnitude = abs(value)
    if magnitude >= 1000:
        return f"{value:,.0f}"
    digits = 0 if magnitude >= 100 else 1 if magnitude >= 10 else 2 if magnitude >= 1 else 3
    return f"{value:.{digits}f}" if magnitude >= 0.001 else f"{value:.2g}"


def format_measure(measure: Mapping[str, Any] | None, *, with_unit: bool = True) -> str:
    """Return `best (low–high) unit`, rates with a prefix; a dash where nothing is known."""
    if measure is None:
        return "–"
    unit, factor = str(measure["unit"]), 1.0
    if unit.endswith("/s"):
        size, prefix = next(((s, p) for s, p in _PREFIXES if measure["best"] >= s), (1.0, ""))
        unit, factor = prefix + unit, 1 / size
    low, best, high = (format_number(measure[end] * factor) for end in ("low", "best", "high"))
    text = f"{best} ({low}–{high})" if low != high else best
    return f"{text} {unit}" if with_unit else text
