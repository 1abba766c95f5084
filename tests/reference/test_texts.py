"""Texts in any encoding, and the dates people write."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paicha.kernel.errors import InputError
from paicha.reference.texts import DAY_US, parse_moment, read_text, split_lines

if TYPE_CHECKING:
    from pathlib import Path


def us(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1_000_000


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_text_is_read_in_every_encoding(tmp_path: Path, encoding: str):
    path = tmp_path / "list"
    path.write_bytes("单位,起始IP\r\n".encode(encoding))
    assert read_text(path) == "单位,起始IP\r\n"


@pytest.mark.parametrize("data", [b"\0\1\2", b"abc\0def", b"\xff\xff\xff\xff", b"\x80\x81\xff"])
def test_what_is_no_text_is_refused(tmp_path: Path, data: bytes):
    path = tmp_path / "list"
    path.write_bytes(data)
    with pytest.raises(InputError, match="not a text"):
        read_text(path)


def test_a_file_that_is_missing_or_too_large_is_refused(tmp_path: Path):
    with pytest.raises(InputError):
        read_text(tmp_path / "none")
    (tmp_path / "large").write_bytes(b"x" * 100)
    with pytest.raises(InputError, match="larger"):
        read_text(tmp_path / "large", largest_bytes=99)


def test_lines_end_in_any_way_and_are_bounded():
    assert split_lines("a\nb\r\nc\rd", "x") == ["a", "b", "c", "d"]
    with pytest.raises(InputError, match="line 2"):
        split_lines("a\n" + "b" * (1 << 20 | 1), "x")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-09-24", us(2021, 9, 24)),
        ("2021/9/4", us(2021, 9, 4)),
        ("2021年9月24日", us(2021, 9, 24)),
        ("20210924", us(2021, 9, 24)),
        ("2021-09-24 08:00:01", us(2021, 9, 24, 8, 0, 1)),
        ("2021-09-24T08:00:01Z", us(2021, 9, 24, 8, 0, 1)),
        ("2021-09-24T08:00:01.5+08:00", us(2021, 9, 24, 0, 0, 1) + 500_000),
        ("2021-02-30", None),
        ("24.9.2021", None),
        ("2021-09-24 25:00", None),
        ("٢٠٢١-٠٩-٢٤", None),
        ("", None),
    ],
)
def test_dates_as_people_write_them(text: str, expected: int | None):
    assert parse_moment(text) == expected


def test_a_last_day_counts_in_full_and_beijing_is_ahead():
    assert parse_moment("2021-09-24", is_end=True) == us(2021, 9, 25)
    assert parse_moment("2021-09-24", hours=8) == us(2021, 9, 23, 16)
    assert parse_moment("2021-09-24 08:00", hours=8, is_end=True) == us(2021, 9, 24)


@given(st.datetimes(datetime(1950, 1, 1), datetime(2150, 1, 1)), st.integers(-14, 14))
def test_iso_texts_are_read_exactly(moment: datetime, hours: int):
    naive = (moment - datetime(1970, 1, 1)) // timedelta(microseconds=1)
    assert parse_moment(moment.isoformat(), hours=hours) == naive - hours * DAY_US // 24


@given(st.text(max_size=40))
def test_any_text_is_answered(text: str):
    parse_moment(text)
