"""Mutated inputs: whatever the bytes, every record is counted once and nothing but InputError is raised."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from test_reader_eve import alert, event
from test_reader_flow_records import NEW, OLD, SUMMARY, old
from test_reader_zeek import CONN, MINER, to_json, write_log

from paicha.kernel.errors import InputError
from paicha.packs.traffic.readers.eve import EVE_READER
from paicha.packs.traffic.readers.flow_table import FLOW_TABLE_READER
from paicha.packs.traffic.readers.nfdump import NFDUMP_READER
from paicha.packs.traffic.readers.report_list import REPORT_LIST_READER
from paicha.packs.traffic.readers.zeek import ZEEK_READER

DNS = ["ts", "id.orig_h", "id.resp_h", "query", "answers"]
NETFLOW = {"pkts": 1, "bytes": 60, "start": "2021-11-10T00:00:00+0000", "end": "2021-11-10T00:00:01+0000"}
FLOW = {"start": "2021-11-10T00:00:00+0000", "pkts_toserver": 2, "bytes_toserver": 200}
TABLE = "src_ip,src_port,dst_ip,dst_port,protocol,start,end,packets_out,bytes_out\n"
ROW = "10.0.0.5,50000,203.0.113.9,3333,tcp,2021-11-10T08:30:00Z,2021-11-10T08:31:00Z,5,500\n"

SEEDS = {
    "zeek text": write_log("conn", CONN, MINER, MINER)
    + write_log("dns", DNS, ["1600000000.0", "10.0.0.5", "10.0.0.1", "a.example", "1.2.3.4,b.example"]),
    "zeek json": "\n".join([to_json(), to_json(ts="2020-09-13T12:26:40.5Z"), '{"_path":"weird","ts":1,"uid":"C"}']),
    "eve": "\n".join(
        map(
            json.dumps,
            [
                event("flow", flow=FLOW),
                event("netflow", netflow=NETFLOW, tcp={"syn": True}),
                event("dns", dns={"version": 2, "rrname": "a.example", "answers": [{"rdata": "1.2.3.4"}]}),
                event("tls", tls={"sni": "a.example", "subject": "CN=a.example"}),
                alert("ET COINMINER x"),
            ],
        )
    ),
    "nfdump": "\n".join([OLD, old(0, 60, ("10.0.0.5", 50000), ("203.0.113.9", 3333), 5, 500), SUMMARY + NEW])
    + "\n2020-01-08 04:00:00.500,60.125,6,10.0.0.5,50000,203.0.113.9,3333,5,500,1\n",
    "table": TABLE + ROW + ROW.replace("500\n", '"500"\n'),
    "list": 'IP地址,端口,发现时间,矿池\n10.0.0.5:80,1,2021年11月10日,pool.example:3333\n"10.0.0.6",,44510.5,\n',
}
READERS = (ZEEK_READER, EVE_READER, NFDUMP_READER, FLOW_TABLE_READER, REPORT_LIST_READER)

PIECES = [
    b"\n",
    b"\r\n",
    b"\t",
    b",",
    b'"',
    b"\\",
    b"#",
    b"#fields\t",
    b"{",
    b"}",
    b"[",
    b"null",
    b"-",
    b"\0",
    b"\xff",
    b"9" * 30,
]
PIECES += [
    b"1e308",
    b"-1",
    b"nan",
    b"infinity",
    b"\x1f",
    "挖".encode(),
    b"Summary\n",
    b"0x10",
    b"1.5",
    b"'",
    b"\xef\xbb\xbf",
]
EDITS = st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 40), st.sampled_from([b"", *PIECES])), max_size=6)


def mutate(data, edits):
    for place, length, piece in edits:
        place %= len(data) + 1
        data = data[:place] + piece + data[place + length :]
    return data


@settings(max_examples=250, deadline=None)
@given(seed=st.sampled_from(sorted(SEEDS)), edits=EDITS, cut=st.integers(0, 10_000))
def test_mutated_inputs(session_bench, seed, edits, cut):
    data = mutate(SEEDS[seed].encode(), edits)[: max(cut, 20)]
    source = session_bench.source(data)
    for reader in READERS:
        if not reader.recognises(source):
            continue
        try:
            sink = session_bench.read(reader, data)
        except InputError:
            continue
        counted = sink.accepted[0] + sink.rejected[0]
        lines = [line for line in data.split(b"\n") if line.strip()]
        assert counted <= len(lines)
        if reader in {EVE_READER} and not sink.errors:
            assert counted == len([line for line in lines if line.replace(b"\r", b" ").strip(b" \t\xef\xbb\xbf")])
        if reader is ZEEK_READER and seed == "zeek text" and not sink.errors:
            assert counted == count_text_records(data)


def count_text_records(data):
    lines = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").split(b"\n")
    return sum(1 for line in lines if line and not line.startswith(b"#"))


@settings(max_examples=60, deadline=None)
@given(
    data=st.binary(max_size=300),
    start=st.sampled_from(
        [b"", b"PAR1", b"PK\x03\x04xl/", b"#separator ", b'{"event_type":"flow","timestamp":1', b"ip,port\n1.2.3.4,"]
    ),
)
def test_random_bytes(session_bench, data, start):
    source = session_bench.source(start + data)
    for reader in READERS:
        if reader.recognises(source):
            session_bench.read(reader, start + data)
