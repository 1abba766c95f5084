"""Every threshold, window and mapping of the traffic pack, each with unit, range and why."""

from __future__ import annotations

import re
from datetime import date
from ipaddress import ip_network
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

HOUR_US = 3_600_000_000


class Section(BaseModel):
    """A group of values; unknown keys are an error, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def check_pattern(text: str) -> str:
    """Return a regular expression unchanged.

    Raises:
        ValueError: it cannot be compiled.
    """
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from error
    return text


def check_range(text: str) -> str:
    """Return a CIDR range in its canonical form, host bits cleared.

    Raises:
        ValueError: it is none; left alone it would cover nothing, and nobody inside would be found.
    """
    try:
        if "%" in text:
            raise ValueError("a zone id")
        return str(ip_network(text, strict=False))
    except ValueError as error:
        raise ValueError(f"no CIDR range: {text[:60]!r}") from error


def check_date(text: str) -> str:
    """Return a date (ISO 8601) unchanged.

    Raises:
        ValueError: the calendar has no such day.
    """
    date.fromisoformat(text)
    return text


class CapturePolicy(Section):
    """How packet captures are followed."""

    idle_seconds: Annotated[int, Field(ge=10, le=86_400)] = Field(
        300, description="s; a flow without a packet for so long has ended, unless mining was spoken on it"
    )
    session_idle_seconds: Annotated[int, Field(ge=60, le=604_800)] = Field(
        7200, description="s; the same for a mining session: an encrypted or slow miner may be silent for long"
    )
    max_live_flows: Annotated[int, Field(ge=1024, le=16_777_216)] = Field(
        1_048_576, description="flows followed at once; past it the longest idle one is closed early"
    )


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


class FlowTablePolicy(Section):
    """Column mapping of flow tables in CSV or Parquet: our column = theirs."""

    columns: dict[str, str] = Field(
        {
            "client_ip": "src_ip",
            "client_port": "src_port",
            "server_ip": "dst_ip",
            "server_port": "dst_port",
            "protocol": "protocol",
            "started": "start",
            "ended": "end",
            "packets_out": "packets_out",
            "packets_in": "packets_in",
            "bytes_out": "bytes_out",
            "bytes_in": "bytes_in",
            "sampling": "sampling",
        },
        description="names of the columns in the user's table; columns that are absent stay unknown",
    )
    time_unit: Annotated[str, Field(pattern="^(iso|s|ms|us|ns)$")] = Field(
        "iso", description="form of times: ISO 8601 text, or a number of s, ms, us or ns since 1970"
    )
    timezone_hours: Annotated[float, Field(ge=-14, le=14)] = Field(
        0.0, description="h ahead of UTC, for times that do not say so themselves"
    )
    sampling: Annotated[float, Field(ge=1, le=1_000_000)] = Field(
        1.0, description="one packet in so many was seen, where the table does not say"
    )


class ReportListPolicy(Section):
    """Column mapping of lists handed down: our column = the headings it may have."""

    columns: dict[str, tuple[str, ...]] = Field(
        {
            "address": ("address", "ip", "IP", "IP地址", "地址", "ip地址", "源IP"),
            "port": ("port", "端口", "源端口"),
            "first_seen": ("from", "first_seen", "start", "开始时间", "首次发现时间", "发现时间"),
            "last_seen": ("to", "last_seen", "end", "结束时间", "最后发现时间", "最近发现时间"),
            "peer": ("pool", "domain", "peer", "矿池", "域名", "矿池域名", "目的IP", "矿池地址"),
            "peer_port": ("pool_port", "peer_port", "矿池端口", "目的端口"),
            "kind": ("kind", "evidence", "证据类型", "证据种类", "类型"),
            "issuer": ("issuer", "下发单位", "通报单位", "来源"),
            "batch": ("batch", "batch_no", "批次", "批次号", "通报编号"),
        },
        description="headings under which each of our columns is looked for, first match wins",
    )
    timezone_hours: Annotated[float, Field(ge=-14, le=14)] = Field(
        8.0, description="h ahead of UTC, for times that do not say so themselves; such lists use Beijing time"
    )


class AlertsPolicy(Section):
    """Which alerts of an intrusion detection system complain of coin mining."""

    patterns: tuple[Annotated[str, AfterValidator(check_pattern)], ...] = Field(
        (
            r"coin[ _-]?(mine|mining|hive)",
            r"crypto[ _-]?(currency|coin)?[ _-]?(mine|mining|jack)",
            r"currency[ _-]?min(er|ing)",
            r"(bitcoin|monero|ethereum|litecoin|zcash)[ _/-].{0,40}min(er|ing|e)\b",
            r"\bmin(er|ing) (pool|checkin|check-in|login|protocol|activity)",
            r"\b(xmrig|stratum|nicehash|minergate|nanopool|minexmr|supportxmr|cgminer|bfgminer|ethminer)\b",
            r"挖矿|矿池|矿机",
        ),
        description="regular expressions, in any case, of which one is found in signature or category",
    )


class NetflowPolicy(Section):
    """How flow records are read that an exporter wrote for each direction."""

    timezone_hours: Annotated[float, Field(ge=-14, le=14)] = Field(
        0.0, description="h ahead of UTC of the machine on which nfdump wrote the CSV: it prints local times"
    )
    sampling: Annotated[float, Field(ge=1, le=1_000_000)] = Field(
        1.0, description="one packet in so many was seen, where the records do not say"
    )
    gap_seconds: Annotated[int, Field(ge=1, le=86_400)] = Field(
        300, description="s; records of the same endpoints with a longer gap are another connection; active timeouts"
    )
    program_seconds: Annotated[int, Field(ge=1, le=86_400)] = Field(
        3600, description="s after which the nfdump program is given up on one file"
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
    max_sampling: Annotated[float, Field(ge=1, le=1_000_000)] = Field(
        100.0, description="sampling rate above which silence proves nothing"
    )


class PowerPolicy(Section):
    """What power, energy and revenue are estimated with."""

    tariff_per_kwh: Annotated[float, Field(ge=0, le=100)] = Field(0.6, description="CNY/kWh that the miner pays")
    surcharge_per_kwh: Annotated[float, Field(ge=0, le=100)] = Field(
        0.0, description="CNY/kWh on top of it, where a differential tariff is charged"
    )
    draws: Annotated[int, Field(ge=100, le=100_000)] = Field(2000, description="draws of the Monte Carlo simulation")
    seed: Annotated[int, Field(ge=0)] = Field(20211110, description="seed of the draws: equal inputs, equal figures")
    currency_per_usd: Annotated[float, Field(gt=0, le=1000)] = Field(
        6.38, description="CNY per USD in mid-November 2021, for figures of networks that are stated in USD"
    )


class StockPolicy(Section):
    """What counts as stock and what as increment."""

    baseline: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$"), AfterValidator(check_date)] = Field(
        "2021-09-24", description="date (UTC) on which 发改运行〔2021〕1283号 was published: seen before it is stock"
    )


class SummaryPolicy(Section):
    """How the summary is laid out."""

    region_level: Annotated[str, Field(pattern="^(province|city|county)$")] = Field(
        "city", description="level of GB/T 2260 by which regions are told apart; a province's own sheet needs cities"
    )


class TrafficPolicy(Section):
    """The whole policy of the traffic pack."""

    home: tuple[Annotated[str, AfterValidator(check_range)], ...] = Field(
        (), description="CIDR ranges of the watched network where no register of units says so; empty: private ranges"
    )
    capture: CapturePolicy = CapturePolicy()
    stratum: StratumPolicy = StratumPolicy()
    names: NamesPolicy = NamesPolicy()
    flow_table: FlowTablePolicy = FlowTablePolicy()
    report_list: ReportListPolicy = ReportListPolicy()
    alerts: AlertsPolicy = AlertsPolicy()
    netflow: NetflowPolicy = NetflowPolicy()
    grading: GradingPolicy = GradingPolicy()
    observed: ObservedPolicy = ObservedPolicy()
    power: PowerPolicy = PowerPolicy()
    stock: StockPolicy = StockPolicy()
    summary: SummaryPolicy = SummaryPolicy()
