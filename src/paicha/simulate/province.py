"""A province in miniature: captures, logs, flow records and lists of one morning, and the truth about them."""

from __future__ import annotations

import dataclasses
import random
from typing import TYPE_CHECKING

from paicha.simulate.bystanders import EVERYDAY, ask_dns
from paicha.simulate.captures import write_rotated
from paicha.simulate.lists_of_province import build_indicators, build_reports, build_units
from paicha.simulate.logs.eve import write_eve
from paicha.simulate.logs.lists import write_indicators, write_report_list, write_units
from paicha.simulate.logs.netflow import write_nfdump
from paicha.simulate.logs.zeek import write_zeek_logs
from paicha.simulate.lookalikes import LOOKALIKES, Place, talk
from paicha.simulate.miners import plan_miner, run_session
from paicha.simulate.population import MINERS, UNITS, Plan, find_pool
from paicha.simulate.tls import build_client_hello, build_data, build_server_hello
from paicha.simulate.truth import AddressTruth, FlowTruth, SessionTruth, Truth, write_truth

if TYPE_CHECKING:
    from pathlib import Path

    from paicha.simulate.conversations import Conversation
    from paicha.simulate.frames import Packet

START_US = 1_748_829_600_000_000
"""2025-06-02 10:00 in Beijing."""

DURATION_S = 2400.0
RESOLVER = "10.255.0.53"
SECOND = 1_000_000

NAME_ONLY = ((0, 24), (3, 52), (5, 74))
"""Hosts (unit, number) of which only lookups of pools' names are seen."""

ENCRYPTED = ((2, 42), (7, 97))
"""Hosts that mine over TLS: the pool's name stands in the ClientHello, nothing else is readable."""

FLOW_ONLY = ((6, 83),)
"""Hosts whose connections to a pool are seen in flow records alone."""

LISTED_ONLY = ((2, 43), (3, 53), (4, 63))
"""Hosts that only the superior body's list names."""

_PORTS_OF_UNITS = {"zeek": (0, 1, 2), "eve": (3, 5, 7)}


class _Scene:
    """Everything that happens, as it is collected."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.packets: list[Packet] = []
        self.sessions: list[SessionTruth] = []
        self.flows: list[tuple[int, FlowTruth, bool]] = []
        self.verdicts: dict[str, tuple[int, str, list[str]]] = {}

    def mark(self, address: str, unit: int, verdict: str, reason: str) -> None:
        """Note what an address does; the strongest word stands."""
        order = ("ordinary", "listed-only", "flow-only", "names-only", "attempt", "refused", "mining")
        known = self.verdicts.get(address, (unit, "ordinary", []))
        stronger = max(known[1], verdict, key=order.index)
        self.verdicts[address] = (unit, stronger, [*known[2], reason] if reason else known[2])

    def add(self, unit: int, held: Conversation, *, is_captured: bool = True) -> None:
        """Take a conversation into the capture (where the sensor stands) and the logs."""
        if is_captured:
            self.packets += held.packets
        self.flows.append((unit, held.flow, is_captured))


def find_address(unit: int, host: int, copy: int = 0) -> str:
    """Return the address of a host of a unit; `copy` numbers the repetitions of a larger province."""
    parts = UNITS[unit].hosts.split(".")
    return ".".join([*parts[:2], str(int(parts[2]) + copy), str(host)])


def _mine(scene: _Scene, plan: Plan, copy: int, number: int) -> None:
    rng = scene.rng
    address = plan.address if plan.address and copy == 0 else find_address(plan.unit, plan.host, copy)
    host, server = "", ""
    begin = rng.uniform(20.0, 400.0)
    # one in seven began before the sensor was switched on
    is_joined = number % 7 == 3
    start_us = START_US + round((-600.0 if is_joined else begin) * SECOND)
    length = DURATION_S + 500.0 if is_joined else DURATION_S - begin - rng.uniform(20.0, 300.0)
    spec = plan_miner(plan.profile, rng, client=address, server="203.0.113.9", start_us=start_us, duration_s=length)
    host, server = find_pool(spec.coin)
    if ":" in address:
        server = "2001:db8:ffff::" + server.rsplit(".", 1)[1]
    spec = dataclasses.replace(spec, host=host, server=server, **plan.changes)
    if is_joined:
        spec = dataclasses.replace(spec, faults=dataclasses.replace(spec.faults, joined_us=START_US))
    session = run_session(spec, rng.getrandbits(32))
    scene.packets += session.packets
    scene.sessions.append(session.truth)
    scene.flows += [(plan.unit, flow, True) for flow in session.flows]
    scene.mark(address, plan.unit, session.truth.state, f"{spec.dialect} {plan.note}".strip())
    if not is_joined and ":" not in address:
        place = Place(address, RESOLVER, start_us - 90_000, rng, name=host)
        scene.add(plan.unit, ask_dns(place, server))


def mine_over_tls(place: Place, port: int, jobs: int) -> Conversation:
    """Return a mining session inside TLS 1.3 to the pool `place.name`: jobs pushed, few shares, one long session."""
    rng = place.rng
    pairs: list[tuple[bytes, bytes | None]] = [
        (build_client_hello(place.name, rng, alpn=()), build_server_hello(rng) + build_data(1200, rng)),
        (build_data(74, rng), build_data(510, rng)),
        (build_data(440, rng), build_data(400, rng)),
    ]
    for _ in range(jobs):
        pairs.append((b"", build_data(357, rng)))
        if rng.random() < 0.4:
            pairs.append((build_data(169, rng), build_data(42, rng)))
    return talk(place, port, pairs, "mining-tls", service="ssl", names=(("sni", place.name),))


def _hint(scene: _Scene, copy: int) -> None:
    """Play the hosts that are seen by names, in flow records or on the list alone."""
    rng = scene.rng
    for unit, host in NAME_ONLY:
        address, (name, server) = find_address(unit, host, copy), find_pool("XMR")
        for turn in range(4):
            start = START_US + round(rng.uniform(0, 500) + turn * 500) * SECOND
            scene.add(unit, ask_dns(Place(address, RESOLVER, start, rng, name=name), server))
        scene.mark(address, unit, "names-only", f"lookups of {name}")
    for unit, host in ENCRYPTED:
        address, (name, server) = find_address(unit, host, copy), find_pool("XMR")
        start = START_US + round(rng.uniform(30, 200) * SECOND)
        place = Place(address, server, start, rng, DURATION_S - 400, name=name)
        held = mine_over_tls(place, 443, 60)
        truth = dataclasses.replace(held.flow, nature="mining")
        scene.add(unit, dataclasses.replace(held, flow=truth))
        scene.mark(address, unit, "names-only", f"TLS to {name}")
    for unit, host in FLOW_ONLY:
        address, (_, server) = find_address(unit, host, copy), find_pool("BTC")
        held = mine_over_tls(Place(address, server, START_US + 60 * SECOND, rng, DURATION_S - 300), 3333, 60)
        truth = dataclasses.replace(held.flow, nature="mining", names=(), service=None, label="mining-flow")
        scene.add(unit, dataclasses.replace(held, flow=truth), is_captured=False)
        scene.mark(address, unit, "flow-only", "flow records to a pool's address")
    for unit, host in LISTED_ONLY:
        scene.mark(find_address(unit, host, copy), unit, "listed-only", "on the list handed down")


def _live(scene: _Scene, copy: int) -> None:
    """Play the ordinary hosts: everyday traffic in every unit, and each hard negative somewhere."""
    rng = scene.rng
    for number, make in enumerate((*LOOKALIKES, *EVERYDAY * 6)):
        unit = number % len(UNITS)
        address = find_address(unit, 150 + number % 60, copy)
        server = f"192.0.2.{20 + number % 200}"
        start = START_US + round(rng.uniform(5, DURATION_S - 800) * SECOND)
        duration = 700.0 if make in LOOKALIKES else 30.0
        name = (
            f"{rng.choice(('www', 'mail', 'portal', 'docs'))}{number}.{rng.choice(('news', 'shop', 'campus'))}.example"
        )
        place = Place(address, server, start, rng, duration, name=name)
        lookup = Place(address, RESOLVER, start - 60_000, rng, name=name)
        scene.add(unit, ask_dns(lookup, server if number % 9 else None))
        scene.add(unit, make(place))
        scene.mark(address, unit, "ordinary", "")


def _list_addresses(scene: _Scene) -> tuple[AddressTruth, ...]:
    rows = []
    for address, (unit, verdict, reasons) in sorted(scene.verdicts.items()):
        owner = UNITS[unit]
        rows.append(
            AddressTruth(
                address, verdict, owner.name or None, owner.nature if owner.is_filed else None,
                owner.region or None, owner.is_nat, tuple(reasons),
            )
        )  # fmt: skip
    return tuple(rows)


def _count(truth_addresses: tuple[AddressTruth, ...], scene: _Scene) -> dict[str, int]:
    counts = {"sessions": len(scene.sessions), "packets": len(scene.packets), "flows": len(scene.flows)}
    for row in truth_addresses:
        counts[f"addresses {row.verdict}"] = counts.get(f"addresses {row.verdict}", 0) + 1
    mining = [row for row in truth_addresses if row.verdict in {"mining", "refused"}]
    counts["units mining"] = len({row.unit for row in mining if row.unit})
    for field in ("submitted", "accepted", "rejected", "duplicate"):
        counts[f"shares {field}"] = sum(getattr(session, field) for session in scene.sessions)
    return counts


def _write_files(directory: Path, scene: _Scene, addresses: tuple[AddressTruth, ...], seed: int) -> tuple[str, ...]:
    rng = random.Random(seed + 1)
    for name in ("captures", "zeek", "flows", "lists"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    scene.packets.sort(key=lambda packet: packet.time_us)
    write_rotated(directory / "captures", "exit", scene.packets, 3)
    zeek = [flow for unit, flow, captured in scene.flows if captured and unit in _PORTS_OF_UNITS["zeek"]]
    eve = [flow for unit, flow, captured in scene.flows if captured and unit in _PORTS_OF_UNITS["eve"]]
    write_zeek_logs(directory / "zeek", zeek)
    write_eve(directory / "eve.json", eve)
    write_nfdump(directory / "flows" / "exit.csv", [flow for _, flow, _ in scene.flows])
    write_report_list(directory / "lists" / "batch-2025-06.csv", build_reports(addresses, START_US, rng))
    write_units(directory / "units.csv", build_units(rng))
    write_indicators(directory / "indicators.csv", build_indicators())
    return tuple(sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()))


def write_province(directory: Path, seed: int = 1, size: int = 1) -> Truth:
    """Return the truth of the province written into `directory`.

    Files: `captures/exit-NNN.pcap` (one sensor, rotated), `zeek/*.log` (the universities' own sensor), `eve.json`
    (three other units'), `flows/exit.csv` (nfdump 1.6, the province's exit), `lists/*.csv` (handed down), `units.csv`
    (filings), `indicators.csv` (pools), `truth.json`. `size` repeats the population at other addresses of the same
    units. The same seed and size give the same bytes.

    Raises:
        ValueError: the size is not 1 to 4, for which the units' ranges have room.
    """
    if not 1 <= size <= 4:
        raise ValueError(f"a province has size 1 to 4, not {size}")
    scene = _Scene(seed)
    for copy in range(size):
        for number, plan in enumerate(MINERS):
            _mine(scene, plan, copy, number)
        _hint(scene, copy)
        _live(scene, copy)
    addresses = _list_addresses(scene)
    files = _write_files(directory, scene, addresses, seed)
    rates: dict[str, float] = {}
    hidden: dict[str, float] = {}
    for session in scene.sessions:
        if session.state == "mining":
            sums = rates if session.is_rate_visible else hidden
            sums[session.algorithm] = sums.get(session.algorithm, 0.0) + session.hash_rate
    truth = Truth(
        seed=seed, start_us=START_US, end_us=START_US + round(DURATION_S * SECOND), sessions=tuple(scene.sessions),
        flows=tuple(flow for _, flow, _ in scene.flows), addresses=addresses, hash_rate=rates, hidden_rate=hidden,
        counts=_count(addresses, scene), files=files,
    )  # fmt: skip
    write_truth(directory / "truth.json", truth)
    return truth
