"""What counts as mining, how findings add up, and when silence says something."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from paicha.packs.traffic.policy.sections import Section, check_date


class StratumPolicy(Section):
    """What counts as mining work exchanged in payload."""

    min_exchanges: Annotated[int, Field(ge=1, le=100)] = Field(
        1, description="jobs and accepted shares together from which a session counts as work exchanged"
    )
    max_message_bytes: Annotated[int, Field(ge=4096, le=16_777_216)] = Field(
        1_048_576, description="B; a longer message is no mining message and ends the reading of its connection"
    )
    max_held_bytes: Annotated[int, Field(ge=4096, le=16_777_216)] = Field(
        262_144, description="B; out-of-order payload kept for one direction while a segment is missing"
    )
    max_gap_seconds: Annotated[int, Field(ge=1, le=86_400)] = Field(
        120,
        description="s; silence of both sides beyond the job cadence that is a gap of the capture when bytes are lost",
    )


class NamesPolicy(Section):
    """How names and endpoints are matched with indicators."""

    half_life_days: Annotated[float, Field(ge=1, le=10_000)] = Field(
        365.0, description="days after its last confirmation in which an indicator loses half its confidence"
    )
    min_confidence: Annotated[float, Field(ge=0, le=1)] = Field(
        0.15, description="decayed confidence below which an indicator raises no finding"
    )
    min_days_unknown: Annotated[float, Field(ge=0, le=10_000)] = Field(
        730.0, description="days of decay assumed where a list does not date its entries"
    )
    web_ports: tuple[int, ...] = Field(
        (80, 443), description="ports on which a website answers: there www. names and plain HTTP are visits, no proof"
    )
    max_connections: Annotated[int, Field(ge=1, le=10_000)] = Field(
        50, description="connections listed in the evidence of one finding; all of them are counted"
    )


class GradingPolicy(Section):
    """How findings add up to a verdict; the caps of each kind of evidence are not policy."""

    points: dict[str, Annotated[float, Field(ge=0, le=1000)]] = Field(
        {
            "payload": 100.0,
            "behaviour": 40.0,
            "endpoint": 35.0,
            "name": 40.0,
            "report": 35.0,
            "flow": 15.0,
            "dns": 20.0,
            "shared-hosting": 8.0,
        },
        description="most points that one kind of evidence adds to a subject's score, however many its findings",
    )
    likely_score: Annotated[float, Field(ge=1, le=200)] = Field(
        35.0, description="score from which a verdict is likely, if a finding's grade or two kinds of evidence allow it"
    )


class ObservedPolicy(Section):
    """When a subject was observed enough to say that nothing was found."""

    min_hours: Annotated[float, Field(ge=0, le=8760)] = Field(
        1.0, description="h of observation below which the verdict on a quiet subject is: cannot judge"
    )
    hours_per_sampling: Annotated[float, Field(ge=0, le=1000)] = Field(
        0.83,
        description="h of observation per packet that one seen stands for, where sampled: in these a miner of 8 "
        "packets a minute shows the 400 sampled ones that a judgement needs (`flow_shape.sampled_packets`)",
    )
    max_sampling: Annotated[float, Field(ge=1, le=1_000_000)] = Field(
        1000.0, description="sampling rate above which silence proves nothing, however long"
    )


class StockPolicy(Section):
    """What counts as stock and what as increment."""

    baseline: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$"), AfterValidator(check_date)] = Field(
        "2021-09-24", description="date (UTC) on which 发改运行〔2021〕1283号 was published: seen before it is stock"
    )
