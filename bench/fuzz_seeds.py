"""What fuzzers begin with: small simulated captures and logs, one of every kind."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from paicha.simulate.bulk_logs import write_bulk_conn_log, write_bulk_flows
from paicha.simulate.captures import CaptureFormat, write_capture
from paicha.simulate.dialects.catalogue import PROFILES
from paicha.simulate.frames import Link
from paicha.simulate.logs.eve import write_eve
from paicha.simulate.logs.netflow import write_nfdump
from paicha.simulate.miners import plan_miner, run_session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paicha.simulate.miners import Session

TARGETS = ("captures", "logs")
START_US = 1_750_000_000_000_000
FORMS = (
    CaptureFormat(),
    CaptureFormat(resolution=9, big_endian=True),
    CaptureFormat(kind="pcapng"),
    CaptureFormat(kind="pcapng", resolution=9, big_endian=True),
    CaptureFormat(kind="pcapng", simple=True),
)


def make_seeds(target: str) -> list[bytes]:
    """Return the contents of small valid files for one group of readers."""
    sessions = [_simulate(name, number) for number, name in enumerate(sorted(PROFILES))]
    with tempfile.TemporaryDirectory(prefix="paicha-seeds-") as directory:
        write = _write_captures if target == "captures" else _write_logs
        write(Path(directory), sessions)
        return [path.read_bytes() for path in sorted(Path(directory).iterdir())]


def _simulate(profile: str, number: int) -> Session:
    rng = random.Random(number)
    client, server = ("10.1.2.3", "203.0.113.5") if number % 3 else ("fd00::5", "2001:db8::7")
    spec = plan_miner(
        profile, rng, client=client, server=server,
        start_us=START_US, duration_s=60.0, share_interval_s=12.0, link=Link(),
    )  # fmt: skip
    return run_session(spec, number)


def _write_captures(directory: Path, sessions: Sequence[Session]) -> None:
    for number, session in enumerate(sessions):
        write_capture(directory / f"{number}.pcap", session.packets, FORMS[number % len(FORMS)])


def _write_logs(directory: Path, sessions: Sequence[Session]) -> None:
    flows = [flow for session in sessions for flow in session.flows]
    write_bulk_conn_log(directory / "conn.log", 20)
    write_bulk_conn_log(directory / "conn.json", 20, form="json")
    write_bulk_flows(directory / "flows.csv", 20)
    write_bulk_flows(directory / "flows.parquet", 20)
    write_eve(directory / "eve.json", flows)
    for version in ("1.6", "1.7"):
        write_nfdump(directory / f"nfdump-{version}.csv", flows, version=version)
