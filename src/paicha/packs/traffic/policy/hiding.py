"""What is asked of mining that hides: sizes and times of packets, flow records, block times, relays, hours."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from paicha.packs.traffic.policy.sections import Section


class ProfilesPolicy(Section):
    """Which connections are followed by the sizes and times of their packets."""

    max_profiles: Annotated[int, Field(ge=1024, le=1_048_576)] = Field(
        32_768, description="connections profiled at once; past it the youngest ones are given up, and counted"
    )
    min_seconds: Annotated[int, Field(ge=10, le=86_400)] = Field(
        120, description="s; a connection that lived shorter is not written to the table of profiles"
    )
    max_messages_per_second: Annotated[float, Field(gt=0, le=1000)] = Field(
        10.0, description="1/s over its life; a busier connection is no quiet one and its profile is given up"
    )
    busy_after_seconds: Annotated[int, Field(ge=1, le=86_400)] = Field(
        60, description="s profiled from which a connection may be found too busy: at first work comes in a burst"
    )
    min_messages: Annotated[int, Field(ge=1, le=1000)] = Field(
        4, description="messages below which a connection says nothing by sizes and times and gets no row"
    )
    max_mean_bytes: Annotated[int, Field(ge=64, le=65_535)] = Field(
        2500,
        description="B of payload in a message on average; a bulkier connection is given up, too: shares of Equihash "
        "take up to 3 kB",
    )
    again_after_minutes: Annotated[int, Field(ge=1, le=240)] = Field(
        5, description="min of the clock after which one given up is looked at again: a busy tunnel may turn quiet"
    )
    answer_seconds: Annotated[float, Field(gt=0, le=60)] = Field(
        3.0, description="s within which a message of the other side counts as the answer to one"
    )


class BehaviourPolicy(Section):
    """How profiles of connections are judged."""

    min_seconds: Annotated[int, Field(ge=60, le=86_400)] = Field(
        240, description="s; a connection seen for a shorter time shows no habit"
    )
    size_spread: Annotated[int, Field(ge=0, le=64)] = Field(
        6, description="B; sizes this near to a frequent one are the same message: numbers in it grow by digits"
    )
    min_push_bytes: Annotated[int, Field(ge=1, le=1500)] = Field(
        70, description="B; the shortest piece of work (a target and a header, encrypted) is longer than this"
    )
    min_unasked: Annotated[float, Field(ge=0, le=1)] = Field(
        0.5, description="part of a size that must be unasked for, chance allowed for, so that it is a push"
    )
    min_pushes: Annotated[int, Field(ge=2, le=1000)] = Field(
        5, description="pushes below which nothing is said of them"
    )
    push_sizes: Annotated[int, Field(ge=1, le=8)] = Field(
        3,
        description="clusters of sizes that unasked messages of a pool have: a job, and a target or a job with a block",
    )
    min_chance: Annotated[float, Field(gt=0, le=1)] = Field(
        0.1, description="chance of a quiet answer time below which a busy client hides what was asked for"
    )
    min_share_bytes: Annotated[int, Field(ge=1, le=1500)] = Field(
        50, description="B; the shortest share (24 bytes, encrypted) is longer than this"
    )
    min_shares: Annotated[int, Field(ge=2, le=1000)] = Field(
        3, description="messages of a size below which no habit is seen in them"
    )
    min_answered: Annotated[float, Field(ge=0, le=1)] = Field(
        0.6, description="part of shares that is answered within the answer time; some answers are lost or late"
    )
    max_reply_bytes: Annotated[int, Field(ge=1, le=1500)] = Field(
        190, description="B; an acknowledgement, with encryption and a tunnel around it, is no longer than this"
    )
    max_beat_bytes: Annotated[int, Field(ge=1, le=1500)] = Field(
        250, description="B; a heartbeat, with encryption and a tunnel around it, is no longer than this"
    )
    split_ratio: Annotated[float, Field(ge=1, le=10)] = Field(
        1.5, description="messages like shares to an answer, from which on a share takes several messages"
    )
    min_asked: Annotated[float, Field(ge=0, le=1)] = Field(
        0.6, description="part of a size of the server that follows a message of the client, so that it answers"
    )
    clock_variation: Annotated[float, Field(ge=0, le=1)] = Field(
        0.3, description="spread of gaps over their mean below which messages come by a clock and are no shares"
    )
    min_numbered: Annotated[int, Field(ge=2, le=1000)] = Field(
        12, description="shares from which on the number in them must have gained a digit"
    )
    overlap_seconds: Annotated[float, Field(ge=0, le=600)] = Field(
        5.0, description="s by which a longer share may come before the last shorter one: segments out of order"
    )
    decade_error: Annotated[float, Field(ge=0, le=0.5)] = Field(
        0.03, description="part of 9, 90, 900 ... shares that may be missing between two growths: lost or joined ones"
    )
    strict_variation: Annotated[float, Field(ge=0, le=1)] = Field(
        0.1, description="spread of gaps over their mean below which a message counts as clockwork"
    )
    min_gaps: Annotated[int, Field(ge=2, le=1000)] = Field(4, description="gaps below which no rhythm is told")
    setup_messages: Annotated[int, Field(ge=0, le=64)] = Field(
        8, description="messages of both sides that greet, log in and set up encryption, which no habit explains"
    )
    possible_score: Annotated[float, Field(ge=-64, le=64)] = Field(
        0.0, description="points (each doubles the odds) from which a connection is possible"
    )
    likely_score: Annotated[float, Field(ge=-64, le=64)] = Field(
        13.0,
        description="points from which it is likely: more than pushes, shares and sizes of a known family reach alone, "
        "without numbers that grow in shares and answers, or the handshake of Stratum V2",
    )

    @model_validator(mode="after")
    def _check(self) -> BehaviourPolicy:
        if self.likely_score < self.possible_score:
            raise ValueError("likely_score is less than possible_score")
        return self


class FlowShapePolicy(Section):
    """How long, regular flow records are judged."""

    min_score: Annotated[float, Field(ge=-32, le=64)] = Field(
        2.0, description="points from which traffic with an endpoint is told as mining-like; each doubles the odds"
    )
    max_told: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        1000, description="findings told of one site, the highest scores first: a list that people can look at"
    )
    min_seconds: Annotated[int, Field(ge=60, le=86_400)] = Field(
        540, description="s connected below which nothing is judged: a capture of ten minutes holds a little less"
    )
    min_packets: Annotated[int, Field(ge=4, le=10_000)] = Field(
        20, description="packets seen, both ways, below which sizes and rates say too little; sampled ones as sampled"
    )
    sampled_packets: Annotated[int, Field(ge=4, le=1_000_000)] = Field(
        400,
        description="sampled packets, both ways, from which figures are sure enough: silence about fewer says nothing",
    )
    protocols: tuple[Annotated[int, Field(ge=0, le=255)], ...] = Field(
        (6,), description="IP protocols judged: pools are spoken to over TCP; 17 adds tunnels over UDP, and noise"
    )
    piece_seconds: Annotated[float, Field(ge=0, le=3600)] = Field(
        5.0, description="s; an endpoint without any unsampled record of this length is left out unread"
    )
    regular_seconds: Annotated[float, Field(ge=1, le=3600)] = Field(
        30.0, description="s; shorter pieces do not count for how regular the traffic is"
    )
    gap_seconds: Annotated[int, Field(ge=1, le=86_400)] = Field(
        600, description="s between records of one endpoint that still count as connected"
    )
    quiet_seconds: Annotated[int, Field(ge=0, le=3600)] = Field(
        60, description="s between records that are no pause: exporters end a record after 15 to 60 s of silence"
    )
    sampled_gap_seconds: Annotated[float, Field(ge=0, le=600)] = Field(
        20.0, description="s more for every packet that sampling leaves out: a quiet miner sends one in that time"
    )
    size_spread: Annotated[float, Field(ge=0, le=10)] = Field(
        1.0, description="standard deviation of packet sizes as a part of their mean, for means of sampled packets"
    )
    deviations: Annotated[float, Field(ge=0, le=5)] = Field(
        1.28,
        description="standard deviations around a sampled figure within which the least points count: 1.28 are 80 %, "
        "for six figures at once; 1.96 are 95 %",
    )
    between_insiders: bool = Field(
        False, description="whether traffic between two addresses of the watched network is judged too"
    )


class BlocksPolicy(Section):
    """How arrivals are compared with the times of a chain's blocks."""

    timezone_hours: Annotated[float, Field(ge=-14, le=14)] = Field(
        8.0, description="h ahead of UTC, for times of blocks that do not say so themselves"
    )
    clock_seconds: Annotated[float, Field(ge=0, le=600)] = Field(
        30.0,
        description="s by which the clocks of the sensor and of the block times may differ, pools' delays included",
    )
    step_seconds: Annotated[float, Field(ge=0.1, le=10)] = Field(
        0.5, description="s; offsets between the clocks are tried in such steps, and windows are multiples of them"
    )
    windows_seconds: tuple[Annotated[float, Field(gt=0, le=120)], ...] = Field(
        (1.0, 3.0, 8.0),
        min_length=1,
        max_length=16,
        description="s within which the message after a block is looked for; the best one counts",
    )
    min_blocks: Annotated[int, Field(ge=3, le=10_000)] = Field(
        10, description="blocks in the time of a connection below which it is not judged"
    )
    echo_seconds: Annotated[float, Field(ge=0, le=3600)] = Field(
        660.0, description="s before the window that are searched for a better one: pools repeat work by a timer"
    )
    max_rival: Annotated[float, Field(ge=0, le=1)] = Field(
        0.8, description="part of the matches beyond chance that an earlier window may have: else this one is an echo"
    )
    hole_factor: Annotated[float, Field(ge=5, le=1000)] = Field(
        20.0,
        description="a gap between blocks so many times the usual one is a hole of the list: by chance one in 10^6",
    )
    possible_chance: Annotated[float, Field(gt=0, le=1)] = Field(
        1e-3, description="probability of so many matches by chance, all trials of the run paid for, that is possible"
    )
    likely_chance: Annotated[float, Field(gt=0, le=1)] = Field(1e-6, description="the same for likely")
    possible_excess: Annotated[float, Field(ge=0, le=1)] = Field(
        0.25,
        description="part of the blocks not followed by chance that has to be followed: a wallet follows some of them",
    )
    likely_excess: Annotated[float, Field(ge=0, le=1)] = Field(
        0.6, description="the same for likely: pools push new work at once, nearly without exception"
    )

    @model_validator(mode="after")
    def _check(self) -> BlocksPolicy:
        if self.likely_chance > self.possible_chance or self.likely_excess < self.possible_excess:
            raise ValueError("likely asks for less than possible")
        return self


class RelaysPolicy(Section):
    """What makes an inside host a relay of mining work."""

    min_clients: Annotated[int, Field(ge=1, le=100_000)] = Field(
        2, description="watched hosts that were read to take work from an inside host, where no upstream of it was seen"
    )
    min_shaped_clients: Annotated[int, Field(ge=1, le=100_000)] = Field(
        2, description="watched hosts with connections to an inside host that look like mining, as one of its own does"
    )
    own_sigma: Annotated[float, Field(ge=1, le=10)] = Field(
        3.0, description="standard deviations by which upstream work exceeds the clients' where a relay mines itself"
    )
    max_listed: Annotated[int, Field(ge=1, le=100_000)] = Field(
        500, description="clients, and servers upstream, whose addresses the evidence lists; all of them are counted"
    )

    min_outside_clients: Annotated[int, Field(ge=2, le=100_000)] = Field(
        5, description="hosts that mine through one server outside, on no list, from which a private relay is hinted at"
    )


class HoursPolicy(Section):
    """How hours of activity are compared with seats in use."""

    timezone_hours: Annotated[float, Field(ge=-14, le=14)] = Field(
        8.0, description="h ahead of UTC, for times of seats in use that do not say so themselves, and hours of the day"
    )
    empty_part: Annotated[float, Field(ge=0, le=1)] = Field(
        0.25, description="part of the most seats in use up to which a place counts as empty"
    )
    min_hours: Annotated[float, Field(ge=1, le=8760)] = Field(
        12.0, description="h watched with the place empty, and as many with it occupied, below which nothing is asked"
    )
    max_chance: Annotated[float, Field(gt=0, le=0.5)] = Field(
        0.02,
        description="probability by chance up to which mining in empty hours is told; two weeks mostly suffice",
    )


class HintsPolicy(Section):
    """When something is told as a hint of own will, of a hijacked host or of hosting; hints never change a grade."""

    service_ports: tuple[Annotated[int, Field(ge=1, le=65_535)], ...] = Field(
        (21, 22, 25, 53, 80, 110, 143, 443, 445, 993, 995, 1433, 1521, 3306, 3389, 5432, 6379, 8080, 8443),
        description="ports of services: whoever answers others there is a server",
    )
    min_visitors: Annotated[int, Field(ge=1, le=100_000)] = Field(
        5, description="hosts that it has to answer there: an administrator or a scanner alone makes no server"
    )
    together_minutes: Annotated[float, Field(gt=0, le=1440)] = Field(
        10.0, description="min within which hosts of one unit begin to mine for one wallet, as if by one command"
    )
    min_together: Annotated[int, Field(ge=2, le=10_000)] = Field(3, description="number of such hosts")
    min_units: Annotated[int, Field(ge=2, le=10_000)] = Field(
        2, description="units at which one login is met, from which they are told as unrelated hosts of one hand"
    )
    common_logins: tuple[str, ...] = Field(
        (), description="logins that many use, such as a pool's own or a miner's developers': they link nobody"
    )
    min_logins: Annotated[int, Field(ge=2, le=100_000)] = Field(
        5, description="different logins at one unit from which it is told as a place that hosts others' machines"
    )
    min_workers: Annotated[int, Field(ge=2, le=100_000)] = Field(
        5, description="names of machines under one login at one unit from which it is told as a farm"
    )
    steady_days: Annotated[int, Field(ge=1, le=3650)] = Field(
        14, description="days of mining from which steadiness is told"
    )
    steady_part: Annotated[float, Field(gt=0, le=1)] = Field(
        0.95, description="part of the time watched in which it has to be active, to be steady"
    )
    night_hours: tuple[Annotated[int, Field(ge=0, le=23)], ...] = Field(
        (22, 23, 0, 1, 2, 3, 4, 5, 6), description="hours of the day (`hours.timezone_hours`) that count as night"
    )
    night_days: Annotated[int, Field(ge=1, le=3650)] = Field(
        3, description="days of mining from which mining by night only is told"
    )
    night_part: Annotated[float, Field(gt=0, le=1)] = Field(
        0.95, description="part of its hours of mining that has to lie in the night"
    )
    day_hours: Annotated[float, Field(gt=0, le=8760)] = Field(
        24.0, description="h watched by day, without which nobody knows that it mines by night only"
    )
