"""Profiles of simulated sessions, ordinary and hidden: captures written, read by paicha, thrown away, by batches."""

from __future__ import annotations

import ipaddress
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from bench.inputs import DATA, make_file
from bench.real_profiles import read_tables
from paicha.packs.traffic.tables import PROFILES
from paicha.simulate.hidden.capture import write_hidden_capture
from paicha.simulate.hidden.drawing import draw_hidden_sessions
from paicha.simulate.quiet.catalogue import GENERATOR_VERSION, NAMES
from paicha.simulate.quiet.sessions import write_quiet_capture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

BATCH = 10_000
EXPECTED_BYTES = 40 << 20
TRUTHS = pa.schema([("class", pa.string()), ("shares", pa.int64()), ("answers", pa.int64()), ("jobs", pa.int64()),
                    ("blocks", pa.int64()), ("retargets", pa.int64()), ("seconds", pa.float64())])  # fmt: skip
"""What is true of a simulated session; counts null where it is an ordinary one."""

Ends = tuple[str, int, str, int]


def read_quiet(sessions: int) -> Iterator[tuple[pa.Table, dict[str, int]]]:
    """Yield the profiles of ordinary sessions with their truth, and how many of each class were drawn, by batches.

    Every batch is kept in bench-data/, so that a run that was stopped goes on where it was.

    Raises:
        NoRoomError: the disk has no room to keep them.
    """
    for number in range(-(-sessions // BATCH)):
        path = make_file(
            f"quiet-{GENERATOR_VERSION}-{BATCH}-{number}.parquet", lambda path, n=number: _write_quiet(path, n),
            EXPECTED_BYTES,
        )  # fmt: skip
        drawn = {key.decode(): int(value) for key, value in pq.read_schema(path).metadata.items() if key in KEYS}
        yield pq.read_table(path), drawn


KEYS = {name.encode() for name in NAMES}


def _write_quiet(path: Path, number: int) -> None:
    def write(capture: Path) -> tuple[Mapping[Ends, tuple[object, ...]], dict[str, int]]:
        made = write_quiet_capture(capture, BATCH, seed=1_000 + number)
        ends = made.connections
        columns = (ends.client, ends.client_port, ends.server, ends.server_port, made.kind)
        rows = list(zip(*(one.tolist() for one in columns), strict=True))
        truths = {_write_ends(*row[:4]): (NAMES[row[4]], *[None] * 6) for row in rows}
        counts = dict.fromkeys(NAMES, 0)
        for row in rows:
            counts[NAMES[row[4]]] += 1
        return truths, counts

    _keep(path, write)


def read_hidden(sessions: int) -> pa.Table:
    """Return the profiles of hidden miners with their truth; captures are of headers alone, ports hidden.

    Raises:
        NoRoomError: the disk has no room to keep them.
    """

    def write(capture: Path) -> tuple[Mapping[Ends, tuple[object, ...]], dict[str, int]]:
        made = write_hidden_capture(capture, draw_hidden_sessions(sessions, seed=7), seed=7, are_ports_hidden=True)
        truths = {
            _write_ends(t.ends.client, t.ends.client_port, t.ends.server, t.ends.server_port): (
                t.kind, len(t.shares), len(t.accepted), len(t.jobs), len(t.blocks), len(t.retargets),
                (t.end_us - t.start_us) / 1e6,
            )
            for t in made.truths
        }  # fmt: skip
        return truths, {"sessions": sessions}

    return pq.read_table(make_file(f"hidden-{sessions}.parquet", lambda path: _keep(path, write), EXPECTED_BYTES))


def _write_ends(client: int, client_port: int, server: int, server_port: int) -> Ends:
    return str(ipaddress.IPv4Address(client)), client_port, str(ipaddress.IPv4Address(server)), server_port


def _keep(path: Path, write: Callable[[Path], tuple[Mapping[Ends, tuple[object, ...]], dict[str, int]]]) -> None:
    """Write the profiles of a capture, each with its truth; who opened a connection may be unknown."""
    with tempfile.TemporaryDirectory(prefix="paicha-bench-", dir=DATA) as directory:
        capture = Path(directory, "capture.pcap")
        truths, counts = write(capture)
        profiles = read_tables([capture])[PROFILES.name]
    ends = ("client_ip", "client_port", "server_ip", "server_port")
    rows = []
    for a, a_port, b, b_port in zip(*(profiles.column(name).to_pylist() for name in ends), strict=True):
        key = (a, a_port or 0, b, b_port or 0)
        rows.append(truths.get(key) or truths[(b, b_port or 0, a, a_port or 0)])
    for name, values in zip(TRUTHS.names, zip(*rows, strict=True), strict=True):
        profiles = profiles.append_column(f"true_{name}", pa.array(values, TRUTHS.field(name).type))
    kept = profiles.replace_schema_metadata({name: str(count) for name, count in counts.items()})
    pq.write_table(kept, path, compression="zstd")
