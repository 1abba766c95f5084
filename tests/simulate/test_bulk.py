import struct

import duckdb
import pytest
from simulated_reading import is_sum_right, split_ip, strip_ethernet

from paicha.simulate.bulk import write_bulk_pcap
from paicha.simulate.bulk_logs import write_bulk_conn_log, write_bulk_flows


def read_frames(path):
    data, at, frames, times = path.read_bytes(), 24, [], []
    while at < len(data):
        seconds, micros, kept, _ = struct.unpack_from("<IIII", data, at)
        times.append(seconds * 1_000_000 + micros)
        frames.append(data[at + 16 : at + 16 + kept])
        at += 16 + kept
    assert at == len(data)
    return frames, times


def name_flow(frame):
    source, target, protocol, body = split_ip(strip_ethernet(frame))
    ports = struct.unpack("!HH", body[:4])
    return protocol, *sorted(((source, ports[0]), (target, ports[1])))


def test_the_mix_has_the_promised_shape(tmp_path):
    path = tmp_path / "a.pcap"
    made = write_bulk_pcap(path, packets=20_000, live_flows=300)
    frames, times = read_frames(path)
    assert made.packets == len(frames) == 20_000
    assert made.bytes == path.stat().st_size
    assert made.flows >= 20 * 20
    assert len({name_flow(frame) for frame in frames}) == pytest.approx(made.flows, rel=0.01)
    assert 250 <= made.bytes / made.packets <= 800
    assert times == sorted(times)
    assert all(is_sum_right(strip_ethernet(frame)) for frame in frames)


def test_many_live_flows_are_all_begun(tmp_path):
    made = write_bulk_pcap(tmp_path / "a.pcap", packets=12_000, live_flows=10_000, burst=1)
    assert made.flows >= 10_000


def test_few_flows_go_on_with_advancing_numbers(tmp_path):
    path = tmp_path / "a.pcap"
    made = write_bulk_pcap(path, packets=20_000, live_flows=10, is_few_flows=True)
    assert made.flows == 10
    frames, _ = read_frames(path)
    assert all(is_sum_right(strip_ethernet(frame)) for frame in frames)
    ends: dict[object, int] = {}
    for frame in frames:
        packet = strip_ethernet(frame)
        source, target, protocol, body = split_ip(packet)
        size = len(body) - (body[12] >> 4) * 4
        if protocol == 6 and size:
            key = (source, target, body[:4])
            seq = int.from_bytes(body[4:8], "big")
            assert ends.get(key, seq) == seq
            ends[key] = (seq + size) & 0xFFFFFFFF


def test_the_size_can_be_given_in_bytes_and_the_seed_decides(tmp_path):
    paths = [tmp_path / name for name in ("a", "b", "c")]
    made = [write_bulk_pcap(path, bytes=1_000_000, seed=seed) for path, seed in zip(paths, (5, 5, 6), strict=True)]
    assert abs(made[0].bytes - 1_000_000) < 100_000
    assert paths[0].read_bytes() == paths[1].read_bytes() != paths[2].read_bytes()
    with pytest.raises(ValueError, match="number"):
        write_bulk_pcap(paths[0])


def test_bulk_logs_and_flows(tmp_path):
    write_bulk_conn_log(tmp_path / "conn.log", 1000)
    lines = (tmp_path / "conn.log").read_text().splitlines()
    assert lines[0] == "#separator \\x09"
    width = len(lines[6].split("\t")) - 1
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    assert len(rows) == 1000
    assert {len(row) for row in rows} == {width}
    write_bulk_conn_log(tmp_path / "conn.json", 500, form="json")
    assert len((tmp_path / "conn.json").read_text().splitlines()) == 500
    write_bulk_flows(tmp_path / "flows.parquet", 700)
    assert duckdb.sql(f"select count(*), min(packets_out) from '{tmp_path / 'flows.parquet'}'").fetchone() == (700, 1)
    with pytest.raises(ValueError, match="form"):
        write_bulk_conn_log(tmp_path / "x", 1, form="xml")
