"""What the name of a sensor's file says: its place in a series of rotated files, and whether it is still written.

Conventions: tcpdump(8) `-w` with strftime, `-C` and `-W`; dumpcap(1) `-b`; nfcapd(1); Zeek's log rotation (its own,
ZeekControl's and zeek-archiver's); Suricata's `rotate-interval`; logrotate(8).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

COMPRESSED = (".gz", ".zst")
UNFINISHED_SUFFIXES = (".partial", ".tmp", ".temp", ".part", ".filepart", ".crdownload", ".swp", ".lock", ".pid", "~")
COUNTER_DIGITS = 3
"""A number before the ending counts files from so many digits on: `exit-001.pcap` does, `sensor2.pcap` does not."""

_SPAN = re.compile(r"(?<!\d)(\d\d):(\d\d):(\d\d)-\d\d:\d\d:\d\d(?!\d)")
_STAMP = re.compile(
    r"(?<!\d)((?:19|20)\d\d)[-_.]?([01]\d)[-_.]?([0-3]\d)"
    r"(?:[-_.T ]?([0-2]\d)[-:_.h]?([0-5]\d)(?:[-:_.m]?([0-5]\d))?(?:-\d\d[-:]\d\d[-:]\d\d)?)?(?!\d)"
)
_SHORT = re.compile(r"(?<!\d)(\d\d)-([01]\d)-([0-3]\d)_([0-2]\d)\.([0-5]\d)\.([0-5]\d)(?!\d)")
_SECONDS = re.compile(r"(?<!\d)1\d{9}(?!\d)")
_DAY = re.compile(r"(?<!\d)((?:19|20)\d\d)-?([01]\d)-?([0-3]\d)(?!\d)")
_COUNTED_AFTER = re.compile(r"(?<=[A-Za-z])(\d+)$")
_COUNTED_BEFORE = re.compile(rf"(?<![0-9A-Za-z])(\d{{{COUNTER_DIGITS},}})(?=(?:_@)?(?:\.[A-Za-z]\w*)?$)")
_ROTATED_LOG = re.compile(r"\.(?:log|json)\.\d+$")
_LOG = re.compile(r"\.(?:log|json)(?:\.\d+)?$")
_WHOLE = re.compile(r"^nfcapd\.\d{12}(?:\d\d)?$")


@dataclass(frozen=True, slots=True)
class SensorName:
    """The parts of a name.

    Files of one `series` are written one after the other, in the order of `position` (time, counter); None where a
    later name says nothing about an earlier one. `time` is the UTC microseconds that the name tells (its zone is not
    known), `is_log` a log by its ending, `is_bare` a name with neither time nor number. `is_whole`: the sensor gives
    this name to finished files only.
    """

    series: str | None
    position: tuple[int, int]
    time: int | None
    is_log: bool
    is_bare: bool
    is_whole: bool


def is_never_finished(name: str) -> bool:
    """Return whether the name says that the file is still written, or none of a sensor's at all."""
    return name.startswith((".", "nfcapd.current")) or name.endswith(UNFINISHED_SUFFIXES)


def strip_compression(name: str) -> str:
    """Return the name without `.gz` or `.zst`."""
    return next((name[: -len(ending)] for ending in COMPRESSED if name.endswith(ending)), name)


def read_name(name: str, directory: str = "") -> SensorName:
    """Return what the name of a file says; a name with times of day only takes the date of its directory."""
    plain = strip_compression(name)
    time, replaced = _find_time(plain, directory)
    is_log = _LOG.search(plain) is not None
    counter = 0
    found = _COUNTED_AFTER.search(replaced) or _COUNTED_BEFORE.search(replaced)
    if found:
        counter = int(found[1][-18:])
        kept = replaced[: found.start()], replaced[found.end() :]
        replaced = "#".join(kept) if kept[1] else kept[0]
    is_rotated = _ROTATED_LOG.search(plain) is not None
    is_bare = time is None and found is None and not is_rotated
    # logrotate counts from the newest to the oldest, and a bare log is newer than every numbered one.
    is_ordered = not is_rotated and not (is_log and is_bare)
    whole = _WHOLE.match(name) is not None
    return SensorName(replaced if is_ordered else None, (time or 0, counter), time, is_log, is_bare, whole)


def find_base(name: str) -> str:
    """Return the name of the log that is written and becomes this one when it is rotated, as `conn` or `eve`."""
    return re.split(r"[-.]|_(?=\d)", strip_compression(name), maxsplit=1)[0]


def _find_time(name: str, directory: str) -> tuple[int | None, str]:
    """Return the time in a name, and the name with an @ in its place."""
    if found := _SPAN.search(name):
        day = _DAY.search(directory)
        parts = (*(day.groups() if day else ("1970", "01", "01")), *found.groups())
        return _make_time(parts), name[: found.start()] + "@" + name[found.end() :]
    for found in _STAMP.finditer(name):
        time = _make_time(found.groups(default="00"))
        if time is not None:
            return time, name[: found.start()] + "@" + name[found.end() :]
    if found := _SHORT.search(name):
        year, *rest = found.groups()
        return _make_time((f"20{year}", *rest)), name[: found.start()] + "@" + name[found.end() :]
    if found := _SECONDS.search(name):
        return int(found[0]) * 1_000_000, name[: found.start()] + "@" + name[found.end() :]
    return None, name


def _make_time(parts: tuple[str, ...]) -> int | None:
    try:
        year, month, day, hour, minute, second = map(int, parts)
        return int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()) * 1_000_000
    except ValueError:
        return None
