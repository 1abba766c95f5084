import gzip
import struct

import pyarrow as pa
import pytest

from paicha.simulate.captures import CaptureFormat, write_capture, write_rotated
from paicha.simulate.frames import Packet

PACKETS = [Packet(1_700_000_000_123_456 + number * 1_000_001, bytes([number]) * (60 + number)) for number in range(9)]


def read_pcap(data, order, factor):
    assert struct.unpack_from(order + "HH", data, 4) == (2, 4)
    found, at = [], 24
    while at < len(data):
        seconds, fraction, kept, length = struct.unpack_from(order + "IIII", data, at)
        found.append((seconds * 1_000_000 + fraction // factor, length, data[at + 16 : at + 16 + kept]))
        at += 16 + kept
    return found


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("resolution", [6, 9])
def test_pcap_of_both_orders_and_resolutions(tmp_path, big_endian, resolution):
    path, order = tmp_path / "a.pcap", ">" if big_endian else "<"
    form = CaptureFormat(resolution=resolution, big_endian=big_endian, interfaces=(113,))
    assert write_capture(path, PACKETS, form) == 9
    data = path.read_bytes()
    assert struct.unpack_from(order + "I", data)[0] == (0xA1B2C3D4 if resolution == 6 else 0xA1B23C4D)
    assert struct.unpack_from(order + "I", data, 20)[0] == 113
    assert read_pcap(data, order, 1 if resolution == 6 else 1000) == [(p.time_us, len(p.data), p.data) for p in PACKETS]


def test_cut_packets_keep_their_length(tmp_path):
    path = tmp_path / "a.pcap"
    write_capture(path, PACKETS, CaptureFormat(snaplen=10))
    assert [(length, len(data)) for _, length, data in read_pcap(path.read_bytes(), "<", 1)] == [
        (60 + number, 10) for number in range(9)
    ]


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("resolution", [6, 9, -20])
def test_pcapng_blocks(tmp_path, big_endian, resolution):
    path, order = tmp_path / "a.pcapng", ">" if big_endian else "<"
    form = CaptureFormat("pcapng", (1, 101), resolution, big_endian)
    write_capture(path, [PACKETS[0], Packet(PACKETS[1].time_us, b"abcde", 1)], form)
    data, at, kinds, times = path.read_bytes(), 0, [], []
    while at < len(data):
        kind, size = struct.unpack_from(order + "II", data, at)
        assert struct.unpack_from(order + "I", data, at + size - 4)[0] == size
        kinds.append(kind)
        if kind == 6:
            interface, high, low, kept, _ = struct.unpack_from(order + "IIIII", data, at + 8)
            ticks = high << 32 | low
            unit = 10.0**-resolution if resolution > 0 else 2.0**resolution
            times.append((interface, ticks * unit, kept))
        at += size
    assert kinds == [0x0A0D0D0A, 1, 1, 6, 6]
    assert [(interface, kept) for interface, _, kept in times] == [(0, 60), (1, 5)]
    assert times[0][1] == pytest.approx(PACKETS[0].time_us / 1e6, abs=2e-6)


def test_simple_packets_and_compression(tmp_path):
    plain = tmp_path / "a.pcapng"
    write_capture(plain, PACKETS, CaptureFormat("pcapng", simple=True))
    for ending in ("gz", "zst"):
        path = tmp_path / f"b.{ending}"
        write_capture(path, PACKETS, CaptureFormat("pcapng", simple=True, compression=ending))
        raw = path.read_bytes()
        got = gzip.decompress(raw) if ending == "gz" else pa.CompressedInputStream(pa.BufferReader(raw), "zstd").read()
        assert got == plain.read_bytes()
    with pytest.raises(ValueError, match="compression"):
        write_capture(tmp_path / "c", PACKETS, CaptureFormat(compression="lzma"))


def test_rotated_files_hold_all_packets_in_order(tmp_path):
    paths = write_rotated(tmp_path, "exit", PACKETS, 4)
    found = [entry for path in paths for entry in read_pcap(path.read_bytes(), "<", 1)]
    assert [data for _, _, data in found] == [packet.data for packet in PACKETS]
