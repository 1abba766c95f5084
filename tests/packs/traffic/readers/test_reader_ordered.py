"""Parts read on several threads come out as one thread would tell them."""

from __future__ import annotations

import json
import random
import time
from functools import partial

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paicha.kernel.errors import InputError
from paicha.kernel.reader import Reading
from paicha.packs.traffic.readers import blocks, ordered
from paicha.packs.traffic.readers.ordered import work_in_order
from paicha.packs.traffic.readers.rows import Target, canonicalise
from paicha.packs.traffic.readers.zeek import ZEEK_READER
from paicha.reference.addresses import format_addresses, parse_addresses


class TellingSink:
    """A sink that keeps what it is told as text."""

    def __init__(self):
        self.told = []

    def write(self, table, batch):
        self.told.append(f"{table} {batch.to_pylist()}")

    def accept(self, _source, records):
        self.told.append(f"accepted {records}")

    def reject(self, _source, position, reason, count=1):
        self.told.append(f"{position} {reason} {count}")

    def fail(self, _source, error):
        self.told.append(str(error))


def _carry_out(bench, find_tasks):
    sink = TellingSink()
    work_in_order(find_tasks, Target(bench.source("x"), sink, Reading(None, bench.duck, list)))
    return sink.told


def test_the_order_is_that_of_the_parts_whoever_is_done_first(bench):
    def work(number, target, notes):
        time.sleep(0.02 if number % 3 == 0 else 0)
        target.sink.accept(target.source, number)
        notes.defer(partial(deferred.append, number))
        target.sink.reject(target.source, f"line {number}", "bad")

    def find_tasks(ahead):
        for number in range(12):
            if number == 5:
                ahead.sink.reject(ahead.source, "line 5", "too long")
            yield partial(work, number)
        ahead.sink.fail(ahead.source, InputError("cut"))

    deferred = []
    told = _carry_out(bench, find_tasks)
    expected = [line for number in range(12) for line in (f"accepted {number}", f"line {number} bad 1")]
    expected.insert(10, "line 5 too long 1")
    assert told == [*expected, "cut"]
    assert deferred == list(range(12))


def test_each_thread_asks_a_connection_of_its_own_with_the_same_time_zone(bench):
    bench.duck.execute("SET TimeZone = 'Asia/Shanghai'")

    def work(target, _):
        assert target.reading.duck is not bench.duck
        target.sink.copy("zones", "SELECT current_setting('TimeZone') AS zone")

    assert _carry_out(bench, lambda _: [work] * 3) == ["zones [{'zone': 'Asia/Shanghai'}]"] * 3


def test_an_error_comes_after_what_precedes_it(bench):
    def work(number, target, _):
        if number == 2:
            raise InputError("lost")
        target.sink.accept(target.source, number)

    sink = TellingSink()
    target = Target(bench.source("x"), sink, Reading(None, bench.duck, list))
    with pytest.raises(InputError, match="lost"):
        work_in_order(lambda _: [partial(work, number) for number in range(9)], target)
    assert sink.told == ["accepted 0", "accepted 1"]


def _write_conn(form):
    """Return a log of which every seventh record has something wrong, or some other address, and other logs between."""
    choose, lines = random.Random(7), []
    names = ("ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "duration", "conn_state")
    if form == "text":
        lines.append("#separator \\x09\n#unset_field\t-\n#empty_field\t(empty)\n#path\tconn")
        lines.append("#fields\t" + "\t".join(names))
    for number in range(900):
        row = [
            1.6e9 + number,
            f"C{number}",
            f"10.0.{number % 9}.1",
            1024 + number,
            "203.0.113.9",
            3333,
            "tcp",
            1.5,
            "SF",
        ]
        if number % 7 == 0:
            field, value = choose.choice(
                [(0, "soon"), (2, "10.0.0.256"), (3, 70000), (4, "2001:DB8::1"), (5, "x"), (6, "icmp"), (7, None)]
            )
            row[field] = value
        if form == "text":
            lines.append(
                "\t".join("-" if value is None else str(value) for value in row[: 8 if number % 211 == 9 else 9])
            )
        else:
            record = dict(zip(names, row, strict=True)) | ({"_path": "dns"} if number % 97 == 5 else {})
            lines.append(json.dumps(record) + (" }" if number % 211 == 9 else ""))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("form", ["text", "json"])
def test_logs_in_many_blocks_read_by_several_threads_as_by_one(bench, monkeypatch, form):
    content, answers = _write_conn(form), []
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 4096)
    for threads in (1, 4):
        monkeypatch.setattr(ordered, "MOST_THREADS", threads)
        monkeypatch.setattr(ordered.os, "cpu_count", lambda: 4)
        sink = bench.read(ZEEK_READER, content)
        answers.append(
            (sink.rows("flows"), sink.rows("names"), sink.accepted, sink.rejected, sink.rejects, sink.errors)
        )
    assert answers[0] == answers[1]
    assert sink.accepted[0] + sink.rejected[0] == 900
    assert sink.rejected[0] > 50
    assert {reason for _, reason, _ in sink.rejects} >= {"the originator is not an address", "ts is not a number"}


TEXTS = st.lists(
    st.one_of(
        st.none(), st.ip_addresses().map(str), st.sampled_from(["::ffff:1.2.3.4", "01.2.3.4", "x", "", "1.2.3.4"])
    )
)


@given(TEXTS, st.integers(0, 3))
def test_texts_that_are_canonical_are_left_as_they_are(texts, start):
    column = pa.array(texts, pa.string()).slice(start)
    assert canonicalise(column).equals(format_addresses(parse_addresses(column)))
    quads = column.filter(pa.array([text is None or text == "1.2.3.4" for text in column.to_pylist()], pa.bool_()))
    assert canonicalise(quads).equals(format_addresses(parse_addresses(quads)))
