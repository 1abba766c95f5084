"""Hours as a chart."""

from __future__ import annotations

from paicha.outputs.hours_text import draw_bars, draw_hours


def test_bars_rise_with_the_share_and_the_smallest_is_still_seen() -> None:
    assert draw_bars([None, 0.0, 0.001, 0.5, 1.0]) == "· ▁▄█"


def test_chart_has_a_bar_for_every_hour_above_its_scale() -> None:
    hours = {"zone_hours": 8.0, "shares": [1.0] * 24, "active_hours": 12.25, "watched_hours": 24.0, "days": 2}
    heading, bars, scale = draw_hours(hours, "en")
    assert heading == "hours of activity (UTC+8): 12.25 of 24 h watched, on 2 days"
    assert len(bars) == 26
    assert [scale.index(text) for text in ("6", "12", "18")] == [7, 13, 19]
    assert "UTC+8" in draw_hours(hours, "zh")[0]
