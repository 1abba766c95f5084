"""Alerts of an intrusion detection system that complain of coin mining, as reports on the inside address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from paicha.packs.traffic.readers.rows import write_rows

if TYPE_CHECKING:
    from paicha.packs.traffic.readers.rows import Target


def write_alerts(events: pa.Table, target: Target) -> None:
    """Write one report per mining alert, on the inside side of its connection, the source where neither is inside."""
    events = events.filter(_complains_of_mining(events, target))
    if events.num_rows == 0:
        return
    sources, destinations = events.column("src_ip").to_pylist(), events.column("dest_ip").to_pylist()
    is_inside = target.reading.is_inside
    inside = np.asarray(is_inside(sources + destinations), np.bool_)
    is_answer = pa.array(~inside[: len(sources)] & inside[len(sources) :])
    signatures = pc.coalesce(events.column("signature"), pa.scalar("unnamed signature"))
    columns = {
        "address": pc.if_else(is_answer, events.column("dest_ip"), events.column("src_ip")),
        "port": pc.if_else(is_answer, events.column("dest_port"), events.column("src_port")),
        "first_seen": events.column("time"),
        "last_seen": events.column("time"),
        "peer": pc.if_else(is_answer, events.column("src_ip"), events.column("dest_ip")),
        "peer_port": pc.if_else(is_answer, events.column("src_port"), events.column("dest_port")),
        "kind": events.column("category"),
        "issuer": pc.binary_join_element_wise("Suricata", signatures, " "),
        "batch": events.column("signature_id").cast(pa.string()),
        "count": 1,
    }
    write_rows(target, "reports", columns, pa.repeat(True, events.num_rows), "first_seen", "last_seen")


def _complains_of_mining(events: pa.Table, target: Target) -> pa.Array:
    """Return which alerts a pattern of the policy is found in; every distinct text is looked at once."""
    texts = pc.binary_join_element_wise(
        events.column("signature"), events.column("category"), " / ", null_handling="replace", null_replacement=""
    )
    coded = (
        texts.combine_chunks().dictionary_encode() if isinstance(texts, pa.ChunkedArray) else texts.dictionary_encode()
    )
    patterns = [re.compile(text, re.IGNORECASE) for text in target.reading.policy.alerts.patterns]
    found = [any(pattern.search(text) for pattern in patterns) for text in coded.dictionary.to_pylist()]
    return pa.array(found, pa.bool_()).take(coded.indices)
