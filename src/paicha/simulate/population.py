"""Who lives in the simulated province: units with their ranges, pools, and the miners in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from paicha.simulate.conversations import Faults
from paicha.simulate.frames import Link


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit and its ranges; `hosts` is the network its addresses are drawn from (all but the last part)."""

    name: str
    nature: str
    industry: str
    region: str
    ranges: tuple[str, ...]
    hosts: str
    code_kind: str = "91"
    is_nat: bool = False
    is_filed: bool = True


UNITS: tuple[Unit, ...] = (
    Unit("江川大学", "university", "教育", "320100", ("10.10.0.0/16", "2001:db8:10::/48"), "10.10.4.", "12"),
    Unit("江川大学计算中心", "university", "教育", "320102", ("10.10.32.0-10.10.47.255",), "10.10.33.", "12"),
    Unit("江川理工学院", "university", "教育", "320200", ("10.11.0.0/16",), "10.11.7.", "12"),
    Unit("江川市数据局", "government", "公共管理", "320300", ("10.20.0.0/16",), "10.20.1.", "11"),
    Unit("江川市第一人民医院", "public-institution", "卫生", "320400", ("10.30.0.0/16",), "10.30.2.", "12"),
    Unit("江川能源集团有限公司", "state-owned-enterprise", "电力", "320500", ("10.40.0.0/16",), "10.40.9."),
    Unit("江川材料研究所", "research-institute", "科学研究", "320600", ("10.50.0.0/16",), "10.50.3.", "12"),
    Unit("启明网络科技有限公司", "private-enterprise", "软件", "320700", ("10.60.0.0-10.60.63.255",), "10.60.1."),
    Unit("极速网咖", "internet-cafe", "互联网上网服务", "320800", ("10.70.8.0/22",), "10.70.8.", "92"),
    Unit("江川宽带接入", "unknown", "电信", "320100", ("100.64.0.0/16",), "100.64.2.", is_nat=True),
    Unit("", "unknown", "", "", (), "10.99.5.", is_filed=False),
)
"""Units of the province, all invented; the last stands for addresses that nobody has filed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A miner of the province: a profile, the unit's number, the host in it, and what is special about it."""

    profile: str
    unit: int
    host: int
    changes: dict[str, Any] = field(default_factory=dict)
    address: str | None = None
    note: str = ""


_ROUGH = Faults(retransmitted=0.01, swapped=0.01, doubled=0.005, overlapped=0.005)
_VARYING: dict[str, Any] = {"policy": "vardiff", "share_interval_s": 8.0}
_ADMITTING: dict[str, Any] = {"reject_rate": 0.01, "stale_rate": 0.02, "duplicate_rate": 0.005}

MINERS: tuple[Plan, ...] = (
    Plan("monero", 0, 21, _VARYING | {"faults": _ROUGH}, note="hijacked server"),
    Plan("monero", 0, 22, {"worker": "lab"}, address="2001:db8:10::4:22", note="IPv6"),
    Plan("ethproxy", 0, 23, _ADMITTING),
    Plan("monero-wide", 1, 31, {"rate_steps": ((900.0, 4500.0),)}, note="hijacked server"),
    Plan("monero", 1, 32, {"faults": Faults(segment_bytes=97)}, note="one message over many segments"),
    Plan("browser", 2, 41, note="web page"),
    Plan("monero", 3, 51, _VARYING, note="hijacked server"),
    Plan("browser-websocket", 4, 61, note="web page"),
    Plan("monero", 4, 62, {"outcome": "unanswered"}, note="blocked upstream"),
    Plan("bitcoin-asic", 5, 71, _VARYING | _ADMITTING),
    Plan("bitcoin-asic", 5, 72, _VARYING | {"link": Link(vlans=(100,))}),
    Plan("litecoin", 5, 73, _VARYING),
    Plan("ergo", 6, 81, {}),
    Plan("zcash", 6, 82, {"faults": Faults(gather_us=400_000)}, note="several messages in one segment"),
    Plan("kaspa", 7, 91, {"job_interval_s": 20.0}),
    Plan("ravencoin", 7, 92, _ADMITTING),
    Plan("alephium", 7, 93, {"job_interval_s": 40.0}),
    Plan("getwork", 7, 94, {}),
    Plan("stratum-v2", 7, 95, {}),
    Plan("chia", 7, 96, {}),
    Plan("nicehash-etchash", 8, 101, {}),
    Plan("nicehash-etchash", 8, 102, {"faults": _ROUGH}),
    Plan("nicehash-etchash", 8, 103, {"outcome": "refused"}),
    Plan("ethproxy", 8, 104, {}),
    Plan("etchash-2", 8, 105, _VARYING),
    Plan("bitcoin-asic", 9, 111, {}, note="behind NAT"),
    Plan("litecoin", 9, 111, {}, note="behind the same NAT address"),
    Plan("grin", 10, 121, {}),
    Plan("beam", 10, 122, {}),
    Plan("ironfish", 10, 123, {"outcome": "refused-login"}),
    Plan("aeternity", 10, 124, {}),
)
"""The miners of one province of size 1."""

NATURES_ZH = {
    "government": "机关", "public-institution": "事业单位", "university": "高校", "research-institute": "科研院所",
    "state-owned-enterprise": "国有企业", "private-enterprise": "民营企业", "internet-cafe": "网吧", "unknown": "其他",
}  # fmt: skip
"""The natures as filings write them."""

POOLS: tuple[tuple[str, str], ...] = (
    ("BTC", "btc.deepvein.example"), ("LTC", "ltc.deepvein.example"), ("DOGE", "doge.deepvein.example"),
    ("ETC", "etc.orepool.example"), ("XMR", "xmr.quarrypool.example"), ("ZEC", "zec.quarrypool.example"),
    ("RVN", "rvn.orepool.example"), ("KAS", "kas.orepool.example"), ("ERG", "erg.orepool.example"),
    ("ALPH", "alph.orepool.example"), ("XCH", "farm.plotland.example"), ("GRIN", "grin.shaftpool.test"),
    ("BEAM", "beam.shaftpool.test"), ("IRON", "iron.shaftpool.test"), ("AE", "ae.shaftpool.test"),
    ("CTXC", "ctxc.shaftpool.test"), ("SERO", "sero.shaftpool.test"),
)  # fmt: skip
"""Pools by coin, all invented."""


def find_pool(coin: str) -> tuple[str, str]:
    """Return the name and the address of the pool of a coin."""
    number = next(index for index, (symbol, _) in enumerate(POOLS) if symbol == coin)
    return POOLS[number][1], f"203.0.113.{10 + number}"
