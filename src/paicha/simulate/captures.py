"""Capture files: pcap and pcapng in every byte order and resolution, whole, cut, compressed or rotated."""

from __future__ import annotations

import gzip
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from paicha.simulate.frames import Packet


@dataclass(frozen=True, slots=True)
class CaptureFormat:
    """How a capture is written.

    `interfaces` are the link types of the interfaces, of which pcap knows the first only. `resolution` is the digits
    after the second (6 or 9; in pcapng any up to 9, or a negative number for a power of two). `simple` writes pcapng
    simple packet blocks, which carry no time.
    """

    kind: str = "pcap"
    interfaces: tuple[int, ...] = (1,)
    resolution: int = 6
    big_endian: bool = False
    snaplen: int = 262144
    compression: str | None = None
    simple: bool = False


def write_capture(path: Path, packets: Iterable[Packet], form: CaptureFormat | None = None) -> int:
    """Return the number of packets written to `path` in the given form.

    Raises:
        ValueError: the kind or compression is unknown.
    """
    form = form or CaptureFormat()
    count = 0

    def produce() -> Iterator[bytes]:
        nonlocal count
        yield _build_pcap_header(form) if form.kind == "pcap" else _build_pcapng_header(form)
        build = {"pcap": _build_record, "pcapng": _build_block}[form.kind]
        for packet in packets:
            count += 1
            yield build(packet, form)

    _write(path, produce(), form.compression)
    return count


def write_rotated(
    directory: Path, stem: str, packets: Sequence[Packet], parts: int, form: CaptureFormat | None = None
) -> list[Path]:
    """Return the paths of `parts` files that hold the packets in order, cut without regard to sessions."""
    form = form or CaptureFormat()
    ending = form.kind + {None: "", "gz": ".gz", "zst": ".zst"}[form.compression]
    size = -(-len(packets) // parts) if packets else 1
    paths = []
    for part in range(parts):
        path = directory / f"{stem}-{part:03d}.{ending}"
        write_capture(path, packets[part * size : (part + 1) * size], form)
        paths.append(path)
    return paths


def _write(path: Path, chunks: Iterable[bytes], compression: str | None) -> None:
    if compression is None:
        with path.open("wb") as plain:
            plain.writelines(chunks)
    elif compression == "gz":
        # mtime and name are left out so that the same seed gives the same bytes
        with path.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as zipped:
            zipped.writelines(chunks)
    elif compression == "zst":
        import pyarrow as pa

        with pa.CompressedOutputStream(str(path), "zstd") as stream:
            for chunk in chunks:
                stream.write(chunk)
    else:
        raise ValueError(f"no such compression: {compression!r}")


def _build_pcap_header(form: CaptureFormat) -> bytes:
    magic = 0xA1B2C3D4 if form.resolution == 6 else 0xA1B23C4D
    order = ">" if form.big_endian else "<"
    return struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, form.snaplen, form.interfaces[0])


def _build_record(packet: Packet, form: CaptureFormat) -> bytes:
    seconds, micros = divmod(packet.time_us, 1_000_000)
    fraction = micros if form.resolution == 6 else micros * 1000
    data = packet.data[: form.snaplen]
    order = ">" if form.big_endian else "<"
    return struct.pack(order + "IIII", seconds, fraction, len(data), len(packet.data)) + data


def _frame_block(form: CaptureFormat, kind: int, body: bytes) -> bytes:
    order = ">" if form.big_endian else "<"
    body += bytes(-len(body) % 4)
    length = len(body) + 12
    return struct.pack(order + "II", kind, length) + body + struct.pack(order + "I", length)


def _build_pcapng_header(form: CaptureFormat) -> bytes:
    order = ">" if form.big_endian else "<"
    blocks = _frame_block(form, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))
    code = form.resolution if form.resolution >= 0 else 0x80 | -form.resolution
    for number in form.interfaces:
        option = struct.pack(order + "HHB3x", 9, 1, code) + struct.pack(order + "HH", 0, 0)
        options = b"" if form.resolution == 6 else option
        blocks += _frame_block(form, 1, struct.pack(order + "HHI", number, 0, form.snaplen) + options)
    return blocks


def _build_block(packet: Packet, form: CaptureFormat) -> bytes:
    order = ">" if form.big_endian else "<"
    data = packet.data[: form.snaplen]
    if form.simple:
        return _frame_block(form, 3, struct.pack(order + "I", len(packet.data)) + data)
    if form.resolution >= 0:
        ticks = packet.time_us * 10**form.resolution // 1_000_000
    else:
        ticks = (packet.time_us << -form.resolution) // 1_000_000
    head = struct.pack(order + "IIIII", packet.interface, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(packet.data))
    return _frame_block(form, 6, head + data)
