"""Names: DNS, server names of TLS, HTTP hosts and certificates, as sent and as hostile."""

from __future__ import annotations

import struct

import pytest
from capture_frames import ACK, START, ethernet, ipv4, pcap, read, talk, tcp, udp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def encode(name: str) -> bytes:
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


def dns(name: str, answers: tuple[bytes, ...] = (), *, is_answer=False, kind=1) -> bytes:
    head = struct.pack("!HHHHHH", 7, 0x8180 if is_answer else 0x100, 1, len(answers), 0, 0)
    return head + encode(name) + struct.pack("!HH", kind, 1) + b"".join(answers)


def record(kind: int, data: bytes, owner: bytes = b"\xc0\x0c") -> bytes:
    return owner + struct.pack("!HHIH", kind, 1, 60, len(data)) + data


def ask(time: int, message: bytes, *, back=False, port=5353 + 1000, six=False):
    ends = ("192.0.2.53", "10.0.0.1", 53, port) if back else ("10.0.0.1", "192.0.2.53", port, 53)
    return (time, ethernet(ipv4(ends[0], ends[1], 17, udp(ends[2], ends[3], message))))


def client_hello(name: bytes, pad: int = 0) -> bytes:
    server_name = struct.pack("!HHHBH", 0, len(name) + 5, len(name) + 3, 0, len(name)) + name
    extensions = struct.pack("!HH", 51, pad) + bytes(pad) + server_name + struct.pack("!HH", 23, 0)
    body = b"\x03\x03" + bytes(32) + b"\x20" + bytes(32) + b"\0\x02\x13\x01\x01\0"
    body += struct.pack("!H", len(extensions)) + extensions
    return wrap(b"\x01" + len(body).to_bytes(3, "big") + body)


def wrap(handshake: bytes) -> bytes:
    return b"\x16\x03\x01" + struct.pack("!H", len(handshake)) + handshake


def der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = bytes([len(body)]) if len(body) < 128 else b"\x82" + struct.pack("!H", len(body))
    return bytes([tag]) + size + body


def certificate(common: bytes, others: tuple[bytes, ...] = ()) -> bytes:
    def name(text: bytes) -> bytes:
        return der(0x30, der(0x31, der(0x30, der(6, b"\x55\x04\x0a"), der(0x0C, b"Org"))),
                   der(0x31, der(0x30, der(6, b"\x55\x04\x03"), der(0x0C, text))))  # fmt: skip

    alternative = der(0x30, der(6, b"\x55\x1d\x11"), der(4, der(0x30, *(der(0x82, text) for text in others))))
    constraint = der(0x30, der(6, b"\x55\x1d\x13"), der(1, b"\xff"), der(4, der(0x30)))
    tbs = der(
        0x30, der(0xA0, der(2, b"\2")), der(2, b"\1"), der(0x30), name(b"The Issuer"), der(0x30), name(common),
        der(0x30, bytes(300)), der(0xA3, der(0x30, constraint, alternative)),
    )  # fmt: skip
    return der(0x30, tbs, der(0x30), der(3, bytes(200)))


def server_flight(leaf: bytes, *, is_newest=False) -> bytes:
    extension = b"\0\x2b\0\x02\x03\x04" if is_newest else b"\xff\x01\0\1\0"
    hello = b"\x03\x03" + bytes(32) + b"\0\x00\x2f\0" + struct.pack("!H", len(extension)) + extension
    chain = len(leaf).to_bytes(3, "big") + leaf
    message = b"\x0b" + (len(chain) + 3).to_bytes(3, "big") + len(chain).to_bytes(3, "big") + chain
    return wrap(b"\x02" + len(hello).to_bytes(3, "big") + hello) + wrap(message)


def split(data: bytes, size: int, side: int) -> tuple[tuple[int, bytes], ...]:
    return tuple((side, data[i : i + size]) for i in range(0, len(data), size))


def test_dns_over_udp(tmp_path):
    alias = encode("pool.example.net")
    frames = [
        ask(START, dns("Pool.Example.ORG")),
        ask(START + 5, dns("pool.example.org", (record(5, alias), record(1, bytes([192, 0, 2, 7]), alias),
            record(28, bytes([32, 1, 13, 184]) + bytes(11) + b"\1"))), back=True),
        ask(START + 9, dns("pool.example.org", is_answer=True), back=True),
        ask(START + 10, dns("gone.example.org"), port=7000),
        ask(START + 12, dns("gone.example.org", is_answer=True), back=True, port=7000),
        ask(START + 20, dns("gone.example.org"), port=7001),
    ]  # fmt: skip
    frames[1] = ask(START + 5, dns("pool.example.org", (record(5, alias), record(1, bytes([192, 0, 2, 7]), alias),
            record(28, bytes([32, 1, 13, 184]) + bytes(11) + b"\1")), is_answer=True), back=True)  # fmt: skip
    kept = read(tmp_path, pcap(frames))
    found = [(row["name"], row["answer"], row["count"], row["client_port"]) for row in kept.names]
    assert sorted(found, key=str) == sorted(
        [
            ("pool.example.org", "192.0.2.7", 1, 6353),
            ("pool.example.net", "192.0.2.7", 1, 6353),
            ("pool.example.org", "2001:db8::1", 1, 6353),
            ("gone.example.org", None, 2, None),
        ],
        key=str,
    )
    assert {(r["kind"], r["client_ip"], r["server_ip"], r["server_port"]) for r in kept.names} == {
        ("dns", "10.0.0.1", "192.0.2.53", 53)
    }
    (gone,) = [row for row in kept.names if row["answer"] is None]
    assert (gone["first_seen"], gone["last_seen"]) == (START + 10, START + 20)


def test_dns_over_tcp(tmp_path):
    question, answer = dns("a.example"), dns("a.example", (record(1, bytes([192, 0, 2, 7])),), is_answer=True)
    payloads = ((0, struct.pack("!H", len(question)) + question), (1, struct.pack("!H", len(answer)) + answer))
    kept = read(tmp_path, pcap(talk(dport=53, payloads=payloads)))
    assert [(row["name"], row["answer"]) for row in kept.names] == [("a.example", "192.0.2.7")]


@pytest.mark.parametrize("size", [4000, 1200, 500, 64])
def test_server_name_in_one_segment_or_many(tmp_path, size):
    hello = client_hello(b"xmr.Example.COM", pad=1700)
    kept = read(tmp_path, pcap(talk(dport=443, payloads=split(hello, size, 0))))
    (row,) = kept.names
    assert (row["kind"], row["name"], row["client_port"], row["count"]) == ("sni", "xmr.example.com", 40000, 1)


@pytest.mark.parametrize("size", [4000, 600, 100])
def test_certificate_where_no_name_was_asked_for(tmp_path, size):
    flight = server_flight(certificate(b"pool.example.com", (b"*.pool.example.com", b"eu.pool.example.com")))
    payloads = ((0, client_hello(b"")), *split(flight, size, 1), (0, b"\x17\x03\x03\0\x10" + bytes(16)))
    kept = read(tmp_path, pcap(talk(dport=443, payloads=payloads)))
    found = sorted(row["name"] for row in kept.names)
    assert found == ["*.pool.example.com", "eu.pool.example.com", "pool.example.com"]
    ends = {(row["kind"], row["client_ip"], row["server_port"]) for row in kept.names}
    assert ends == {("certificate", "10.0.0.1", 443)}


def test_no_certificate_in_tls_13(tmp_path):
    flight = server_flight(certificate(b"pool.example.com"), is_newest=True)
    assert read(tmp_path, pcap(talk(dport=443, payloads=((0, client_hello(b"")), (1, flight))))).names == []


def test_hosts_of_requests(tmp_path):
    requests = tuple(
        (0, f"{method} /x HTTP/1.1\r\nAccept: */*\r\nHOST:  {host}\r\n\r\n".encode())
        for method, host in (("GET", "A.example:8080"), ("HEAD", "a.example"), ("CONNECT", "b.example:443"))
    )
    kept = read(tmp_path, pcap(talk(dport=8080, payloads=requests)))
    found = [(row["kind"], row["name"], row["count"]) for row in kept.names]
    assert found == [("host", "a.example", 2), ("host", "b.example", 1)]


def test_hostile_names_become_text(tmp_path):
    names = (b"a\x00b\x1b[31m.example.", b"\xff\xfe.example", "矿池.example".encode(), b"x" * 250 + b"." + b"y" * 400)
    frames = []
    for number, name in enumerate(names):
        frames += talk(dport=443, sport=41000 + number, payloads=((0, client_hello(name)),))
    found = {row["name"] for row in read(tmp_path, pcap(frames)).names}
    assert found == {"a?b?[31m.example", "\ufffd\ufffd.example", "矿池.example", "x" * 250 + ".yy"}


def test_compression_loops_end(tmp_path):
    loop = struct.pack("!HHHHHH", 7, 0x100, 1, 0, 0, 0) + b"\xc0\x0c" + bytes(8)
    assert read(tmp_path, pcap([ask(START, loop)])).names == []


def test_many_names_fill_several_windows(tmp_path):
    frames = [ask(START + n, dns(f"host{n}.example")) for n in range(40_000)]
    kept = read(tmp_path, pcap(frames))
    assert len({row["name"] for row in kept.names}) == 40_000
    assert sum(row["count"] for row in kept.names) == 40_000


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    which=st.integers(0, 3),
    changes=st.lists(st.tuples(st.integers(0, 900), st.integers(0, 255)), min_size=1, max_size=6),
    size=st.integers(40, 900),
)
def test_damaged_messages_raise_nothing(tmp_path, which, changes, size):
    message = bytearray(
        (
            client_hello(b"pool.example.com"),
            server_flight(certificate(b"pool.example.com", (b"a.example", b"b.example"))),
            dns("pool.example.org", (record(1, bytes(4)), record(28, bytes(16))), is_answer=True),
            b"POST / HTTP/1.1\r\nHost: a.example\r\nContent-Type: application/json\r\n\r\n{}",
        )[which]
    )
    for place, byte in changes:
        if place < len(message):
            message[place] = byte
    if which == 2:
        frames = [ask(START, bytes(message), back=True)]
    else:
        side = int(which == 1)
        frames = talk(dport=443, payloads=split(bytes(message), size, side))
    for row in read(tmp_path, pcap(frames)).names:
        assert 0 < len(row["name"]) <= 253
        assert row["name"].isprintable()


def test_mid_stream_payload_is_no_name(tmp_path):
    frames = [(START, ethernet(ipv4("10.0.0.1", "192.0.2.1", 6, tcp(40000, 443, ACK, b"\x16\x03\x01"))))]
    assert read(tmp_path, pcap(frames)).names == []
