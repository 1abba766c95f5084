"""Flow records as an exporter would have made them of packets: sampled, and cut by its timeouts."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from bench.inputs import CAPTURES
from bench.timing import FailedCommandError
from paicha.packs.traffic.tables import FLOWS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from paicha.simulate.wire.columns import Connections, Packets

IP_HEADER, TCP_HEADER, SYN_OPTION, STAMP_OPTION, UDP_HEADER, ESP_HEADER = 20, 20, 4, 12, 8, 0
SYN = 2


@dataclass(frozen=True, slots=True)
class Seen:
    """Packets by connection and time: number of the connection, time in us, whether the client sent it, IP bytes.

    `ends` has site, client, client port, server, server port, protocol of each connection.
    """

    connection: NDArray[np.int64]
    time_us: NDArray[np.int64]
    is_out: NDArray[np.bool_]
    size: NDArray[np.int64]
    ends: Sequence[tuple[str, str, int, str, int, int]]

    def sample(self, one_in: int, seed: int) -> Seen:
        """Return the packets that a sampler keeps that takes each with a probability of 1 in so many."""
        kept = np.random.default_rng((seed, one_in)).random(len(self.time_us)) < 1.0 / one_in
        return Seen(self.connection[kept], self.time_us[kept], self.is_out[kept], self.size[kept], self.ends)


def read_packets(files: Sequence[Path]) -> Seen:
    """Return the TCP packets over IPv4 of captures, as tshark reads them; the client is who has the higher port.

    Raises:
        FailedCommandError: tshark failed or is not installed.
    """
    fields = ("frame.time_epoch", "ip.src", "tcp.srcport", "ip.dst", "tcp.dstport", "ip.len")
    words = [word for name in fields for word in ("-e", name)]
    rows, ends = [], {}
    for file in files:
        site = str(file.relative_to(CAPTURES)) if file.is_relative_to(CAPTURES) else file.name
        command = ["tshark", "-n", "-r", str(file), "-Y", "tcp && ip && !icmp", "-T", "fields", *words]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise FailedCommandError(f"tshark: {error}") from error
        for line in done.stdout.splitlines():
            time, source, sport, target, dport, size = line.split("\t")
            one, two = (source, int(sport)), (target, int(dport))
            is_out = one[1] > two[1]
            client, server = (one, two) if is_out else (two, one)
            number = ends.setdefault((site, *client, *server, 6), len(ends))
            rows.append((number, round(float(time) * 1e6), is_out, int(size)))
    columns = np.array(rows, np.int64).reshape(-1, 4)
    columns = columns[np.lexsort((columns[:, 1], columns[:, 0]))]
    return Seen(columns[:, 0], columns[:, 1], columns[:, 2] > 0, columns[:, 3], list(ends))


def take_packets(connections: Connections, packets: Packets, site: str) -> Seen:
    """Return simulated packets in this form; each connection is a site of its own."""
    protocol = connections.protocol[packets.connection]
    head = np.where(protocol == 6, TCP_HEADER, np.where(protocol == 17, UDP_HEADER, ESP_HEADER))
    head = head + np.where((protocol == 6) & (packets.flags & SYN > 0), SYN_OPTION, 0)
    head = head + np.where((protocol == 6) & connections.has_timestamps[packets.connection], STAMP_OPTION, 0)
    order = np.lexsort((packets.time_us, packets.connection))
    ends = [
        (f"{site}|{n}", f"10.{c >> 16 & 255}.{c >> 8 & 255}.{c & 255}", p, f"198.18.{s >> 8 & 255}.{s & 255}", q, k)
        for n, (c, p, s, q, k) in enumerate(
            zip(*(getattr(connections, name).tolist() for name in
                  ("client", "client_port", "server", "server_port", "protocol")), strict=True)
        )
    ]  # fmt: skip
    size = IP_HEADER + head + packets.payload
    number = packets.connection.astype(np.int64)
    return Seen(number[order], packets.time_us[order], packets.to_server[order], size[order].astype(np.int64), ends)


def export(seen: Seen, active_s: float, inactive_s: float, sampling: int = 1) -> pa.Table:
    """Return rows of `flows`: a record ends `active_s` after it began, or when nothing came for `inactive_s`."""
    if not len(seen.time_us):
        return FLOWS.arrow.empty_table()
    change = np.flatnonzero(_find_cuts(seen, round(active_s * 1e6), round(inactive_s * 1e6)))
    last = np.append(change[1:], len(seen.time_us)) - 1
    counts = {}
    for name, chosen in (("out", seen.is_out), ("in", ~seen.is_out)):
        counts[f"packets_{name}"] = np.add.reduceat(chosen.astype(np.int64), change)
        counts[f"bytes_{name}"] = np.add.reduceat(np.where(chosen, seen.size, 0), change)
    ends = [seen.ends[number] for number in seen.connection[change].tolist()]
    size = len(change)
    columns = {
        "site": [e[0] for e in ends], "source": ["made"] * size, "sensor": ["table"] * size,
        "client_ip": [e[1] for e in ends], "client_port": [e[2] for e in ends], "server_ip": [e[3] for e in ends],
        "server_port": [e[4] for e in ends], "protocol": [e[5] for e in ends], "started": seen.time_us[change],
        "ended": seen.time_us[last], "sampling": [float(sampling)] * size, **counts,
    }  # fmt: skip
    return pa.table([pa.array(columns[n], FLOWS.arrow.field(n).type) for n in FLOWS.names], schema=FLOWS.arrow)


def _find_cuts(seen: Seen, active_us: int, inactive_us: int) -> NDArray[np.bool_]:
    """Return which packets begin a record."""
    cuts = np.zeros(len(seen.time_us), np.bool_)
    connection, begun, before = -1, 0, 0
    for place, (number, time) in enumerate(zip(seen.connection.tolist(), seen.time_us.tolist(), strict=True)):
        if number != connection or time - begun > active_us or time - before > inactive_us:
            cuts[place] = True
            connection, begun = number, time
        before = time
    return cuts
