"""Ended flows and seen names as rows of the tables FLOWS and NAMES."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from paicha.packs.traffic.capture.layout import NAME_USED, NAMES, SIX, NameWindow
from paicha.packs.traffic.capture.texts import format_addresses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

NAME_KINDS = pa.array(["dns", "sni", "host", "certificate"])
_RESERVED, _EPHEMERAL = 1024, 32_768


def orient_flows(flows: NDArray[Any]) -> NDArray[np.bool_]:
    """Return for each flow whether `b` is the client.

    The side that opened it is the client; where that was not seen, the side whose port is of a higher class
    (reserved, registered, ephemeral), else the one that was heard first.
    """

    def classify(ports: NDArray[Any]) -> NDArray[Any]:
        return (ports >= _RESERVED).astype(np.int8) + (ports >= _EPHEMERAL)

    by_port = classify(flows["b_port"]) > classify(flows["a_port"])
    result: NDArray[np.bool_] = np.where(flows["opened_by"] >= 0, flows["opened_by"] == 1, by_port)
    return result


def make_flow_rows(flows: NDArray[Any], site: str, sources: Sequence[str]) -> pa.RecordBatch:
    """Return one row of FLOWS per flow that has packets."""
    flows = flows[(flows["a_packets"] + flows["b_packets"]) > 0]
    swap = orient_flows(flows)
    is_six = (flows["protocol"] & SIX) != 0

    def pick(one: str, other: str) -> NDArray[Any]:
        return np.where(swap, flows[other], flows[one])

    lacks_ports = flows["has_ports"] == 0
    columns = {
        "site": pa.repeat(site, len(flows)),
        "source": pa.array(sources, pa.string()).take(pa.array(flows["first_source"])),
        "sensor": pa.repeat("capture", len(flows)),
        "client_ip": format_addresses(pick("a_high", "b_high"), pick("a_low", "b_low"), is_six),
        "client_port": pa.array(pick("a_port", "b_port").astype(np.int32), mask=lacks_ports),
        "server_ip": format_addresses(pick("b_high", "a_high"), pick("b_low", "a_low"), is_six),
        "server_port": pa.array(pick("b_port", "a_port").astype(np.int32), mask=lacks_ports),
        "protocol": pa.array((flows["protocol"] & 0xFF).astype(np.int32)),
        "started": pa.array(flows["started"]),
        "ended": pa.array(np.maximum(flows["a_last"], flows["b_last"])),
        "packets_out": pa.array(pick("a_packets", "b_packets").astype(np.int64)),
        "packets_in": pa.array(pick("b_packets", "a_packets").astype(np.int64)),
        "bytes_out": pa.array(pick("a_bytes", "b_bytes")),
        "bytes_in": pa.array(pick("b_bytes", "a_bytes")),
        "sampling": pa.array(np.ones(len(flows))),
    }
    return pa.RecordBatch.from_pydict(columns)


def make_name_rows(window: NameWindow, site: str, sources: Sequence[str]) -> pa.RecordBatch:
    """Return one row of NAMES per name in the window that still counts."""
    names = window.rows[: window.meta[NAMES]]
    kept = np.flatnonzero(names["count"] > 0)
    texts = _gather_texts(window).take(pa.array(kept))
    names = names[kept]
    is_six = names["is_six"] != 0
    columns = {
        "site": pa.repeat(site, len(names)),
        "source": pa.array(sources, pa.string()).take(pa.array(names["source"])),
        "kind": NAME_KINDS.take(pa.array(names["kind"])),
        "name": texts,
        "client_ip": format_addresses(names["client_high"], names["client_low"], is_six),
        "client_port": pa.array(names["client_port"].astype(np.int32), mask=names["has_one_port"] == 0),
        "server_ip": format_addresses(names["server_high"], names["server_low"], is_six),
        "server_port": pa.array(names["server_port"].astype(np.int32)),
        "answer": _mask(
            format_addresses(names["answer_high"], names["answer_low"], names["answer_kind"] == 6),
            names["answer_kind"] == 0,
        ),
        "first_seen": pa.array(names["first"]),
        "last_seen": pa.array(names["last"]),
        "count": pa.array(names["count"]),
    }
    return pa.RecordBatch.from_pydict(columns)


def _mask(values: pa.StringArray, is_null: NDArray[np.bool_]) -> pa.StringArray:
    """Return the values with null where `is_null`."""
    import pyarrow.compute as pc

    return pc.if_else(pa.array(is_null), pa.scalar(None, pa.string()), values)


def _gather_texts(window: NameWindow) -> pa.StringArray:
    """Return the names of the whole window: they stand one behind the other in its bytes."""
    count, used = int(window.meta[NAMES]), int(window.meta[NAME_USED])
    held = window.text[:used]
    starts = np.append(window.rows["start"][:count], used).astype(np.int32)
    if (held >= 0x80).any():  # not ASCII: UTF-8 where it is, replacement characters where not
        raw = held.tobytes()
        return pa.array([raw[a:b].decode("utf-8", "replace") for a, b in pairwise(starts)], pa.string())
    return pa.StringArray.from_buffers(count, pa.py_buffer(starts), pa.py_buffer(held.tobytes()))
