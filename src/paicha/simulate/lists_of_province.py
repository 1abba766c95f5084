"""What is filed, listed and known in the simulated province."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paicha.simulate.dialects.catalogue import PROFILES
from paicha.simulate.logs.lists import IndicatorRow, ReportRow, UnitRow, make_credit_code
from paicha.simulate.population import NATURES_ZH, POOLS, UNITS, find_pool

if TYPE_CHECKING:
    import random

    from paicha.simulate.truth import AddressTruth

_HOUR_US = 3_600_000_000


def build_units(rng: random.Random) -> list[UnitRow]:
    """Return the filings: one row per range, nested where a unit sits inside another, one of them long expired."""
    rows = []
    for unit in UNITS:
        if not unit.is_filed:
            continue
        code = make_credit_code(rng, unit.region, kind=unit.code_kind)
        phone = f"0000-{rng.randint(1000000, 9999999)}"
        for span in unit.ranges:
            start, _, end = span.partition("-")
            rows.append(
                UnitRow(
                    unit.name, code, NATURES_ZH[unit.nature], unit.industry, unit.region, "网络管理员", phone,
                    cidr="" if end else span, start=start if end else "", end=end, is_nat=unit.is_nat,
                )
            )  # fmt: skip
    # the range of the private company belonged to another one before
    old = make_credit_code(rng, "320700")
    rows.append(
        UnitRow(
            "旧日科技有限公司", old, NATURES_ZH["private-enterprise"], "软件", "320700", "网络管理员", "0000-1234567",
            cidr="10.60.0.0/18", valid_from="2015-01-01", valid_to="2019-12-31",
        )
    )  # fmt: skip
    return rows


def build_reports(addresses: tuple[AddressTruth, ...], start_us: int, rng: random.Random) -> list[ReportRow]:
    """Return the list handed down: the hosts only it names, and every third of those that are seen to mine."""
    rows = []
    for number, row in enumerate(addresses):
        if row.verdict == "listed-only" or (row.verdict == "mining" and number % 3 == 0):
            first = start_us - rng.randint(24, 240) * _HOUR_US
            rows.append(
                ReportRow(
                    row.address, rng.randint(32768, 60999), first, first + rng.randint(1, 20) * _HOUR_US,
                    find_pool("XMR")[0], 13531, "流量特征", "上级主管部门", "2025-06-01",
                )
            )  # fmt: skip
    return rows


def build_indicators() -> list[IndicatorRow]:
    """Return the pools of the province, name, address, port and coin."""
    ports = {profile.coin: profile.port for profile in reversed(PROFILES.values())}
    return [
        IndicatorRow(name, find_pool(coin)[1], ports.get(coin, 3333), name.split(".", 1)[1], coin)
        for coin, name in POOLS
    ]
