"""Zeek logs: text and JSON, old and new, mixed, damaged."""

from __future__ import annotations

import gzip
import json

import pyarrow as pa
import pytest

from paicha.packs.traffic.readers.zeek import ZEEK_READER

HEAD = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t{path}\n#fields\t{fields}\n"
CONN = [
    "ts",
    "uid",
    "id.orig_h",
    "id.orig_p",
    "id.resp_h",
    "id.resp_p",
    "proto",
    "service",
    "duration",
    "orig_bytes",
    "resp_bytes",
    "conn_state",
    "orig_pkts",
    "orig_ip_bytes",
    "resp_pkts",
    "resp_ip_bytes",
]
MINER = [
    "1600000000.123456",
    "C1",
    "10.0.0.5",
    "50000",
    "203.0.113.9",
    "3333",
    "tcp",
    "-",
    "12.5",
    "100",
    "200",
    "SF",
    "7",
    "400",
    "8",
    "600",
]


def write_log(path, fields, *rows, separator="\t"):
    head = HEAD.format(path=path, fields=separator.join(fields)).replace("\t", separator)
    head = head.replace("#separator" + separator, "#separator ").replace("\\x09", f"\\x{ord(separator):02x}")
    return head + "".join(separator.join(row) + "\n" for row in rows) + "#close\t2020\n".replace("\t", separator)


def test_conn_becomes_a_flow_with_ip_bytes_and_microseconds(bench):
    (row,) = bench.read(ZEEK_READER, write_log("conn", CONN, MINER)).rows("flows")
    assert row == {
        "site": "here", "source": row["source"], "sensor": "zeek", "client_ip": "10.0.0.5", "client_port": 50000,
        "server_ip": "203.0.113.9", "server_port": 3333, "protocol": 6, "started": 1_600_000_000_123_456,
        "ended": 1_600_000_012_623_456, "packets_out": 7, "packets_in": 8, "bytes_out": 400, "bytes_in": 600,
        "sampling": 1.0,
    }  # fmt: skip


def test_bro_2_fields_in_another_order_without_ip_bytes(bench):
    fields = [
        "resp_bytes",
        "orig_bytes",
        "duration",
        "proto",
        "id.resp_p",
        "id.resp_h",
        "id.orig_p",
        "id.orig_h",
        "ts",
        "local_orig",
    ]
    log = write_log(
        "conn", fields, ["-", "100", "-", "udp", "53", "203.0.113.9", "5353", "2001:DB8::1", "1600000000.0", "T"]
    )
    (row,) = bench.read(ZEEK_READER, log).rows("flows")
    assert (row["client_ip"], row["bytes_out"], row["bytes_in"], row["protocol"]) == ("2001:db8::1", 100, None, 17)
    assert row["started"] == row["ended"]


@pytest.mark.parametrize(("proto", "client", "number"), [("icmp", "10.0.0.1", 1), ("icmp", "fe80::1", 58)])
def test_icmp_has_no_ports(bench, proto, client, number):
    row = [*MINER[:2], client, "8", client, "0", proto, *MINER[7:]]
    (flow,) = bench.read(ZEEK_READER, write_log("conn", CONN, row)).rows("flows")
    assert (flow["protocol"], flow["client_port"], flow["server_port"]) == (number, None, None)


@pytest.mark.parametrize("separator", [",", "|", "\x01"])
def test_separators_that_the_header_names(bench, separator):
    assert bench.read(ZEEK_READER, write_log("conn", CONN, MINER, separator=separator)).accepted[0] == 1


def test_concatenated_logs_change_their_fields_and_their_kind(bench):
    dns = ["ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "query", "qtype_name", "answers"]
    asked = "1600000001.5 C2 10.0.0.5 40000 10.0.0.1 53 Pool.Example.COM A cname.example,203.0.113.9,2001:DB8::9"
    log = (
        write_log("conn", CONN, MINER)
        + write_log("conn", CONN[::-1], MINER[::-1])
        + write_log("dns", dns, asked.split(), [*asked.split()[:6], "other.example", "A", "-"])
        + write_log("weird", ["ts", "name"], ["1600000001.5", "odd"])
    )
    sink = bench.read(ZEEK_READER, log)
    assert (sink.accepted[0], sink.rejects) == (5, [])
    first, second = sink.rows("flows")
    assert first == second
    names = {(row["kind"], row["name"], row["answer"]) for row in sink.rows("names")}
    assert names == {
        ("dns", "pool.example.com", "203.0.113.9"),
        ("dns", "pool.example.com", "2001:db8::9"),
        ("dns", "other.example", None),
    }


def test_lines_that_cannot_be_read_are_rejected_with_their_number(bench):
    bad = [
        ["x", *MINER[1:]],
        MINER[:-1],
        [*MINER[:2], "10.0.0.999", *MINER[3:]],
        [*MINER[:3], "70000", *MINER[4:]],
        ["9999999999.0", *MINER[1:]],
    ]
    sink = bench.read(ZEEK_READER, write_log("conn", CONN, MINER, *bad, MINER))
    assert (sink.accepted[0], sink.rejected[0]) == (2, 5)
    assert {(place, reason) for place, reason, _ in sink.rejects} == {
        ("line 8", "ts is not a number"),
        ("line 9", "does not have 16 fields"),
        ("line 10", "the originator is not an address"),
        ("line 11", "the originator's port is not a port"),
        ("line 12", "the time is missing or outside 1970 to 2100"),
    }


def test_records_before_a_header_or_without_what_is_needed_are_rejected(bench):
    log = "#separator \\x09\n1\t2\n#path\tconn\n#fields\tuid\nC1\n"
    sink = bench.read(ZEEK_READER, log)
    assert [(place, count) for place, _, count in sink.rejects] == [("line 2", 1), ("line 5", 1)]


def test_names_of_tls_and_http_and_escapes(bench):
    ssl = ["ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "server_name", "subject"]
    http = ["ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "trans_depth", "host"]
    ends = ["1600000000.0", "C1", "10.0.0.5", "50000", "203.0.113.9", "443"]
    log = write_log(
        "ssl", ssl, [*ends, "Pool.Example.", "emailAddress=a@b.c,CN=*.Pool.Example,O=Pool\\x5c, Inc"], [*ends, "-", "-"]
    ) + write_log(
        "http", http, [*ends, "1", "pool.example:8080"], [*ends, "1", "a b\\x09c"], [*ends, "1", "x\\x2ey.example"]
    )
    sink = bench.read(ZEEK_READER, log)
    assert (sink.accepted[0], sink.rejects) == (5, [])
    assert sorted((row["kind"], row["name"]) for row in sink.rows("names")) == [
        ("certificate", "*.pool.example"),
        ("host", "pool.example"),
        ("host", "x.y.example"),
        ("sni", "pool.example"),
    ]


def test_certificates_are_joined_over_logs_by_fingerprint_and_by_file(bench):
    ends = ["1600000000.0", "C1", "10.0.0.5", "50000", "203.0.113.9", "443"]
    ssl = ["ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "cert_chain_fps"]
    x509 = ["ts", "fingerprint", "certificate.subject", "san.dns"]
    old_ssl = [*ssl[:-1], "cert_chain_fuids"]
    old_x509 = ["ts", "id", *x509[2:]]
    sink = bench.read(
        ZEEK_READER,
        write_log("x509", x509, ["1600000000.0", "aa", "CN=pool.example", "pool.example,eu.pool.example"]),
        write_log("ssl", ssl, [*ends, "aa,bb"], [*ends, "(empty)"]),
        write_log("ssl", old_ssl, [*ends, "F1,F2"]),
        write_log("x509", old_x509, ["1600000000.0", "F1", "CN=old.example", "-"]),
    )
    assert sorted((row["kind"], row["name"], row["client_ip"]) for row in sink.rows("names")) == [
        ("certificate", "eu.pool.example", "10.0.0.5"),
        ("certificate", "old.example", "10.0.0.5"),
        ("certificate", "pool.example", "10.0.0.5"),
    ]


def to_json(**changes):
    record = dict(zip(CONN, MINER, strict=True)) | {"ts": 1600000000.123456, "id.orig_p": 50000, "id.resp_p": 3333}
    record |= {"duration": 12.5, "orig_ip_bytes": 400, "resp_ip_bytes": 600, "orig_pkts": 7, "resp_pkts": 8}
    del record["service"], record["orig_bytes"], record["resp_bytes"]
    return json.dumps(record | changes)


def test_json_gives_the_rows_that_text_gives(bench):
    (text,) = bench.read(ZEEK_READER, write_log("conn", CONN, MINER)).rows("flows")
    lines = [to_json(), to_json(ts="2020-09-13T12:26:40.123456Z"), to_json(_path="conn")]
    for log in ("\n".join(lines), lines[0], lines[1] + "\n"):
        for row in bench.read(ZEEK_READER, log).rows("flows"):
            assert row | {"source": ""} == text | {"source": ""}


def test_json_of_several_logs_mixed_with_lines_that_are_none(bench):
    ends = '"ts":1600000000,"uid":"C","id.orig_h":"10.0.0.5","id.resp_h":"10.0.0.1"'
    dns = f'{{{ends},"trans_id":5,"query":"a.b","answers":["1.2.3.4"]}}'
    lines = [to_json(), dns, '{"_path":"weird","ts":1}', "[1]", "{broken", "", to_json(ts="x"), to_json(duration="y")]
    sink = bench.read(ZEEK_READER, "\n".join(lines))
    assert (sink.accepted[0], sink.rejected[0]) == (3, 4)
    assert ("line 4", "is not a JSON object", 2) in sink.rejects
    assert [row["answer"] for row in sink.rows("names")] == ["1.2.3.4"]
    assert len(sink.rows("flows")) == 1


def test_records_outside_the_asked_time_are_accepted_and_not_written(bench):
    later = [str(float(MINER[0]) + 1000), *MINER[1:]]
    sink = bench.read(ZEEK_READER, write_log("conn", CONN, MINER, later), since=1_600_000_100_000_000)
    assert (sink.accepted[0], len(sink.rows("flows"))) == (2, 1)
    sink = bench.read(ZEEK_READER, write_log("conn", CONN, MINER, later), until=1_600_000_100_000_000)
    assert (sink.accepted[0], len(sink.rows("flows"))) == (2, 1)


@pytest.mark.parametrize("pack", [gzip.compress, lambda data: pa.compress(data, "zstd", asbytes=True)])
def test_compressed_logs_and_what_precedes_a_cut(bench, pack):
    rows = [[str(1600000000 + n), f"C{n * 7919 % 10007}", *MINER[2:]] for n in range(3000)]
    packed = pack(write_log("conn", CONN, *rows).encode())
    assert bench.read(ZEEK_READER, packed).accepted[0] == 3000
    sink = bench.read(ZEEK_READER, packed[: len(packed) * 2 // 3])
    assert 500 < sink.accepted[0] < 3000
    assert len(sink.errors) == 1
    assert sink.rejected[0] <= 1


def test_mixed_newlines_marks_and_bytes_that_are_no_text(bench):
    log = write_log("conn", CONN, MINER, MINER).replace("SF", "S\xff", 1).encode("latin-1")
    lines = log.split(b"\n")
    mixed = b"\xef\xbb\xbf" + b"\r\n".join(lines[:7]) + b"\n\n" + b"\n".join(lines[7:])
    sink = bench.read(ZEEK_READER, mixed)
    assert (sink.accepted[0], sink.rejects) == (2, [])


def test_other_text_is_not_recognised(bench):
    for text in ("", "a,b\n1,2\n", '{"event_type":"flow","timestamp":"x"}', "### BTest\nuid\nC1\n", "{", "\0" * 100):
        assert not ZEEK_READER.recognises(bench.source(text))
