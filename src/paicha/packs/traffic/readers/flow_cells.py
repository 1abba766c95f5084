"""DuckDB expressions that read the cells of a user's flow table, whatever type its columns have."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paicha.packs.traffic.policy import FlowTablePolicy

_UNIT_US = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}
_PROTOCOLS = {
    "ICMP": 1,
    "TCP": 6,
    "UDP": 17,
    "GRE": 47,
    "ESP": 50,
    "ICMP6": 58,
    "ICMPV6": 58,
    "IPV6-ICMP": 58,
    "SCTP": 132,
}
_MAX_US = 4_102_444_800_000_000


def read_protocol(column: str, *, is_text: bool) -> str:
    """Return the expression of a protocol's number, of numbers or names; null where it is none."""
    if not is_text:
        return f"CASE WHEN try_cast({column} AS BIGINT) BETWEEN 0 AND 255 THEN try_cast({column} AS BIGINT) END"
    names = " ".join(f"WHEN '{name}' THEN {number}" for name, number in _PROTOCOLS.items())
    return f"CASE upper(trim({column})) {names} ELSE try_cast(try_cast({column} AS UTINYINT) AS BIGINT) END"


def find_shift(policy: FlowTablePolicy) -> int:
    """Return how many microseconds the times of the table are ahead of UTC, where they do not say."""
    return round(policy.timezone_hours * 3_600_000_000)


def read_time(column: str, policy: FlowTablePolicy, *, is_whole: bool) -> str:
    """Return the expression of UTC microseconds of texts and numbers in the form that the policy names.

    Without a zone of its own a text is in the policy's zone.
    """
    if policy.time_unit == "iso":
        has_zone = f"regexp_matches(trim({column}), '(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$') AND contains({column}, ':')"
        shift = find_shift(policy)
        local = f" - if({has_zone}, 0, {shift})" if shift else ""
        any_form = f"epoch_us(try_cast(trim({column}) AS TIMESTAMPTZ)){local}"
        # the usual form is read in a third of the time; before a Z neither cast takes another zone
        return f"CASE WHEN ends_with({column}, 'Z') THEN epoch_us(try_cast({column} AS TIMESTAMP)) ELSE {any_form} END"
    scaled = f"try_cast({column} AS DOUBLE) * {_UNIT_US[policy.time_unit]!r}"
    exact = f"round({scaled})::BIGINT"
    if is_whole and policy.time_unit in {"us", "ms", "s"}:
        exact = f"try_cast({column} AS BIGINT) * {int(_UNIT_US[policy.time_unit])}"
    return f"if({column} IS NULL OR NOT ({scaled}) BETWEEN 0 AND {_MAX_US}, NULL, {exact})"
