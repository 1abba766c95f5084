"""What is asked of mining that hides: sizes and times of packets, flow records, block times, relays, hours."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from paicha.packs.traffic.policy.sections import Section


class ProfilesPolicy(Section):
    """Which connections are followed by the sizes and times of their packets."""

    max_profiles: Annotated[int, Field(ge=1024, le=1_048_576)] = Field(
        65_536, description="connections profiled at once; past it the youngest ones are given up, and counted"
    )
    min_seconds: Annotated[int, Field(ge=10, le=86_400)] = Field(
        120, description="s; a connection that lived shorter is not written to the table of profiles"
    )
    max_messages_per_second: Annotated[float, Field(gt=0, le=1000)] = Field(
        10.0, description="1/s over its life; a busier connection is no quiet one and its profile is given up"
    )
    max_mean_bytes: Annotated[int, Field(ge=64, le=65_535)] = Field(
        900, description="B of payload in a message on average; a bulkier connection is given up likewise"
    )
    answer_seconds: Annotated[float, Field(gt=0, le=60)] = Field(
        3.0, description="s within which a message of the other side counts as the answer to one"
    )


class BehaviourPolicy(Section):
    """How profiles of connections are judged."""


class FlowShapePolicy(Section):
    """How long, regular flow records are judged."""


class BlocksPolicy(Section):
    """How arrivals are compared with the times of a chain's blocks."""

    timezone_hours: Annotated[float, Field(ge=-14, le=14)] = Field(
        8.0, description="h ahead of UTC, for times of blocks that do not say so themselves"
    )


class RelaysPolicy(Section):
    """What makes an inside host a relay of mining work."""


class HoursPolicy(Section):
    """How hours of activity are compared with seats in use."""

    timezone_hours: Annotated[float, Field(ge=-14, le=14)] = Field(
        8.0, description="h ahead of UTC, for times of seats in use that do not say so themselves"
    )
