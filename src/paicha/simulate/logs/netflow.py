"""NetFlow as nfdump prints it in CSV: the long form of 1.6 and early 1.7, and the short one of later 1.7."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from paicha.simulate.truth import FlowTruth

LONG_HEADER = (
    "ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt,opkt,obyt,in,out,sas,das,smk,dmk,dtos,dir,nh,nhb,svln,dvln,ismc,odmc,"
    "idmc,osmc,mpls1,mpls2,mpls3,mpls4,mpls5,mpls6,mpls7,mpls8,mpls9,mpls10,cl,sl,al,ra,eng,exid,tr"
)
SHORT_HEADER = "firstSeen,duration,proto,srcAddr,srcPort,dstAddr,dstPort,packets,bytes,flows"

_NOBODY = "0.0.0.0"  # noqa: S104 -- an address that is not known

ACTIVE_TIMEOUT_US = 300_000_000
"""Long flows are exported in pieces of five minutes, as routers do."""


def _split(flow: FlowTruth, is_back: bool) -> Iterator[tuple[int, int, int, int]]:
    """Return (first, last, packets, bytes) of each exported piece of one direction, counts spread evenly."""
    total = (flow.packets_in, flow.bytes_in) if is_back else (flow.packets_out, flow.bytes_out)
    span = max(1, flow.end_us - flow.start_us)
    pieces = 1 + (span - 1) // ACTIVE_TIMEOUT_US
    for piece in range(pieces):
        low, high = piece * total[0] // pieces, (piece + 1) * total[0] // pieces
        first = flow.start_us + piece * span // pieces
        size = total[1] * high // max(1, total[0]) - total[1] * low // max(1, total[0])
        if high > low:
            yield first, flow.start_us + (piece + 1) * span // pieces, high - low, size


def _write_time(time_us: int, digits: int) -> str:
    text = datetime.fromtimestamp(time_us / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return text[:19] if digits == 0 else text[:23]


def write_nfdump(
    path: Path, flows: Sequence[FlowTruth], *, version: str = "1.6", sampling: int = 1, seed: int = 1
) -> int:
    """Return the number of records written: one per direction and five minutes, times in UTC.

    With `sampling` n one packet in n is seen (flows of which none is seen are missing) and the counts are those seen,
    as exporters give them when nobody scales. `version` is 1.6 (the long form) or 1.7 (the short one).

    Raises:
        ValueError: the version is unknown.
    """
    if version not in {"1.6", "1.7"}:
        raise ValueError(f"no such version of nfdump: {version!r}")
    rng, count = np.random.default_rng(seed), 0
    total_bytes = total_packets = 0
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write((LONG_HEADER if version == "1.6" else SHORT_HEADER) + "\n")
        for flow in sorted(flows, key=lambda one: one.start_us):
            for is_back in (False, True):
                for first, last, packets, size in _split(flow, is_back):
                    seen = packets if sampling == 1 else int(rng.binomial(packets, 1 / sampling))
                    if seen == 0:
                        continue
                    octets = size * seen // packets
                    stream.write(_write_record(flow, is_back, first, last, seen, octets, version) + "\n")
                    count, total_bytes, total_packets = count + 1, total_bytes + octets, total_packets + seen
        if version == "1.6":
            stream.write("Summary\nflows,bytes,packets,avg_bps,avg_pps,avg_bpp\n")
            stream.write(f"{count},{total_bytes},{total_packets},0,0,{total_bytes // max(1, total_packets)}\n")
    return count


def _write_record(
    flow: FlowTruth, is_back: bool, first: int, last: int, packets: int, octets: int, version: str
) -> str:
    there, back = (flow.client, flow.client_port), (flow.server, flow.server_port)
    source, target = (back, there) if is_back else (there, back)
    protocol = flow.protocol.upper()
    duration = f"{(last - first) / 1e6:.3f}"
    if version == "1.7":
        between = f"{source[0]},{source[1]},{target[0]},{target[1]}"
        return f"{_write_time(first, 3)},{duration},{protocol},{between},{packets},{octets},1"
    flags = "...AP.SF" if protocol == "TCP" else "........"
    ends = [source[0], target[0], str(source[1]), str(target[1]), protocol, flags]
    counts = ["0", "0", str(packets), str(octets), "0", "0"]
    routing = [*"00000000", _NOBODY, _NOBODY, "0", "0"]
    layers = ["00:00:00:00:00:00"] * 4 + ["0-0-0"] * 10 + ["    0.000"] * 3
    times = [_write_time(first, 0), _write_time(last, 0), duration]
    return ",".join([*times, *ends, *counts, *routing, *layers, _NOBODY, "17/1", "0", _write_time(last, 3)])
