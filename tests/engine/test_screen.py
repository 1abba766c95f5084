import pyarrow as pa
import pytest
import toy

from paicha.engine.backend import open_backend, open_duck
from paicha.engine.grading import SUBJECTS, Asked
from paicha.engine.screen import screen

HOUR = 3_600_000_000


@pytest.fixture
def screen_rows(tmp_path):
    def run(rows, listed=(), followed=()):
        table = pa.table([list(c) for c in zip(*rows, strict=True)], schema=toy.DOORS.arrow)
        path = tmp_path / "doors.parquet"
        pa.parquet.write_table(table, path)
        asked = Asked(*(pa.table([["s"] * len(names), list(names)], schema=SUBJECTS) for names in (listed, followed)))
        with open_duck(tmp_path / "spill") as duck:
            backend = open_backend("duckdb", duck, tmp_path, "doors", "test")
            return screen(toy.PACK, backend, duck, {"doors": [path]}, {}, toy.POLICY, asked, {})

    return run


def grade(found):
    return {row["subject"]: row["grade"] for row in found.verdicts.to_pylist()}


def opening(who, kind, time=0):
    return ("s", "k", who, time, kind)


def test_each_kind_of_evidence_reaches_its_grade_and_no_more(screen_rows):
    found = screen_rows(
        [opening("li", "forced"), opening("wang", "key"), opening("xu", "seen"), opening("hu", "tracked")]
    )
    expected = {"li": "confirmed", "wang": "likely", "xu": "possible", "hu": "possible"}
    assert grade(found) == {who: toy.GRADES[word] for who, word in expected.items()}
    assert found.failures == ()


def test_two_weak_kinds_reach_likely_and_never_confirmed(screen_rows):
    found = screen_rows([opening("xu", "seen"), opening("xu", "tracked"), opening("xu", "key")])
    assert grade(found) == {"xu": toy.GRADES["likely"]}
    row = found.verdicts.to_pylist()[0]
    assert row["score"] == 75.0
    assert [reason["points"] for reason in row["reasons_for"]] == [40.0, 20.0, 15.0]


def test_a_kind_counts_once_however_many_its_findings(screen_rows):
    found = screen_rows([opening("xu", "seen", n) for n in range(50)])
    assert found.verdicts.to_pylist()[0]["score"] == 20.0


def test_findings_of_one_event_are_counted_in_the_best(screen_rows):
    found = screen_rows([opening("li", "forced"), opening("li", "seen")])
    rows = {row["rule"]: row for row in found.findings.to_pylist()}
    assert rows["doors.forced"]["counted_in"] is None
    assert rows["doors.seen"]["counted_in"] == rows["doors.forced"]["id"]


def test_quiet_subjects_are_none_or_cannot_be_judged(screen_rows):
    rows = [opening("long", "other"), opening("long", "other", 2 * HOUR), opening("short", "other")]
    found = screen_rows(rows, listed=["long", "short", "absent"], followed=["long", "gone"])
    assert grade(found) == {
        "long": toy.GRADES["none"],
        "short": toy.GRADES["cannot judge"],
        "absent": toy.GRADES["cannot judge"],
    }
    assert all(row["reasons_against"] for row in found.verdicts.to_pylist())


def test_ids_do_not_move_when_later_data_lengthen_the_span(screen_rows):
    before = screen_rows([opening("li", "forced", 5)])
    after = screen_rows([opening("li", "forced", 1), opening("li", "forced", 9)])
    assert before.findings.column("id").to_pylist() == after.findings.column("id").to_pylist()
    assert before.verdicts.column("id").to_pylist() == after.verdicts.column("id").to_pylist()
