"""Questions put to the hours in which hosts mine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paicha.kernel.grades import Evidence, Grade
from paicha.kernel.rule import Title, rule
from paicha.packs.traffic.expressions import _, ibis
from paicha.packs.traffic.rules.sessions import BASIS

if TYPE_CHECKING:
    from paicha.packs.traffic.policy import TrafficPolicy


@rule(
    "traffic.idle-time-mining", version=1,
    title=Title(en="Mining while seats are empty", zh="无客时段挖矿（上座率低时活动）"),
    evidence=Evidence.BEHAVIOUR, grade=Grade.POSSIBLE, basis=BASIS, remedy="check-host", outcome="idle-time",
    false_positives=(
        "a timer or a cheap night tariff: it mines while seats are empty, and not because they are",
        "seats of one part of the house, or a clock that is hours off",
        "many hosts tested at once: of those that pay no heed to seats, the part `max_chance` is told all the same",
    ),
)  # fmt: skip
def idle_time_mining(idle_tests: Any, policy: TrafficPolicy) -> Any:
    """A host that mines does so when few seats are in use, and stops when they fill.

    Its activity by quarter-hours is correlated with the seats in use at its site (`--occupancy`). The probability by
    chance is the part of all circular shifts of one against the other that correlate as low; it is told up to
    `policy.hours.max_chance`, where at least `policy.hours.min_hours` were watched empty (seats in use up to
    `policy.hours.empty_part` of the most) and as many occupied. It says that the machine mines when no customer sits
    there: an operator or a program that waits for idle machines. It never says who, and never raises a grade:
    alone it stays possible, and where flow records or habits short of likely alone show the mining it counts as such a
    record.
    """
    rows = idle_tests.filter(_.chance <= policy.hours.max_chance, _.correlation < 0, _.mining_empty > _.expected_empty)
    return rows.select(
        "site", "subject", "first_seen", "last_seen",
        key=ibis.literal("seats"),
        evidence_kind=rows.is_record.ifelse(str(Evidence.FLOW), str(Evidence.BEHAVIOUR)),
        **{name: rows[name] for name in (
            "mining_empty", "mining_occupied", "expected_empty", "hours_empty", "hours_occupied", "seats_empty",
            "correlation", "chance", "shifts",
        )},
    )  # fmt: skip
