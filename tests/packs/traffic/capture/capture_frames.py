"""Frames, captures and a sink for the tests of the capture room, written independently of the simulator."""

from __future__ import annotations

import gzip
import struct
from collections import defaultdict
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from paicha.kernel.reader import Reading, Source
from paicha.packs.traffic.capture.reader import CAPTURE_READER
from paicha.packs.traffic.policy import TrafficPolicy

if TYPE_CHECKING:
    from pathlib import Path

    from paicha.kernel.errors import InputError

SYN, FIN, RST, ACK, PSH = 2, 1, 4, 16, 8
START = 1_700_000_000_000_000


def ipv4(source: str, target: str, protocol: int, payload: bytes, *, identity=1, offset=0, more=False, total=None):
    size = 20 + len(payload) if total is None else total
    field_ = (0x2000 if more else 0) | (offset // 8)
    return (
        struct.pack("!BBHHHBBH", 0x45, 0, size, identity, field_, 64, protocol, 0)
        + ip_address(source).packed
        + ip_address(target).packed
        + payload
    )


def ipv6(source: str, target: str, protocol: int, payload: bytes) -> bytes:
    head = struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64)
    return head + ip_address(source).packed + ip_address(target).packed + payload


def tcp(sport: int, dport: int, flags: int, payload: bytes = b"", sequence: int = 1) -> bytes:
    return struct.pack("!HHIIBBHHH", sport, dport, sequence, 1, 0x50, flags, 65535, 0, 0) + payload


def udp(sport: int, dport: int, payload: bytes) -> bytes:
    return struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload


def ethernet(packet: bytes, tags: bytes = b"") -> bytes:
    kind = b"\x86\xdd" if packet[:1] and packet[0] >> 4 == 6 else b"\x08\x00"
    return bytes(12) + tags + kind + packet


def pcap(frames, *, link=1, order="<", magic=0xA1B2C3D4, wire=None, version=(2, 4)) -> bytes:
    """`frames`: (time in us, bytes) or (time, bytes, length on the wire)."""
    out = bytearray(struct.pack(order + "IHHiIII", magic, *version, 0, 0, 262144, link))
    for time, data, *length in frames:
        fraction = time % 1_000_000 * (1000 if magic == 0xA1B23C4D else 1)
        out += struct.pack(order + "IIII", time // 1_000_000, fraction, len(data), length[0] if length else len(data))
        out += bytes(8) if magic == 0xA1B2CD34 else b""
        out += data
    return bytes(out)


def block(kind: int, body: bytes, order="<") -> bytes:
    body += bytes(-len(body) % 4)
    return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def section(order="<") -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(link=1, order="<", options: bytes = b"") -> bytes:
    return block(1, struct.pack(order + "HHI", link, 0, 0) + options, order)


def enhanced(time_ticks: int, data: bytes, order="<", which=0, wire=None) -> bytes:
    head = struct.pack(order + "IIIII", which, time_ticks >> 32, time_ticks & 0xFFFFFFFF, len(data), wire or len(data))
    return block(6, head + data, order)


def pcapng(frames, *, link=1, order="<") -> bytes:
    return section(order) + interface(link, order) + b"".join(enhanced(t, d, order) for t, d, *_ in frames)


@dataclass
class Kept:
    """A sink that keeps everything in memory."""

    batches: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    accepted: int = 0
    rejects: list[tuple[str, str, int]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    state: bytes | None = None

    def write(self, table: str, batch: Any) -> None:
        self.batches[table].append(batch)

    def accept(self, source: Source, records: int) -> None:
        self.accepted += records

    def reject(self, source: Source, position: str, reason: str, count: int = 1) -> None:
        self.rejects.append((position, reason, count))

    def fail(self, source: Source, error: InputError) -> None:
        self.errors.append(str(error))

    def rows(self, table: str) -> list[dict[str, Any]]:
        return [row for batch in self.batches[table] for row in batch.to_pylist()]

    @property
    def flows(self) -> list[dict[str, Any]]:
        return sorted(self.rows("flows"), key=lambda row: row["started"])

    @property
    def names(self) -> list[dict[str, Any]]:
        return sorted(self.rows("names"), key=lambda row: (row["first_seen"], row["name"], row["answer"] or ""))

    @property
    def records(self) -> int:
        return self.accepted + sum(count for _, _, count in self.rejects)


def describe(path: Path, position: int = 0) -> Source:
    data = path.read_bytes()
    is_packed = data[:2] == b"\x1f\x8b"
    head = gzip.decompress(data)[:65536] if is_packed else data[:65536]

    def open_file() -> Any:
        return gzip.open(path) if is_packed else path.open("rb")

    return Source(path, f"key{position}", "site", len(data), "gzip" if is_packed else None, head, position, open_file)


def read(folder: Path, *captures: bytes, policy: TrafficPolicy | None = None, **told: Any) -> Kept:
    """Read captures as one site and return what the reader wrote."""
    sources = []
    for number, data in enumerate(captures):
        path = folder / f"{number}.pcap"
        path.write_bytes(data)
        sources.append(describe(path, number))
    kept = Kept()
    reading = Reading(policy or TrafficPolicy(), None, lambda texts: [True for _ in texts], **told)
    kept.state = CAPTURE_READER.read(sources, kept, reading)
    return kept


def talk(client="10.0.0.1", server="192.0.2.9", sport=40000, dport=80, start=START, payloads=((0, b"x"),), close=True):
    """A TCP connection as (time, frame) pairs; `payloads` are (side, bytes)."""
    ends = ((client, server, sport, dport), (server, client, dport, sport))
    numbers = [1000, 5000]
    frames = []
    time = start

    def send(side: int, flags: int, payload: bytes = b"") -> None:
        nonlocal time
        here, there, port, other = ends[side]
        wrap = ipv6 if ":" in here else ipv4
        frames.append((time, ethernet(wrap(here, there, 6, tcp(port, other, flags, payload, numbers[side])))))
        numbers[side] += len(payload) + (1 if flags & (SYN | FIN) else 0)
        time += 1000

    send(0, SYN)
    send(1, SYN | ACK)
    send(0, ACK)
    for side, payload in payloads:
        send(side, ACK | PSH, payload)
    if close:
        send(0, FIN | ACK)
        send(1, FIN | ACK)
        send(0, ACK)
    return frames
