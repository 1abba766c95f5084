"""All classes of ordinary long-lived flows of low rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from paicha.simulate.quiet import devices, feeds, messaging, nearest, remote, services
from paicha.simulate.wire.columns import TCP, UDP

if TYPE_CHECKING:
    from collections.abc import Callable

    from paicha.simulate.quiet.draft import Draft

GENERATOR_VERSION = 1
"""Goes up whenever a session of the same seed would look different."""

CHANGES = ((1, "first, frozen before the score was built"),)
"""What changed with each version, and why."""


@dataclass(frozen=True, slots=True)
class QuietClass:
    """A class: how its sessions are made, on which ports and protocol, and how often and long they are.

    `tls_part` of the sessions are protected by TLS. `weight` is its share among all sessions, `tail` the exponent of
    the Pareto distribution of durations from 10 minutes up (the greater, the shorter).
    """

    name: str
    make: Callable[[Draft], None]
    ports: tuple[int, ...]
    tls_part: float = 0.0
    protocol: int = TCP
    weight: float = 1.0
    tail: float = 1.6


WEB = (443, 443, 443, 8443)

CLASSES: tuple[QuietClass, ...] = (
    QuietClass("mqtt-publisher", messaging.publish_mqtt, (1883, 8883, 443), 0.6),
    QuietClass("mqtt-subscriber", messaging.subscribe_mqtt, (1883, 8883, 443), 0.6),
    QuietClass("amqp-worker", messaging.work_queue, (5672, 5671), 0.5),
    QuietClass("push-fcm", messaging.push_fcm, (5228, 5228, 5229, 443), 1.0, tail=0.9),
    QuietClass("push-apns", messaging.push_apns, (5223, 443), 1.0, tail=0.9),
    QuietClass("websocket-chat", messaging.chat_websocket, WEB, 1.0),
    QuietClass("http-long-poll", messaging.poll_long, (443, 80, 8080), 0.8),
    QuietClass("imap-idle", messaging.idle_imap, (993, 993, 143), 0.9),
    QuietClass("ticker-fast", feeds.tick_fast, WEB, 0.95, weight=0.2, tail=4.0),
    QuietClass("ticker-slow", feeds.tick_slow, WEB, 0.95),
    QuietClass("event-stream", feeds.stream_events, WEB, 1.0),
    QuietClass("grpc-stream", feeds.stream_grpc, (443, 50051, 2379, 6443), 0.8),
    QuietClass("rpc-websocket", feeds.call_over_websocket, (443, 8546, 8000), 0.9, weight=0.4, tail=2.5),
    QuietClass("chain-heads", feeds.hear_heads, (443, 8546, 443), 0.9, weight=0.7, tail=2.0),
    QuietClass("electrum-wallet", feeds.follow_wallet, (50002, 50001), 0.8),
    QuietClass("ssh-keep-alive", remote.keep_ssh_alive, (22, 22, 2222)),
    QuietClass("ssh-shell", remote.type_in_shell, (22, 22, 2222)),
    QuietClass("desktop-idle", remote.rest_at_desktop, (3389, 443, 5938, 5900), 0.8, weight=0.5, tail=2.0),
    QuietClass("vpn-idle", remote.rest_in_vpn, (51820, 41641), protocol=UDP),
    QuietClass("vpn-light", remote.use_vpn_lightly, (51820, 41641), protocol=UDP),
    QuietClass("openvpn", remote.rest_in_openvpn, (1194, 443), protocol=UDP, weight=0.6),
    QuietClass("ipsec-nat", remote.hold_ipsec, (4500,), protocol=UDP),
    QuietClass("iot-report", devices.report_readings, (443, 8883, 5683, 9000, 80), 0.6),
    QuietClass("log-shipping", devices.ship_logs, (6514, 5044, 443, 514), 0.7),
    QuietClass("agent-check-in", devices.check_in, (443, 8443, 1514, 4505), 0.9),
    QuietClass("game-lobby", devices.wait_in_lobby, (443, 5222, 7777, 30000), 0.6, weight=0.5, tail=2.0),
    QuietClass("game-datagram", devices.play_by_datagram, (7777, 27015, 3478), protocol=UDP, weight=0.4, tail=2.5),
    QuietClass("sip-registration", devices.register_phone, (5060, 5061), 0.5),
    QuietClass("datagram-poll", devices.ask_by_datagram, (123, 161, 3478, 53), protocol=UDP),
    QuietClass("vehicle-tracker", devices.track_vehicle, (808, 6808, 5023, 8888)),
    QuietClass("database-pool", services.pool_connections, (3306, 5432, 6379, 1433), 0.3),
    QuietClass("bgp", services.route_by_bgp, (179,)),
    QuietClass("chain-peer", services.gossip_with_peers, (8333, 9333, 18333), weight=0.6),
    QuietClass("update-poll", services.poll_updates, (443, 443, 80, 8080), 0.9),
    QuietClass("folder-sync", services.sync_folders, (443,), 1.0),
    QuietClass("cluster-session", services.share_state, (2181, 2379, 9092), 0.3, weight=0.3, tail=3.0),
    QuietClass("market-orders", nearest.trade_on_market, (443, 443, 9443, 3333), 0.9, weight=1.5),
    QuietClass("device-commands", nearest.command_device, (443, 8883, 4444, 9000), 0.7, weight=1.5),
    QuietClass("turn-game", nearest.take_turns, (443, 5555, 7777, 3333), 0.7, weight=1.5),
    QuietClass("work-sharing", nearest.share_work, (443, 80, 5555, 8080), 0.7, weight=1.5),
    QuietClass("silent-listener", nearest.wait_for_pushes, (443, 8883, 4444, 8080), 0.8, weight=1.5),
    QuietClass("auction", nearest.bid_at_auction, (443, 8443), 1.0, weight=1.5),
)  # fmt: skip
"""Every class; the last six are those nearest to mining."""

NAMES = tuple(one.name for one in CLASSES)
