"""Everyday traffic: web over TLS and in clear, DNS, SSH, video, mail; and the mix for large captures."""

from __future__ import annotations

import dataclasses
import ipaddress
import struct
from typing import TYPE_CHECKING

from paicha.simulate.conversations import NO_FAULTS, Conversation, Endpoints, Faults, Message, hold_udp
from paicha.simulate.lookalikes import SECOND, Place, talk
from paicha.simulate.tls import (
    build_certificate,
    build_client_hello,
    build_data,
    build_key_exchange,
    build_server_flight,
    build_server_hello,
)

if TYPE_CHECKING:
    import random

_AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36"


def _read_pages(rng: random.Random, pages: int, page_bytes: int) -> list[tuple[bytes, bytes | None]]:
    sizes = [(rng.randint(180, 700), rng.randint(page_bytes // 3, page_bytes)) for _ in range(pages)]
    return [(build_data(asked, rng), build_data(sent, rng)) for asked, sent in sizes]


def browse_tls(place: Place, *, pages: int = 3, page_bytes: int = 9000, port: int = 443) -> Conversation:
    """Return a TLS 1.2 session to `place.name`: the full handshake with its certificate, then encrypted pages."""
    rng = place.rng
    certificate = build_certificate(place.name, rng, others=("www." + place.name,))
    pairs: list[tuple[bytes, bytes | None]] = [
        (build_client_hello(place.name, rng, is_13=False), build_server_flight(certificate, rng)),
        (build_key_exchange(rng, is_client=True), build_key_exchange(rng, is_client=False)),
    ]
    pairs += _read_pages(rng, pages, page_bytes)
    names = (("sni", place.name), ("certificate", place.name))
    return talk(place, port, pairs, "tls-web", service="ssl", names=names, gap_s=0.6)


def browse_tls_13(place: Place, *, pages: int = 3, page_bytes: int = 9000, port: int = 443) -> Conversation:
    """Return a TLS 1.3 session: a ClientHello with the server's name, then nothing readable."""
    rng = place.rng
    hello = build_server_hello(rng)
    pairs: list[tuple[bytes, bytes | None]] = [
        (build_client_hello(place.name, rng), hello + b"\x14\x03\x03\0\x01\x01" + build_data(2800, rng)),
        (b"\x14\x03\x03\0\x01\x01" + build_data(52, rng), None),
    ]
    pairs += _read_pages(rng, pages, page_bytes)
    return talk(place, port, pairs, "tls-web", service="ssl", names=(("sni", place.name),), gap_s=0.6)


def fetch_http(place: Place, *, pages: int = 3, page_bytes: int = 4000) -> Conversation:
    """Return pages fetched over plain HTTP."""
    rng, pairs = place.rng, []
    for number in range(pages):
        path = f"/page/{rng.randint(1, 9999)}?n={number}"
        ask = f"GET {path} HTTP/1.1\r\nHost: {place.name}\r\nUser-Agent: {_AGENT}\r\nAccept: */*\r\n\r\n".encode()
        body = rng.randbytes(rng.randint(page_bytes // 4, page_bytes))
        head = f"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: image/png\r\nContent-Length: {len(body)}\r\n\r\n"
        pairs.append((ask, head.encode() + body))
    names = (("host", place.name), ("agent", _AGENT), ("uri", "/"))
    return talk(place, 80, pairs, "http-web", service="http", names=names, gap_s=0.4)


def _encode_name(name: str) -> bytes:
    return b"".join(bytes((len(part),)) + part.encode() for part in name.split(".")) + b"\0"


def ask_dns(place: Place, answer: str | None = None) -> Conversation:
    """Return a DNS question for `place.name` and its answer: an address, or that there is no such name."""
    rng = place.rng
    is_v6 = answer is not None and ":" in answer
    question = _encode_name(place.name) + struct.pack("!HH", 28 if is_v6 else 1, 1)
    number = rng.getrandbits(16)
    ask = struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + question
    reply = struct.pack("!6H", number, 0x8180 if answer else 0x8183, 1, 1 if answer else 0, 0, 0) + question
    if answer:
        data = ipaddress.ip_address(answer).packed
        reply += struct.pack("!HHHIH", 0xC00C, 28 if is_v6 else 1, 1, 300, len(data)) + data
    ends = Endpoints(place.client, place.draw_port(), place.server, 53)
    messages = [Message(place.start_us, True, ask), Message(place.start_us + rng.randint(800, 30_000), False, reply)]
    names = (("dns", place.name), *((("answer", answer),) if answer else ()))
    return hold_udp(ends, messages, link=place.link, service="dns", names=names, label="dns")


def log_in_ssh(place: Place) -> Conversation:
    """Return an interactive SSH session: banners, key exchange, keystrokes."""
    rng = place.rng
    banner = (b"SSH-2.0-OpenSSH_9.2p1\r\n", b"SSH-2.0-OpenSSH_8.9p1\r\n")
    pairs: list[tuple[bytes, bytes | None]] = [banner, (rng.randbytes(1500), rng.randbytes(1100))]
    pairs += [(rng.randbytes(36), rng.randbytes(rng.choice((36, 52, 180)))) for _ in range(30)]
    return talk(place, 22, pairs, "ssh", service="ssh")


def watch_video(place: Place, *, chunks: int = 4, chunk_bytes: int = 60_000) -> Conversation:
    """Return a video stream over TLS: a large chunk every few seconds."""
    video = dataclasses.replace(place, name="video." + place.name)
    return browse_tls_13(video, pages=chunks, page_bytes=chunk_bytes)


def send_mail(place: Place) -> Conversation:
    """Return a message delivered over SMTP."""
    body = b"Subject: minutes\r\n\r\n" + b"The meeting moved to Thursday.\r\n" * 40 + b".\r\n"
    pairs: list[tuple[bytes, bytes | None]] = [
        (b"", b"220 mail.example ESMTP\r\n"), (b"EHLO pc.example\r\n", b"250-mail.example\r\n250 SIZE 10240000\r\n"),
        (b"MAIL FROM:<a@unit.example>\r\n", b"250 OK\r\n"), (b"RCPT TO:<b@unit.example>\r\n", b"250 OK\r\n"),
        (b"DATA\r\n", b"354 go on\r\n"), (body, b"250 queued\r\n"), (b"QUIT\r\n", b"221 bye\r\n"),
    ]  # fmt: skip
    return talk(place, 25, pairs, "smtp", service="smtp", gap_s=0.2)


def flow_quic(place: Place, *, packets: int = 30) -> Conversation:
    """Return a QUIC-like UDP flow: long first packets, then data one way and short answers the other."""
    rng, now, messages = place.rng, place.start_us, []
    for number in range(packets):
        is_out = number % 3 == 0
        size = 1200 if number < 2 else rng.randint(30, 60) if is_out else rng.randint(300, 1250)
        first = (0xC3 if number < 2 else 0x43) | rng.randrange(4) << 2
        messages.append(Message(now, is_out, bytes((first,)) + rng.randbytes(size - 1)))
        now += rng.randint(300, 30_000)
    ends = Endpoints(place.client, place.draw_port(), place.server, 443)
    return hold_udp(ends, messages, link=place.link, service="quic", label="quic")


EVERYDAY = (browse_tls, browse_tls_13, fetch_http, log_in_ssh, watch_video, send_mail, flow_quic)
"""Everyday conversations, each a function of a `Place`; DNS stands apart because it needs an answer."""


def build_bulk_flows(
    rng: random.Random, client: str, port: int, server: str, *, is_endless: bool
) -> list[Conversation]:
    """Return the flows that large captures repeat, 256 of them, all between the same ends from the same port."""
    made = []
    faults = Faults(ending="none") if is_endless else NO_FAULTS
    for number in range(256):
        host, zone = rng.choice(("www", "api", "cdn", "img", "static")), rng.choice(("shop", "news", "edu"))
        name = f"{host}{number}.{zone}.example"
        place = Place(client, server, SECOND, rng, name=name, client_port=port, faults=faults)
        kind = number % 8
        if kind in {0, 1}:
            flow = browse_tls(place, pages=3, page_bytes=7000)
        elif kind in {2, 3}:
            flow = browse_tls_13(place, pages=3, page_bytes=7000)
        elif kind == 4:
            flow = fetch_http(place)
        elif kind == 5:
            flow = flow_quic(place, packets=40)
        else:
            flow = ask_dns(place, "100.64.9.9")
        made.append(flow)
    return made
