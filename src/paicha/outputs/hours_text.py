"""Hours of activity as a chart of two lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paicha.outputs.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BARS = " ▁▂▃▄▅▆▇█"
UNWATCHED = "·"
SCALE = "0     6     12    18    "


def draw_hours(hours: Mapping[str, Any], language: str) -> tuple[str, str, str]:
    """Return a heading, a bar for each hour of the day (a dot where it was never watched), and the scale below it."""
    told = say("hours_told", language).format(
        days=hours["days"], active=f"{hours['active_hours']:g}", watched=f"{hours['watched_hours']:g}"
    )
    heading = f"{say('hours_of_activity', language)} (UTC{hours['zone_hours']:+g}): {told}"
    return heading, f"|{draw_bars(hours['shares'])}|", f" {SCALE}"


def draw_bars(shares: Sequence[float | None]) -> str:
    """Return one character for each share of 0 to 1; whatever is not nothing shows at least the lowest bar."""
    return "".join(UNWATCHED if share is None else BARS[_choose(share)] for share in shares)


def _choose(share: float) -> int:
    return min(max(round(share * (len(BARS) - 1)), share > 0), len(BARS) - 1)
