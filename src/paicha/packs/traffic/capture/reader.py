"""The reader of packet captures: pcap and pcapng into flows, names and mining sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paicha.kernel.reader import Reader
from paicha.kernel.rule import Title
from paicha.packs.traffic.capture.cache import has_machine_code
from paicha.packs.traffic.capture.heads import read_head, recognise_head
from paicha.packs.traffic.tables import FLOWS, MINING_SESSIONS, NAMES, PROFILES, PUSHES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paicha.kernel.reader import Reading, Sink, Source


def recognise_capture(source: Source) -> bool:
    """Return whether the source is a pcap or pcapng file, by its first bytes."""
    return recognise_head(source.head)


def read_captures(sources: Sequence[Source], sink: Sink, reading: Reading) -> bytes | None:
    """Read all captures of one site as one stream in the order of time; return the state for the site's next run.

    One row of FLOWS per connection or datagram exchange, one of NAMES per name used, one of MINING_SESSIONS per
    connection on which a mining protocol was spoken. Packets before `reading.since` or from `reading.until` on are
    accepted but not used. The state is that of the latest time that any run of the site has seen.
    """
    # compiled code takes a moment to load: only those who read captures wait for it
    if not has_machine_code():
        reading.say("preparing the packet reader for this machine: once, up to a minute …")
    from paicha.packs.traffic.capture.merging import order_sources, read_inputs
    from paicha.packs.traffic.capture.resuming import read_memory, write_memory
    from paicha.packs.traffic.capture.stream import Stream
    from paicha.packs.traffic.stratum.tracker import Tracker

    if not sources:
        return reading.state
    earlier = read_memory(reading.state)
    ordered = order_sources(sources)
    memory = earlier.before(read_head(ordered[0].head).first_time)
    site = ordered[0].site
    tracker = Tracker(reading.policy.stratum, site, memory.tracker)
    keys = tuple(source.key for source in ordered)
    stream = Stream(site, keys, sink, reading.policy, tracker, memory)
    bounds = (
        reading.since if reading.since is not None else 0,
        reading.until if reading.until is not None else 1 << 62,
    )
    read_inputs(ordered, stream, sink, bounds, reading.advance)
    left = stream.finish()
    if stream.profiles_lost:
        reading.say(
            f"site {site}: {stream.profiles_lost:,} times there was no room to count a connection's messages: "
            "raise policy.profiles.max_profiles"
        )
    return write_memory(left) if left.newest >= earlier.newest else reading.state


CAPTURE_READER = Reader(
    name="pcap",
    title=Title(en="packet capture (pcap, pcapng)", zh="抓包文件（pcap、pcapng）"),
    tables=(FLOWS, NAMES, MINING_SESSIONS, PROFILES, PUSHES),
    recognises=recognise_capture,
    read=read_captures,
)
