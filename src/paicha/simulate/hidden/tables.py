"""Hidden miners among quiet sessions and ordinary short flows, as a flow table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from paicha.simulate.hidden.sessions import to_columns
from paicha.simulate.quiet.sessions import START_US, draw_sessions
from paicha.simulate.wire.columns import join_connections
from paicha.simulate.wire.flows import Export, draw_background, export_records, join_records, write_flow_table
from paicha.simulate.wire.segments import send_messages

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from paicha.simulate.hidden.sessions import HiddenSession, HiddenTruth
    from paicha.simulate.wire.columns import Connections

EXPORT = Export()


@dataclass(frozen=True, slots=True)
class FlowTable:
    """What was written: records in all and of the background, miners' truths, quiet connections and their classes."""

    records: int
    background: int
    truths: tuple[HiddenTruth, ...]
    quiet: Connections | None
    kind: NDArray[np.int16] | None


def write_flows(
    path: Path,
    seed: int,
    *,
    miners: Sequence[HiddenSession] = (),
    quiet: int = 0,
    classes: Sequence[str] | None = None,
    export: Export = EXPORT,
    background_ratio: float = 0.0,
    start_us: int = START_US,
    window_s: float = 6 * 3600.0,
    joined_part: float = 0.1,
) -> FlowTable:
    """Return what was written to `path`: records of miners and of `quiet` sessions (of the named classes), as Parquet.

    `background_ratio` ordinary short flows come with each session. `start_us`, `window_s` and `joined_part`
    are as for `draw_sessions`.

    Raises:
        ValueError: there are neither miners nor quiet sessions.
    """
    drawn = None
    if quiet:
        drawn = draw_sessions(
            quiet, seed, classes=classes, start_us=start_us, window_s=window_s, joined_part=joined_part
        )
    parts = [to_columns(miners)] if miners else []
    if drawn is not None:
        parts.append((drawn.connections, drawn.messages))
    connections, messages = join_connections(parts)
    packets = send_messages(connections, messages, seed)
    found = [export_records(connections, packets, export, seed)]
    flows = round(background_ratio * len(connections))
    if flows:
        start_us = int(connections.start_us.min())
        span_s = (int(connections.end_us.max()) - start_us) / 1e6
        found.append(
            draw_background(
                flows, seed, start_us=start_us, span_s=span_s, sampling=export.sampling, is_paired=export.is_paired
            )
        )
    records = join_records(found)
    write_flow_table(path, records, export)
    return FlowTable(
        len(records),
        len(found[1]) if flows else 0,
        tuple(miner.truth for miner in miners),
        drawn.connections if drawn else None,
        drawn.kind if drawn else None,
    )
