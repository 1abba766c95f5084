from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paicha.kernel.errors import InputError
from paicha.registry.blocks import read_blocks
from paicha.registry.seats import read_seats
from paicha.registry.timed_rows import EARLIEST_US, LATEST_US, RowRefusal, read_moment

HOUR_US = 3_600_000_000
MIDNIGHT = int(datetime(2021, 2, 20, tzinfo=UTC).timestamp()) * 1_000_000


def write(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "rows.csv"
    path.write_text(text, encoding=encoding)
    return path


@given(st.integers(EARLIEST_US, LATEST_US - 1))
def test_numbers_since_1970_are_read_in_whatever_unit(us):
    seconds, rest = divmod(us, 1_000_000)
    assert read_moment(str(us), 8) == us
    assert read_moment(f"{seconds}.{rest:06}", 8) == us
    assert read_moment(str(us * 1000), 8) == us
    assert read_moment(str(us // 1000), 8) == us // 1000 * 1000
    assert read_moment(str(seconds), 8) == seconds * 1_000_000
    assert read_moment(datetime.fromtimestamp(seconds, UTC).isoformat(), 8) == seconds * 1_000_000


@given(st.text(max_size=40))
def test_any_text_is_a_time_in_range_or_refused(text):
    with suppress(RowRefusal):
        assert EARLIEST_US <= read_moment(text, 0) < LATEST_US


@pytest.mark.parametrize("heading", ["time,height", "时间,高度", "Block Time;Height", "\ufeffTimestamp\tBlock"])
def test_blocks_are_read_under_usual_headings(tmp_path, heading):
    sign = next(char for char in ",;\t" if char in heading)
    path = write(tmp_path, f"{heading}\n2021-02-20 08:00:00{sign}7\n2021-02-20T00:00:01Z{sign}\nnever{sign}8\n")
    read = read_blocks(path, "xmr", hours=8)
    assert read.rows == (("XMR", MIDNIGHT, 7), ("XMR", MIDNIGHT + 1_000_000, None))
    assert read.rejected == (("row 4", "no date or time: 'never'"),)


def test_block_times_alone_need_no_heading(tmp_path):
    read = read_blocks(write(tmp_path, "# monerod\n1613779200\n1613779201\n"), "XMR", hours=8)
    assert read.rows == (("XMR", MIDNIGHT, None), ("XMR", MIDNIGHT + 1_000_000, None))


def test_rows_of_other_coins_are_left_out(tmp_path):
    path = write(tmp_path, "coin,time,height\nXMR,1613779200,1\nBTC,1613779200,2\n,1613779200,3\n")
    assert [row[0] for row in read_blocks(path, "btc", hours=8).rows] == ["BTC"]
    every = read_blocks(path, None, hours=8)
    assert [row[0] for row in every.rows] == ["XMR", "BTC"]
    assert every.rejected == (("row 4", "no symbol of a coin: ''"),)


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "height\n5\n"])
def test_a_file_without_times_is_refused_whole(tmp_path, text):
    with pytest.raises(InputError, match="headings are missing"):
        read_blocks(write(tmp_path, text), "XMR", hours=8)


def test_seats_are_read_in_chinese_and_gb18030(tmp_path):
    rows = "网吧一号,2021/2/20 8:00,2021/2/20 9:00,12.5\n,2021-02-20,2021-02-20,0\n网吧,2021-02-20,2021-02-19,3\n"
    path = write(tmp_path, f"地点,开始,结束,在用座位\n{rows}x,1613779200,1613779300,-1\n", "gb18030")
    read = read_seats(path, "default", hours=8)
    assert read.rows == (
        ("网吧一号", MIDNIGHT, MIDNIGHT + HOUR_US, 12.5),
        ("default", MIDNIGHT - 8 * HOUR_US, MIDNIGHT + 16 * HOUR_US, 0.0),
    )
    assert [reason for _, reason in read.rejected] == ["the span ends before it begins", "no number of seats: '-1'"]
