"""What is known about simulated traffic: the answers that a screening is compared with."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class FlowTruth:
    """One conversation as a flow exporter would sum it up; counts and bytes (IP level) of both directions.

    `names` are (kind, value) pairs: dns, sni, host, certificate, agent, uri. `nature` is `mining` or `ordinary`.
    """

    start_us: int
    end_us: int
    client: str
    client_port: int
    server: str
    server_port: int
    protocol: str
    packets_out: int
    packets_in: int
    bytes_out: int
    bytes_in: int
    payload_out: int
    payload_in: int
    service: str | None = None
    names: tuple[tuple[str, str], ...] = ()
    nature: str = "ordinary"
    label: str = ""


@dataclass(frozen=True, slots=True)
class SessionTruth:
    """One mining session; rates in `rate_unit` of `algorithm`, work per share in units of it.

    `submitted` counts the different shares sent, whether or not a capture holds them; each is `accepted` or `rejected`,
    stale ones among the latter. `duplicate` counts those sent once more, which the pool refuses, and is in no other
    count. `difficulty` lists (time, value as on the wire, work per share). `state` is `mining`, `refused` or `attempt`.
    `hash_rate` is the true mean over what the capture holds; `is_rate_visible` tells whether the traffic shows what a
    share stands for in hashes. `start_us` and `end_us` are the first and last packet captured; counts are of the whole
    session, also where the capture joined later.
    """

    client: str
    client_port: int
    server: str
    server_port: int
    transport: str
    dialect: str
    coin: str
    algorithm: str
    software: str | None
    login: str | None
    login_kind: str | None
    worker: str | None
    state: str
    start_us: int
    end_us: int
    jobs: int = 0
    submitted: int = 0
    accepted: int = 0
    rejected: int = 0
    stale: int = 0
    duplicate: int = 0
    work_accepted: float = 0.0
    hash_rate: float = 0.0
    rate_unit: str = "H/s"
    is_rate_visible: bool = True
    difficulty: tuple[tuple[int, str, float], ...] = ()
    payload_bytes: int = 0
    packets: int = 0


@dataclass(frozen=True, slots=True)
class AddressTruth:
    """An inside address: what it does (`mining`, `names-only`, `listed-only`, `ordinary`) and whose it is."""

    address: str
    verdict: str
    unit: str | None
    nature: str | None
    region: str | None
    is_nat: bool = False
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Truth:
    """Everything known about a simulated province, also written as `truth.json`.

    `hash_rate` sums by algorithm the sessions that mine and of which the rate can be seen, `hidden_rate` the others
    (encrypted shares, farmed space).
    """

    seed: int
    start_us: int
    end_us: int
    sessions: tuple[SessionTruth, ...]
    flows: tuple[FlowTruth, ...]
    addresses: tuple[AddressTruth, ...]
    hash_rate: dict[str, float] = field(default_factory=dict)
    hidden_rate: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    files: tuple[str, ...] = ()


def write_truth(path: Path, truth: Truth) -> None:
    """Write the truth as one JSON document; flows are summed up as their number."""
    document: dict[str, Any] = dataclasses.asdict(truth)
    document["flows"] = len(truth.flows)
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
