"""Questions put to mining sessions that were read in clear text."""

from __future__ import annotations

from typing import Any

from paicha.kernel.grades import Evidence, Grade
from paicha.kernel.rule import Title, rule
from paicha.packs.traffic.expressions import _, ibis
from paicha.packs.traffic.rules.evidence import SESSION_MEASURES, describe_sessions

BASIS = ("NDRC-2021-1283", "NDRC-2024-7")


def _is_sealed(sessions: Any) -> Any:
    """Return which sessions are encrypted Stratum V2: sizes were seen and nothing read, however much they count."""
    return sessions.dialect == "stratum-v2"


@rule(
    "traffic.mining-session", version=1,
    title=Title(en="Mining protocol in clear text", zh="明文挖矿协议会话"),
    evidence=Evidence.PAYLOAD, basis=BASIS, remedy="stop-and-clean", outcome="mining",
    measures=SESSION_MEASURES,
    false_positives=(
        "a laboratory that mines with approval on record: enter an exception",
        "a monitoring client that logs in, takes work and never submits",
        "an exit address behind NAT: the host is found by port and time in the translation log",
    ),
)  # fmt: skip
def mining_session(sessions: Any) -> Any:
    """A host exchanged mining work with a pool, a relay or a node in clear text.

    The exchange was read in the payload and recognised by its structure: jobs and accepted shares reached
    `policy.stratum.min_exchanges`, and shares were not all refused. One finding per connection, counted once however
    many inputs show it. It proves access to a pool, which is one of the three elements of mining equipment in the
    provincial notices; computing device and mining software are to be established on the spot.
    """
    return describe_sessions(sessions.filter(_.role == "client", _.state == "mining", ~_is_sealed(sessions)))


@rule(
    "traffic.refused-session", version=1,
    title=Title(en="Mining work, every share refused", zh="挖矿会话，提交全部被拒"),
    evidence=Evidence.PAYLOAD, basis=BASIS, remedy="stop-and-clean", outcome="refused",
    measures=SESSION_MEASURES,
    false_positives=("a test of a pool's software within a laboratory",),
)  # fmt: skip
def refused_session(sessions: Any) -> Any:
    """A host took mining work and submitted shares, and the pool refused every one of them.

    The machine computes and takes power all the same; it earns nothing, because its settings, its wallet or its
    algorithm do not fit the pool.
    """
    return describe_sessions(sessions.filter(_.role == "client", _.state == "refused", ~_is_sealed(sessions)))


@rule(
    "traffic.mining-attempt", version=1,
    title=Title(en="Attempt to mine", zh="尝试挖矿（登录未获任务）"),
    evidence=Evidence.PAYLOAD, grade=Grade.LIKELY, basis=BASIS, remedy="check-host", outcome="attempt",
    measures=SESSION_MEASURES,
    false_positives=(
        "a scanner that looks for pools by their protocol",
        "a capture too short to show the work that followed",
    ),
)  # fmt: skip
def mining_attempt(sessions: Any) -> Any:
    """A host logged in or subscribed to a pool, and no work followed.

    The request was refused or not answered, or the records end before the answer. Mining software is running on the
    host or behind it; whether it mines elsewhere is to be checked.
    """
    return describe_sessions(sessions.filter(_.role == "client", _.state == "attempt", ~_is_sealed(sessions)))


@rule(
    "traffic.pool-server", version=1,
    title=Title(en="Host that hands out mining work", zh="对外提供挖矿任务的主机（矿池、代理）"),
    evidence=Evidence.PAYLOAD, basis=BASIS, remedy="stop-and-clean", outcome="pool-server",
    measures=SESSION_MEASURES,
    false_positives=(
        "a full node whose owner offers work to his own machines elsewhere",
        "a honeypot that plays a pool",
    ),
)  # fmt: skip
def pool_server(sessions: Any) -> Any:
    """A host of the watched network handed out mining work to clients outside it.

    It is a pool, a proxy or a relay. The hash rate is that of the clients, whose machines and power lie elsewhere.
    Attempts alone raise nothing here: whoever scans for pools from outside would otherwise accuse the host scanned.
    """
    served = sessions.filter(_.is_served_inside, _.state.isin(("mining", "refused")), ~_is_sealed(sessions))
    return describe_sessions(served.mutate(subject=_.server_ip, role=ibis.literal("server")))


@rule(
    "traffic.stratum-v2-handshake", version=2,
    title=Title(en="Encrypted Stratum V2 by its handshake", zh="加密 Stratum V2 握手特征"),
    evidence=Evidence.BEHAVIOUR, basis=BASIS, remedy="check-host", outcome="mining",
    measures=SESSION_MEASURES,
    false_positives=("another protocol on Noise_NX whose first two messages have the same lengths",),
)  # fmt: skip
def stratum_v2_handshake(sessions: Any, shapes: Any) -> Any:
    """A connection began with the two messages of the Stratum V2 handshake, in their exact sizes.

    The content is encrypted, so nothing but sizes and order was read: this alone reaches likely, however many shares
    and jobs are counted by the sizes of their frames. `frames` holds these counts where the connection was profiled.
    """
    sealed = sessions.filter(_is_sealed(sessions))
    counted = shapes.group_by("site", "session").agg(frames=_.frames.max())
    names = sealed.select("site", "key", "session").left_join(counted, ["site", "session"])
    told = names.select("site", "key", "frames")
    return describe_sessions(sealed).left_join(told, ["site", "key"]).drop("site_right", "key_right")


SESSION_RULES = (mining_session, refused_session, mining_attempt, pool_server, stratum_v2_handshake)
"""Rules that answer with one finding per session; their key is the session's."""
