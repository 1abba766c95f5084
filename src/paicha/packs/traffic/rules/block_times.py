"""The question whether a connection follows the blocks of a chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paicha.kernel.grades import Evidence, Grade
from paicha.kernel.rule import Title, rule
from paicha.packs.traffic.expressions import _, ibis
from paicha.packs.traffic.rules.sessions import BASIS

if TYPE_CHECKING:
    from paicha.packs.traffic.policy import TrafficPolicy


@rule(
    "traffic.block-times", version=1,
    title=Title(en="Messages that follow a chain's blocks", zh="通信与区块产生时刻同步"),
    evidence=Evidence.BEHAVIOUR, basis=BASIS, remedy="check-host", outcome="mining",
    false_positives=(
        "a node, a wallet or an explorer of the same coin, which hears of blocks as soon as a pool does",
        "a service that tells its users of new blocks or of their price at once",
        "an exit address behind NAT, or the end of a tunnel: the host lies behind it",
    ),
)  # fmt: skip
def block_times(block_matches: Any, policy: TrafficPolicy) -> Any:
    """What a server sent came right after the blocks of a coin, far more often than by chance.

    Pools send new work the moment a block is found, whatever encryption, tunnel or relay carries it. Moments of blocks
    are random, so the probability of so many matches follows exactly from the connection's own pattern, and chatty
    connections are discounted by what they are. All offsets, windows, sizes, coins and connections that were tried are
    paid for. What a pool repeats some time after every block fits a list that is late; an earlier window then fits as
    well, and the match is left out. Likely needs `policy.blocks.likely_chance` and `likely_excess`, possible the values
    of that name. The times come from a node's log or from `paicha blocks`.
    """
    blocks = policy.blocks
    found = block_matches.filter(
        _.chance <= blocks.possible_chance,
        _.excess >= blocks.possible_excess,
        # beyond chance, an earlier window fits clearly worse
        _.rival - _.share <= blocks.max_rival * (_.followed / _.blocks - _.share),
    )
    is_likely = (found.chance <= blocks.likely_chance) & (found.excess >= blocks.likely_excess)
    likely, possible = (ibis.literal(int(grade), "int64") for grade in (Grade.LIKELY, Grade.POSSIBLE))
    return found.select(
        "site", "subject", "key", "sources", "role", "protocol", "coin", "messages", "blocks",
        first_seen=_.started,
        last_seen=_.ended,
        counted_with=_.key,
        grade=is_likely.ifelse(likely, possible),
        outcome=is_likely.ifelse("mining", "lead"),
        client=_.client_ip,
        client_port=_.client_port,
        server=_.server_ip,
        server_port=_.server_port,
        started=_.started,
        ended=_.ended,
        blocks_followed=_.followed,
        blocks_expected=_.blocks.cast("float64") * _.share,
        followed_earlier=_.rival,
        chance=_.chance,
        trials=_.trials,
        offset_seconds=_.offset_s,
        window_seconds=_.window_s,
        bytes_from=_.size_low,
        bytes_to=_.size_high,
    )  # fmt: skip
