"""The question who hands mining work on."""

from __future__ import annotations

from typing import Any

from paicha.kernel.grades import Evidence, Grade
from paicha.kernel.rule import Title, rule
from paicha.packs.traffic.expressions import ibis
from paicha.packs.traffic.rules.sessions import BASIS

EVIDENCE = (
    "client_count", "clients", "clients_seen", "upstream_count", "upstream", "upstream_seen", "connections_down",
    "connections_up", "shares_down", "shares_up", "counted", "excess", "mines_itself", "rate_bounds",
)  # fmt: skip


@rule(
    "traffic.mining-relay", version=1,
    title=Title(en="Relay of mining work", zh="挖矿中转（私有代理）"),
    evidence=Evidence.PAYLOAD, basis=BASIS, remedy="stop-and-clean", outcome="relay", precedence=1,
    measures=("hash_rate", "own_hash_rate"),
    false_positives=(
        "a node or a pool of one's own, where no upstream was seen: it hands out work all the same",
        "by shape alone: a server that many devices report to and that reports on, in messages of equal length",
        "an exit address behind NAT that is server and client at once: the hosts lie behind it",
    ),
)  # fmt: skip
def mining_relay(relays: Any) -> Any:
    """A host takes mining work from elsewhere and hands it to others: many machines look like one connection.

    It is confirmed where it was read to hand out work and its upstream was read, is listed, or likely looks like
    mining; likely where it was read to hand out work and no upstream was seen (then it may be a pool or a node), or
    where `policy.relays.min_shaped_clients` watched hosts and one upstream connection are likely ones by sizes and
    times alone; else possible, of the kind `flow`, as the connections that it rests on are: one habit seen twice is not
    two signs. Hash rate counts once, on the side that is better seen. The relay's own machine counts
    only where its upstream work exceeds that of its clients by `policy.relays.own_sigma` standard deviations.
    """
    read_down = relays.clients_seen.startswith("clear")
    grade = ibis.cases(
        (relays.is_sure, int(Grade.CONFIRMED)), (relays.is_likely, int(Grade.LIKELY)), else_=int(Grade.POSSIBLE)
    ).cast("int64")  # fmt: skip
    return relays.select(
        "site", "subject", "first_seen", "last_seen", "sources", *EVIDENCE, "hash_rate", "own_hash_rate",
        key=ibis.literal("relay"),
        grade=grade,
        evidence_kind=ibis.cases(
            (read_down, str(Evidence.PAYLOAD)), (relays.is_likely, str(Evidence.BEHAVIOUR)), else_=str(Evidence.FLOW)
        ),
    )  # fmt: skip
