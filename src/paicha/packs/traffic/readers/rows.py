"""From parsed columns to rows of `flows` and `names`: checks, times, addresses, names, and what is written where."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from paicha.reference.addresses import format_addresses, parse_addresses

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from paicha.kernel.reader import Reading, Sink, Source

MAX_SECONDS = 4_102_444_800
"""1 January 2100: a later time is a damaged record."""

MAX_NAME_BYTES = 253
"""RFC 1035 §2.3.4, without the final dot."""

PORTS = 65_536

_ESCAPE = re.compile(r"\\x([0-9a-fA-F]{2})|\\\\")
_COMMON_NAME = re.compile(r"(?:^|[,/;+])\s*CN\s*=\s*((?:\\.|[^,/;+\\])+)")
_HOST_NAME = re.compile(r"(?:\*\.)?[^\s./,*][^\s/,*]*\.[^\s/,*]+")


@dataclass(frozen=True, slots=True)
class Target:
    """Where the records of one source go."""

    source: Source
    sink: Sink
    reading: Reading
    unit: str = "line"
    """What positions count."""


def accept_valid(target: Target, lines: NDArray[np.int64], checks: Sequence[tuple[Any, str]]) -> NDArray[np.bool_]:
    """Return which records pass all `checks` (is it bad?, why); others are rejected for the first that they fail."""
    good = np.ones(len(lines), np.bool_)
    for bad, reason in checks:
        found = to_mask(bad) & good
        count = int(np.count_nonzero(found))
        if count:
            target.sink.reject(target.source, f"{target.unit} {lines[int(np.argmax(found))]}", reason, count)
            good &= ~found
    target.sink.accept(target.source, int(np.count_nonzero(good)))
    return good


def to_mask(column: Any) -> NDArray[np.bool_]:
    """Return an Arrow column of truth values as an array, null as false."""
    if isinstance(column, np.ndarray):
        return column
    return np.asarray(pc.fill_null(column, False).to_numpy(zero_copy_only=False), np.bool_)


def flatten(column: Any) -> pa.Array:
    """Return a column as one Arrow array."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def to_microseconds(seconds: Any) -> pa.Array:
    """Return seconds (float64) as whole microseconds (int64), null where they are no time between 1970 and 2100.

    Exact for times written with six decimals: a float64 near 2e9 is exact to 0.12 us.
    """
    values = flatten(seconds).cast(pa.float64()).to_numpy(zero_copy_only=False)
    valid = (values >= 0) & (values < MAX_SECONDS)
    whole = np.rint(np.where(valid, values, 0.0) * 1e6).astype(np.int64)
    return pa.array(whole, mask=~valid)


def is_no_time(microseconds: Any) -> Any:
    """Return where a time is missing or outside 1970 to 2100."""
    return pc.invert(
        pc.fill_null(pc.and_(pc.greater_equal(microseconds, 0), pc.less(microseconds, MAX_SECONDS * 1_000_000)), False)
    )


def is_no_port(column: Any) -> Any:
    """Return where a port is given but outside 0 to 65535."""
    return pc.or_(pc.less(column, 0), pc.greater_equal(column, PORTS))


COUNTS = ("packets_out", "packets_in", "bytes_out", "bytes_in")


def find_negative(columns: Mapping[str, Any]) -> list[tuple[Any, str]]:
    """Return the checks that no count of a flow is negative."""
    return [(pc.less(columns[name], 0), f"{name} is negative") for name in COUNTS]


def canonicalise(column: Any) -> pa.Array:
    """Return the canonical texts of addresses, null where the text is none."""
    texts = flatten(column)
    addresses = parse_addresses(texts)
    if pt.is_string(texts.type) and addresses.is_ipv4.sum() == len(texts) - texts.null_count and not _has_colon(texts):
        return texts  # only one text of a dotted quad is valid
    return format_addresses(addresses)


def _has_colon(texts: pa.Array) -> bool:
    data = texts.buffers()[2]
    return data is not None and bool((np.frombuffer(data, np.uint8) == ord(":")).any())


def unescape(column: Any) -> pa.Array:
    r"""Return texts with Zeek's escapes (\x2e, \\) resolved."""
    texts = flatten(column).cast(pa.string())
    if not pc.any(pc.match_substring(texts, "\\")).as_py():
        return texts

    def resolve(match: re.Match[str]) -> str:
        return chr(int(match[1], 16)) if match[1] else "\\"

    return pa.array([t and _ESCAPE.sub(resolve, t) for t in texts.to_pylist()], pa.string())


def clean_names(column: Any) -> pa.Array:
    """Return names in lower case without final dots, null where there is none, or one no DNS name can be."""
    names = pc.utf8_rtrim(pc.utf8_lower(flatten(column).cast(pa.string())), characters=".")
    length = pc.binary_length(names)
    fits = pc.and_(pc.and_(pc.greater(length, 0), pc.less_equal(length, MAX_NAME_BYTES)), is_one_word(names))
    return pc.if_else(pc.fill_null(fits, False), names, pa.scalar(None, pa.string()))


def is_one_word(names: Any) -> Any:
    """Return where a text has neither blanks nor control characters."""
    return pc.invert(pc.match_substring_regex(names, r"[\x00-\x20\x7f]"))


def find_host_names(column: Any) -> pa.Array:
    """Return certificate names that look like host names (a dot, no blank), null elsewhere."""
    texts = clean_names(column).to_pylist()
    return pa.array([t if t and _HOST_NAME.fullmatch(t) else None for t in texts], pa.string())


def find_common_names(subjects: Any) -> pa.Array:
    """Return the host names in the CN of distinguished names (RFC 4514 or OpenSSL's one-line form)."""
    found = [_COMMON_NAME.search(s) if s else None for s in flatten(subjects).to_pylist()]
    return find_host_names(pa.array([m and m[1].strip() for m in found], pa.string()))


def split_hosts(hosts: Any) -> pa.Array:
    """Return the names in HTTP Host fields, without port."""
    return pc.replace_substring_regex(flatten(hosts).cast(pa.string()), r"^\[?(.*?)\]?(:\d*)?$", r"\1")


def write_rows(target: Target, table: str, columns: Mapping[str, Any], keep: Any, started: str, ended: str) -> None:
    """Write the rows that `keep` marks and that lie within the asked time; scalars stand for constant columns."""
    reading = target.reading
    mask = to_mask(keep)
    if reading.since is not None:
        mask = mask & to_mask(pc.greater_equal(columns[ended], reading.since))
    if reading.until is not None:
        mask = mask & to_mask(pc.less_equal(columns[started], reading.until))
    count = int(np.count_nonzero(mask))
    if count == 0:
        return
    chosen = None if count == len(mask) else pa.array(mask)
    fixed = {"site": target.source.site, "source": target.source.key}
    arrays = {
        name: pa.repeat(pa.scalar(column), count)
        if isinstance(column, str | int | float)
        else flatten(column if chosen is None else column.filter(chosen))
        for name, column in {**fixed, **columns}.items()
    }
    target.sink.write(table, pa.table(arrays))


def nulls(count: int, kind: pa.DataType) -> pa.Array:
    """Return a column of nulls."""
    return pa.nulls(count, kind)
