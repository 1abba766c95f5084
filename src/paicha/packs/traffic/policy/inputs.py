"""How captures, logs, flow records and lists are read."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from paicha.packs.traffic.policy.sections import Section, check_pattern


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
