"""Flow records as routers export them: packets sampled, then summed up with active and idle timeouts; as Parquet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from paicha.simulate.bulk_loop import compile_cached
from paicha.simulate.wire.columns import TCP, UDP

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from paicha.simulate.wire.columns import Connections, Packets


@dataclass(frozen=True, slots=True)
class Export:
    """How an exporter works: timeouts in seconds, one packet in `sampling` seen, directions in one record or two.

    Of a sampled flow the counts are those seen, unscaled; a record of which no packet was sampled does not exist.
    """

    active_s: float = 300.0
    idle_s: float = 15.0
    sampling: int = 1
    is_paired: bool = True


@dataclass(frozen=True, slots=True)
class Records:
    """One element per record: ends as numbers (the source first), counts and IP bytes out and back, microseconds."""

    source: NDArray[np.uint32]
    source_port: NDArray[np.int32]
    target: NDArray[np.uint32]
    target_port: NDArray[np.int32]
    protocol: NDArray[np.uint8]
    first_us: NDArray[np.int64]
    last_us: NDArray[np.int64]
    packets_out: NDArray[np.int64]
    packets_in: NDArray[np.int64]
    bytes_out: NDArray[np.int64]
    bytes_in: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.source)


def _cut(keys: Any, times: Any, active: int, idle: int, fresh: Any) -> None:
    """Mark the packets with which a record begins; packets come by key, then time."""
    begin = 0
    for at in range(len(keys)):
        is_new = at == 0 or keys[at] != keys[at - 1]
        if is_new or times[at] - times[at - 1] > idle or times[at] - begin >= active:
            fresh[at] = True
            begin = times[at]


_cut = compile_cached(_cut)


def measure_packets(connections: Connections, packets: Packets) -> NDArray[np.int64]:
    """Return the IP bytes of each packet."""
    protocol = connections.protocol[packets.connection]
    stamps = connections.has_timestamps[packets.connection]
    tcp = 20 + np.where(stamps, 12, 0) + np.where(packets.flags & 2, 4, 0)
    head = np.where(protocol == TCP, tcp, np.where(protocol == UDP, 8, 0))
    sizes: NDArray[np.int64] = 20 + head + packets.payload.astype(np.int64)
    return sizes


def export_records(connections: Connections, packets: Packets, export: Export, seed: int) -> Records:
    """Return the flow records of packets, in order of their last packet as exporters send them.

    An unpaired exporter gives a record for each direction, whose counts are all "out".
    """
    rng = np.random.default_rng((seed, 0xF10))
    rows = np.arange(len(packets))
    if export.sampling > 1:
        rows = np.flatnonzero(rng.random(len(packets)) < 1.0 / export.sampling)
    number = packets.connection[rows].astype(np.int64)
    is_out = packets.to_server[rows]
    keys = number if export.is_paired else 2 * number + ~is_out
    order = np.argsort(keys, kind="stable")
    rows, keys, number, is_out = rows[order], keys[order], number[order], is_out[order]
    times = packets.time_us[rows]
    fresh = np.zeros(len(rows), np.bool_)
    _cut(keys, times, round(export.active_s * 1e6), round(export.idle_s * 1e6), fresh)
    begins = np.flatnonzero(fresh)
    if not len(begins):
        return _build(connections, begins, np.zeros(0, np.bool_), np.zeros((6, 0), np.int64))
    sizes = measure_packets(connections, packets)[rows]
    out = is_out if export.is_paired else np.ones(len(rows), np.bool_)
    sums = [np.add.reduceat(column.astype(np.int64), begins) for column in (out, ~out, sizes * out, sizes * ~out)]
    lasts = np.append(begins[1:], len(rows)) - 1
    columns = np.stack((times[begins], times[lasts], *sums))
    turned = ~is_out[begins] if not export.is_paired else np.zeros(len(begins), np.bool_)
    sequence = np.argsort(columns[1], kind="stable")
    return _build(connections, number[begins][sequence], turned[sequence], columns[:, sequence])


def _build(
    connections: Connections, number: NDArray[np.int64], turned: NDArray[np.bool_], columns: NDArray[np.int64]
) -> Records:
    client, server = connections.client[number], connections.server[number]
    ports = connections.client_port[number], connections.server_port[number]
    return Records(
        np.where(turned, server, client), np.where(turned, ports[1], ports[0]), np.where(turned, client, server),
        np.where(turned, ports[0], ports[1]), connections.protocol[number], *columns,
    )  # fmt: skip


def draw_background(
    count: int, seed: int, *, start_us: int, span_s: float, sampling: int = 1, is_paired: bool = True
) -> Records:
    """Return the records of `count` ordinary short flows: names, web pages, a few longer downloads.

    Half are UDP with one or few packets, the others TCP with a log-normal number around 20 that last some seconds;
    with sampling those of which no packet was seen are missing, so that fewer records than flows come back.
    """
    rng = np.random.default_rng((seed, 0xBAC))
    is_udp = rng.random(count) < 0.5
    start = start_us + rng.integers(0, max(1, round(span_s * 1e6)), count)
    length = np.where(is_udp, rng.exponential(0.05, count), rng.lognormal(1.2, 1.3, count)).clip(0, 280)
    out = np.where(is_udp, rng.geometric(0.7, count), np.rint(rng.lognormal(2.6, 0.9, count)) + 3).astype(np.int64)
    back = np.where(is_udp, out, np.rint(out * rng.lognormal(0.1, 0.4, count)) + 1).astype(np.int64)
    sizes = np.where(is_udp, rng.integers(60, 90, count), rng.integers(60, 260, count))
    sizes_back = np.where(is_udp, rng.integers(80, 300, count), rng.integers(200, 1300, count))
    if sampling > 1:
        out, back = rng.binomial(out, 1.0 / sampling), rng.binomial(back, 1.0 / sampling)
    ports = np.where(is_udp, rng.choice([53, 53, 443, 123], count), rng.choice([443, 443, 443, 80, 8080], count))
    base = (0x0A000000 + 256 + rng.integers(0, 1 << 22, count)).astype(np.uint32)
    server = (0xC6120000 + rng.integers(0, 1 << 17, count)).astype(np.uint32)
    whole = Records(
        base, rng.integers(32_768, 61_000, count).astype(np.int32), server, ports.astype(np.int32),
        np.where(is_udp, UDP, TCP).astype(np.uint8), start, start + np.rint(length * 1e6).astype(np.int64), out, back,
        out * sizes, back * sizes_back,
    )  # fmt: skip
    if is_paired:
        return select_records(whole, np.flatnonzero(out + back > 0))
    return join_records([select_records(whole, np.flatnonzero(out > 0), "out"),
                         select_records(whole, np.flatnonzero(back > 0), "back")])  # fmt: skip


def select_records(records: Records, rows: NDArray[np.int64], direction: str | None = None) -> Records:
    """Return the chosen records, or of one direction of them (`out`, `back`) records of their own."""
    one = Records(*(getattr(records, name)[rows] for name in Records.__slots__))
    nothing = np.zeros(len(rows), np.int64)
    if direction is None:
        return one
    if direction == "out":
        return Records(
            one.source, one.source_port, one.target, one.target_port, one.protocol, one.first_us, one.last_us,
            one.packets_out, nothing, one.bytes_out, nothing,
        )  # fmt: skip
    return Records(
        one.target, one.target_port, one.source, one.source_port, one.protocol, one.first_us, one.last_us,
        one.packets_in, nothing, one.bytes_in, nothing,
    )  # fmt: skip


def join_records(parts: Sequence[Records]) -> Records:
    """Return several sets of records as one, in order of their last packet."""
    whole = Records(*(np.concatenate([getattr(part, name) for part in parts]) for name in Records.__slots__))
    return select_records(whole, np.argsort(whole.last_us, kind="stable"))


def _write_addresses(numbers: NDArray[np.uint32]) -> pa.Array:
    """Return addresses as text, made once for each that occurs."""
    found, which = np.unique(numbers, return_inverse=True)
    texts = pa.array([f"{n >> 24}.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in found.tolist()], pa.string())
    return texts.take(pa.array(which.ravel()))


def write_flow_table(path: Path, records: Records, export: Export) -> int:
    """Return the number of records written to `path`: Parquet with the columns that flow tables have by default.

    Unpaired records have no columns for the way back.
    """
    columns: dict[str, Any] = {
        "src_ip": _write_addresses(records.source), "src_port": records.source_port,
        "dst_ip": _write_addresses(records.target), "dst_port": records.target_port,
        "protocol": records.protocol.astype(np.int32),
        "start": pa.array(records.first_us, pa.timestamp("us", "UTC")),
        "end": pa.array(records.last_us, pa.timestamp("us", "UTC")),
        "packets_out": records.packets_out, "bytes_out": records.bytes_out,
    }  # fmt: skip
    if export.is_paired:
        columns |= {"packets_in": records.packets_in, "bytes_in": records.bytes_in}
    columns["sampling"] = np.full(len(records), float(export.sampling))
    pq.write_table(pa.table(columns), path, compression="zstd")
    return len(records)
