"""Ordinary traffic that looks like mining at a glance: node and wallet RPC, Electrum, language servers, P2P nodes."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from paicha.simulate.conversations import DIRECT, NO_FAULTS, Conversation, Endpoints, Faults, Message, hold_tcp
from paicha.simulate.dialects.http import build_request, build_response
from paicha.simulate.websockets import build_frame, build_upgrade

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

    from paicha.simulate.frames import Link

SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when an ordinary conversation happens."""

    client: str
    server: str
    start_us: int
    rng: random.Random
    duration_s: float = 60.0
    link: Link = DIRECT
    name: str = "service.example"
    client_port: int | None = None
    faults: Faults = NO_FAULTS

    def draw_port(self) -> int:
        """Return the client's port, an ephemeral one unless it is given."""
        return self.client_port or self.rng.randint(32768, 60999)


def _compact(body: Any) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


def talk(
    place: Place, port: int, exchanges: Iterable[tuple[bytes, bytes | None]], label: str, *, service: str | None = None,
    names: tuple[tuple[str, str], ...] = (), gap_s: float | None = None,
) -> Conversation:  # fmt: skip
    """Return a TCP conversation of questions and answers spread over the place's time (an empty question is a push)."""
    rng, pairs = place.rng, list(exchanges)
    gap = gap_s if gap_s is not None else place.duration_s / max(1, len(pairs))
    now, messages = place.start_us + 70_000, []
    for question, answer in pairs:
        if question:
            messages.append(Message(now, True, question))
        if answer:
            messages.append(Message(now + rng.randint(20_000, 60_000), False, answer))
        now += max(80_000, round(gap * SECOND * rng.uniform(0.5, 1.5)))
    ends = Endpoints(place.client, place.draw_port(), place.server, port)
    return hold_tcp(
        ends, messages, start_us=place.start_us, rng=rng, link=place.link, faults=place.faults, service=service,
        names=names, label=label,
    )  # fmt: skip


def _rpc(
    place: Place, port: int, calls: list[tuple[str, Any, Any]], label: str, *, path: str = "/", agent: str,
    has_login: bool = True, version: str = "1.0",
) -> Conversation:  # fmt: skip
    headers = {"Host": f"{place.name}:{port}", "User-Agent": agent, "Content-Type": "application/json"}
    if has_login:
        token = base64.b64encode(b"rpcuser:" + place.rng.randbytes(6).hex().encode()).decode()
        headers["Authorization"] = "Basic " + token
    pairs = []
    for number, (method, params, result) in enumerate(calls):
        ask = _compact({"jsonrpc": version, "id": number, "method": method, "params": params})
        reply = _compact({"result": result, "error": None, "id": number})
        pairs.append((build_request("POST", path, headers, ask), build_response(reply)))
    names = (("host", f"{place.name}:{port}"), ("agent", agent), ("uri", path))
    return talk(place, port, pairs, label, service="http", names=names)


def call_bitcoin_wallet(place: Place) -> Conversation:
    """Return a wallet's JSON-RPC over HTTP with bitcoind; what it never calls is getblocktemplate."""
    rng = place.rng
    block = rng.randbytes(32).hex()
    chain = {"chain": "main", "blocks": 868_000, "bestblockhash": block, "difficulty": 101646843652785.2}
    mining = {"blocks": 868_000, "difficulty": 101646843652785.2, "networkhashps": 7.2e20, "pooledtx": 51_234}
    calls: list[tuple[str, Any, Any]] = [
        ("getblockchaininfo", [], chain), ("getbalance", ["*", 6], 1.25), ("listunspent", [6, 9999999, []], []),
        ("getmininginfo", [], mining), ("getblockhash", [868_000], block), ("estimatesmartfee", [6], {"feerate": 1e-4}),
        ("sendrawtransaction", [rng.randbytes(220).hex()], rng.randbytes(32).hex()), ("getnewaddress", [""], "x"),
    ]  # fmt: skip
    return _rpc(place, 8332, calls * 3, "bitcoin-wallet-rpc", agent="bitcoin-cli")


def call_geth_http(place: Place) -> Conversation:
    """Return calls to an Ethereum node over HTTP, its questions about mining among them."""
    rng = place.rng
    call = {"to": "0x" + rng.randbytes(20).hex(), "data": "0x70a08231" + rng.randbytes(32).hex()}
    calls: list[tuple[str, Any, Any]] = [
        ("eth_blockNumber", [], "0x14d2c1f"), ("eth_getBalance", ["0x" + rng.randbytes(20).hex(), "latest"], "0x0"),
        ("eth_mining", [], False), ("eth_hashrate", [], "0x0"), ("eth_call", [call, "latest"], "0x" + "0" * 64),
        ("eth_sendRawTransaction", ["0x" + rng.randbytes(110).hex()], "0x" + rng.randbytes(32).hex()),
    ]  # fmt: skip
    return _rpc(place, 8545, calls * 4, "geth-http-rpc", agent="go-ethereum/rpc", has_login=False, version="2.0")


def _geth_pairs(place: Place) -> list[tuple[bytes, bytes | None]]:
    rng = place.rng
    topic = "0x" + rng.randbytes(16).hex()
    pairs: list[tuple[bytes, bytes | None]] = [
        (
            _compact({"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"]}),
            _compact({"jsonrpc": "2.0", "id": 1, "result": topic}),
        )
    ]
    for number in range(12):
        head = {
            "parentHash": "0x" + rng.randbytes(32).hex(), "difficulty": "0x0", "number": hex(21_000_000 + number),
            "nonce": "0x0000000000000000", "mixHash": "0x" + rng.randbytes(32).hex(),
        }  # fmt: skip
        push = {"jsonrpc": "2.0", "method": "eth_subscription", "params": {"subscription": topic, "result": head}}
        pairs.append((b"", _compact(push)))
        if number % 3 == 0:
            ask = {"jsonrpc": "2.0", "id": number + 2, "method": "eth_gasPrice", "params": []}
            pairs.append((_compact(ask), _compact({"jsonrpc": "2.0", "id": number + 2, "result": "0x12a05f200"})))
    return pairs


def call_geth_tcp(place: Place) -> Conversation:
    """Return an Ethereum node's JSON-RPC in lines over TCP, with a subscription to new heads."""
    pairs = [(ask + b"\n" if ask else b"", answer and answer + b"\n") for ask, answer in _geth_pairs(place)]
    return talk(place, 8546, pairs, "geth-tcp-rpc")


def _over_websocket(place: Place, port: int, pairs: list[tuple[bytes, bytes | None]], label: str) -> Conversation:
    upgrade = build_upgrade(f"{place.name}:{port}", "/ws", place.rng)
    framed: list[tuple[bytes, bytes | None]] = [upgrade]
    for ask, answer in pairs:
        framed.append((build_frame(ask, place.rng) if ask else b"", build_frame(answer) if answer else None))
    return talk(place, port, framed, label, service="http", names=(("host", f"{place.name}:{port}"), ("uri", "/ws")))


def call_geth_websocket(place: Place) -> Conversation:
    """Return the same over WebSocket."""
    return _over_websocket(place, 8546, _geth_pairs(place), "geth-ws-rpc")


def call_monero_daemon(place: Place) -> Conversation:
    """Return a Monero wallet's calls to a daemon: get_info, heights, a transaction submitted."""
    rng = place.rng
    info = {"height": 3_300_000, "difficulty": 480_000_000_000, "target": 120, "status": "OK", "offline": False}
    calls: list[tuple[str, Any, Any]] = [
        ("get_info", {}, info), ("get_block_count", {}, {"count": 3_300_000, "status": "OK"}),
        ("get_fee_estimate", {}, {"fee": 20_000, "status": "OK"}), ("hard_fork_info", {}, {"version": 16}),
        ("submit_transfer", {"tx_data_hex": rng.randbytes(300).hex()}, {"status": "OK"}),
    ]  # fmt: skip
    return _rpc(
        place, 18081, calls * 4, "monero-daemon-rpc", path="/json_rpc", agent="monero-wallet-rpc", has_login=False,
        version="2.0",
    )  # fmt: skip


def use_electrum(place: Place) -> Conversation:
    """Return an Electrum wallet's session: newline JSON, subscriptions and pushes."""
    rng = place.rng
    header = {"height": 868_000, "hex": rng.randbytes(80).hex()}
    pairs: list[tuple[bytes, bytes | None]] = []

    def call(method: str, params: list[Any], result: Any) -> None:
        number = len(pairs)
        ask = {"jsonrpc": "2.0", "method": method, "params": params, "id": number}
        pairs.append((_compact(ask) + b"\n", _compact({"jsonrpc": "2.0", "result": result, "id": number}) + b"\n"))

    call("server.version", ["electrum/4.5.5", "1.4"], ["ElectrumX 1.16.0", "1.4"])
    call("blockchain.headers.subscribe", [], header)
    for _ in range(10):
        call("blockchain.scripthash.subscribe", [rng.randbytes(32).hex()], rng.randbytes(32).hex())
    call("blockchain.estimatefee", [5], 0.0001)
    for number in range(6):
        latest = [header | {"height": 868_001 + number}]
        push = {"jsonrpc": "2.0", "method": "blockchain.headers.subscribe", "params": latest}
        pairs.append((b"", _compact(push) + b"\n"))
        call("server.ping", [], None)
    return talk(place, 50001, pairs, "electrum")


def serve_language(place: Place) -> Conversation:
    """Return an editor's language server session: JSON-RPC framed by Content-Length."""

    def frame(body: dict[str, Any]) -> bytes:
        data = _compact(body)
        return f"Content-Length: {len(data)}\r\n\r\n".encode() + data

    root = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"processId": 4711, "rootUri": "file:///w"}}
    pairs: list[tuple[bytes, bytes | None]] = [
        (frame(root), frame({"jsonrpc": "2.0", "id": 0, "result": {"capabilities": {"hoverProvider": True}}})),
        (frame({"jsonrpc": "2.0", "method": "initialized", "params": {}}), None),
    ]
    for number in range(1, 30):
        document = {"uri": "file:///w/a.py", "version": number}
        change = {"textDocument": document, "contentChanges": [{"text": "x = 1\n" * 9}]}
        problem = {"uri": "file:///w/a.py", "diagnostics": [{"severity": 2, "message": "unused"}]}
        pairs.append(
            (
                frame({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": change}),
                frame({"jsonrpc": "2.0", "method": "textDocument/publishDiagnostics", "params": problem}),
            )
        )
    return talk(place, 2087, pairs, "language-server")


def _application_pairs(place: Place) -> list[tuple[bytes, bytes | None]]:
    """Return calls named as mining's are, of an application that has nothing to do with it."""
    rng = place.rng
    session = rng.randbytes(8).hex()
    ok = {"status": "OK"}
    login = {"login": "zhang.wei", "pass": "secret", "agent": "CRM-Client/2.4 (Windows NT 10.0)"}
    calls: list[tuple[str, Any, Any]] = [
        ("login", login, {"id": session, "status": "OK"}),
        ("subscribe", ["orders", "prices"], [["orders", "1"], ["prices", "2"]]),
        ("authorize", ["zhang.wei", "token"], True),
    ]
    for number in range(12):
        calls.append(("submit", {"id": session, "job_id": f"print-{number}", "form": {"rows": number}}, ok))
        if number % 4 == 3:
            calls.append(("keepalived", {"id": session}, ok))
    pairs: list[tuple[bytes, bytes | None]] = []
    for number, (method, params, result) in enumerate(calls):
        ask = {"jsonrpc": "2.0", "id": number + 1, "method": method, "params": params}
        pairs.append((_compact(ask), _compact({"jsonrpc": "2.0", "id": number + 1, "result": result, "error": None})))
        if number % 3 == 2:
            job = {"jsonrpc": "2.0", "method": "job", "params": {"job_id": f"print-{number}", "state": "done"}}
            pairs.append((b"", _compact(job)))
    return pairs


def call_application(place: Place) -> Conversation:
    """Return an ordinary application's JSON-RPC in lines over TCP, with methods login, submit, job and subscribe."""
    pairs = [(ask + b"\n" if ask else b"", answer and answer + b"\n") for ask, answer in _application_pairs(place)]
    return talk(place, 3333, pairs, "application-rpc")


def call_application_websocket(place: Place) -> Conversation:
    """Return the same over WebSocket."""
    return _over_websocket(place, 8080, _application_pairs(place), "application-ws-rpc")


def chat_in_lines(place: Place) -> Conversation:
    """Return chat and telemetry as JSON in lines, long-lived and slow, the server pushing now and then."""
    rng, pairs = place.rng, []
    for number in range(40):
        report = {"id": number, "ts": 1700000000 + number * 30, "device": "s-17", "temp": round(rng.gauss(21, 1), 2)}
        ack = {"id": number, "result": True, "error": None}
        pairs.append((_compact(report) + b"\n", _compact(ack) + b"\n"))
    return talk(place, 4444, pairs, "json-telemetry")


def stay_connected(place: Place) -> Conversation:
    """Return an MQTT-like session: small binary messages at a steady, low rate for a long time."""
    topic = b"plant/7/power"
    publish = b"\x30" + bytes((2 + len(topic) + 8,)) + struct.pack("!H", len(topic)) + topic
    connect = b"\x10\x13\x00\x04MQTT\x04\x02\x00\x3c\x00\x07meter07"
    pairs: list[tuple[bytes, bytes | None]] = [(connect, b"\x20\x02\0\0")]
    for number in range(40):
        pairs.append((publish + place.rng.randbytes(8), None))
        if number % 4 == 0:
            pairs.append((b"\xc0\0", b"\xd0\0"))
    return talk(place, 1883, pairs, "mqtt")


def _build_bitcoin(command: bytes, payload: bytes) -> bytes:
    check = hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    return b"\xf9\xbe\xb4\xd9" + command.ljust(12, b"\0") + struct.pack("<I", len(payload)) + check + payload


def run_bitcoin_node(place: Place) -> Conversation:
    """Return a Bitcoin node's P2P session: version, verack, inventories, pings."""
    rng = place.rng
    version = struct.pack("<iQq", 70016, 9, 1700000000) + rng.randbytes(60) + b"\x10/Satoshi:27.0.0/" + bytes(5)
    pairs: list[tuple[bytes, bytes | None]] = [
        (_build_bitcoin(b"version", version), _build_bitcoin(b"version", version)),
        (_build_bitcoin(b"verack", b""), _build_bitcoin(b"verack", b"")),
    ]
    for _ in range(20):
        inventory = b"\x01\x01\0\0\0" + rng.randbytes(32)
        nonce = rng.randbytes(8)
        pairs.append((b"", _build_bitcoin(b"inv", inventory)))
        spent = b"\x01" + rng.randbytes(36) + b"\x6b" + rng.randbytes(107) + b"\xff\xff\xff\xff"
        paid = b"\x01" + struct.pack("<Q", rng.randint(10**4, 10**9)) + b"\x19" + rng.randbytes(25)
        transaction = b"\x01\0\0\0" + spent + paid + bytes(4)
        pairs.append((_build_bitcoin(b"getdata", inventory), _build_bitcoin(b"tx", transaction)))
        pairs.append((_build_bitcoin(b"ping", nonce), _build_bitcoin(b"pong", nonce)))
    return talk(place, 8333, pairs, "bitcoin-node")


def run_monero_node(place: Place) -> Conversation:
    """Return a Monero node's P2P session in the Levin protocol."""
    rng = place.rng

    def build(command: int, payload: bytes, flags: int) -> bytes:
        return struct.pack("<QQBIiII", 0x0101010101012101, len(payload), 1, command, 0, flags, 1) + payload

    pairs: list[tuple[bytes, bytes | None]] = [(build(1001, rng.randbytes(200), 1), build(1001, rng.randbytes(900), 2))]
    pairs += [(build(1002, rng.randbytes(60), 1), build(1002, rng.randbytes(80), 2)) for _ in range(15)]
    return talk(place, 18080, pairs, "monero-node")


LOOKALIKES = (
    call_bitcoin_wallet, call_geth_http, call_geth_tcp, call_geth_websocket, call_monero_daemon, use_electrum,
    serve_language, call_application, call_application_websocket, chat_in_lines, stay_connected, run_bitcoin_node,
    run_monero_node,
)  # fmt: skip
"""Every hard negative: a function of a `Place`; the flow's label says what it is."""
