import numpy as np
import pyarrow.parquet as pq
import pytest

from paicha.simulate.hidden.drawing import draw_hidden_sessions
from paicha.simulate.hidden.sessions import to_columns
from paicha.simulate.hidden.tables import write_flows
from paicha.simulate.quiet.sessions import draw_sessions
from paicha.simulate.wire.flows import Export, draw_background, export_records, measure_packets
from paicha.simulate.wire.segments import send_messages


@pytest.fixture(scope="module")
def traffic():
    drawn = draw_sessions(60, 4)
    return drawn.connections, send_messages(drawn.connections, drawn.messages, 4)


def test_records_add_up_to_the_packets_and_keep_to_the_timeouts(traffic):
    connections, packets = traffic
    for is_paired in (True, False):
        records = export_records(connections, packets, Export(active_s=120, is_paired=is_paired), 1)
        assert records.packets_out.sum() + records.packets_in.sum() == len(packets)
        total = measure_packets(connections, packets).sum()
        assert records.bytes_out.sum() + records.bytes_in.sum() == total
        assert (records.last_us - records.first_us).max() < 120_000_000
        assert (np.diff(records.last_us) >= 0).all()
    assert records.packets_in.sum() == 0
    backwards = (records.source >> 24) != 10
    assert 0 < backwards.sum() < len(records)


def test_sampling_thins_packets_and_loses_records(traffic):
    connections, packets = traffic
    every = export_records(connections, packets, Export(), 1)
    some = export_records(connections, packets, Export(sampling=100), 1)
    assert some.packets_out.sum() + some.packets_in.sum() == pytest.approx(len(packets) / 100, rel=0.25)
    assert 0 < len(some) < len(every)
    assert len(export_records(connections, packets, Export(sampling=10**9), 1)) == 0


def test_the_background_is_short_and_thinned_alike():
    whole = draw_background(5000, 1, start_us=10**15, span_s=600)
    assert len(whole) == 5000
    assert (whole.last_us - whole.first_us).max() <= 280_000_000
    assert len(draw_background(5000, 1, start_us=10**15, span_s=600, sampling=1000)) < 500
    assert len(draw_background(5000, 1, start_us=10**15, span_s=600, is_paired=False)) == 10_000


def test_tables_hold_miners_quiet_sessions_and_background(tmp_path):
    miners = draw_hidden_sessions(4, 2, kinds=("clear", "tls12", "esp", "stratum-v2"), window_s=60.0)
    made = write_flows(tmp_path / "a.parquet", 2, miners=miners, quiet=20, background_ratio=10.0)
    table = pq.read_table(tmp_path / "a.parquet")
    assert made.records == table.num_rows
    assert made.background == 240
    assert len(made.truths) == 4
    assert len(made.kind) == len(made.quiet) == 20
    assert set(table.column("protocol").to_pylist()) == {6, 17, 50}
    clients = {number for one in miners for number in [one.truth.ends.client]}
    texts = {".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0)) for number in clients}
    assert texts <= set(table.column("src_ip").to_pylist())
    assert len(to_columns(miners)[0]) == 4
    write_flows(tmp_path / "b.parquet", 2, miners=miners, export=Export(is_paired=False))
    assert "packets_in" not in pq.read_table(tmp_path / "b.parquet").column_names
    with pytest.raises(ValueError, match="join"):
        write_flows(tmp_path / "c.parquet", 1)
