import dataclasses
import json
from pathlib import Path

import pytest

from paicha.app.demo import compare
from paicha.app.progress import Silence
from paicha.app.request import ScreenRequest
from paicha.app.screening import run_screening
from paicha.kernel.errors import InputError, PolicyError, UsageError
from paicha.store.ledger import read_events
from paicha.store.workspace import open_workspace

TOP = (
    "paicha",
    "schema",
    "run",
    "pack",
    "engine",
    "as_of",
    "policy",
    "owners",
    "indicators",
    "prices",
    "blocks",
    "seats",
    "inputs",
    "rejects",
    "summary",
    "tables",
    "verdicts",
    "findings",
)
VERDICT = {
    "id",
    "subject",
    "subject_kind",
    "site",
    "unit",
    "attribution",
    "grade",
    "outcome",
    "score",
    "reasons_for",
    "reasons_against",
    "identities",
    "measures",
}
FINDING = {
    "id",
    "rule",
    "version",
    "subject",
    "subject_kind",
    "site",
    "key",
    "sources",
    "first_seen",
    "last_seen",
    "evidence_kind",
    "evidence",
    "measures",
    "identities",
    "set_aside",
    "counted_in",
}
SESSION = {
    "client",
    "client_port",
    "server",
    "server_port",
    "transport",
    "dialect",
    "coin",
    "algorithm",
    "software",
    "logins",
    "worker",
    "state",
    "jobs",
    "shares_submitted",
    "shares_accepted",
    "shares_rejected",
    "shares_duplicate",
    "difficulty",
    "packets",
}
SUMMARY = {
    "addresses",
    "units",
    "logins",
    "public_resource",
    "pool_mbps",
    "hash_rate",
    "power_kw",
    "energy_kwh_per_day",
    "revenue_per_day",
    "revenue_by_algorithm",
    "by_nature",
    "by_region",
    "by_hint",
    "stock",
    "cleared",
    "increment",
    "coverage",
}


@pytest.fixture(scope="session")
def document(province, tmp_path_factory):
    directory, _ = province
    request = ScreenRequest(
        "traffic",
        tuple(("default", str(directory / name)) for name in ("captures", "zeek", "eve.json", "flows", "lists")),
        units=str(directory / "units.csv"),
        indicators=(str(directory / "indicators.csv"),),
    )
    with run_screening(request, None, Silence(), "tester") as outcome:
        return json.loads(outcome.documents.read_text(encoding="utf-8"))


def test_the_document_has_the_fixed_form(document):
    assert tuple(document) == TOP
    assert document["schema"] == 1
    assert all(set(verdict) >= VERDICT for verdict in document["verdicts"])
    assert all(set(finding) >= FINDING for finding in document["findings"])
    for scope in ("confirmed", "confirmed_or_likely"):
        assert set(document["summary"][scope]) == SUMMARY
    for finding in document["findings"]:
        if finding["rule"] == "traffic.mining-session":
            assert set(finding["evidence"]) >= SESSION
            assert set(finding["measures"]) == {"hash_rate", "power_kw", "energy_kwh_per_day", "revenue_per_day"}
            shas = {item["sha256"] for item in document["inputs"]}
            assert all(packet[0] in shas and packet[1] <= packet[2] for packet in finding["evidence"]["packets"])
            assert all(set(login) == {"value", "kind", "valid"} for login in finding["evidence"]["logins"])


def test_every_measure_is_an_ordered_interval_with_a_unit(document):
    def walk(value):
        if isinstance(value, dict):
            if {"low", "best", "high"} <= set(value):
                yield value
            for inner in value.values():
                yield from walk(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from walk(inner)

    measures = list(walk(document))
    assert len(measures) > 50
    for measure in measures:
        best = measure["low"] if measure["best"] is None else measure["best"]  # bounds alone have no best figure
        assert 0 <= measure["low"] <= best <= measure["high"]
        assert measure["unit"]
        assert set(measure) <= {"low", "best", "high", "unit", "algorithm"}
        assert ("algorithm" in measure) == measure["unit"].endswith("/s")


def test_who_mines_is_confirmed_and_ordinary_hosts_are_left_alone(document, province):
    _, truth = province
    grades = {verdict["subject"]: verdict["grade"] for verdict in document["verdicts"]}
    for row in truth.addresses:
        if row.reasons == ("stratum-v2",):  # encrypted: nothing is read
            assert grades[row.address] == "likely", row
        elif row.verdict in {"mining", "refused"}:
            assert grades[row.address] == "confirmed", row
        elif row.verdict == "attempt":
            assert grades[row.address] == "likely", row
        elif row.verdict == "ordinary":
            assert grades.get(row.address) in {None, "possible"}, row
        else:
            assert grades[row.address] in {"possible", "likely"}, row


def test_the_demonstration_finds_what_every_address_does(document, province):
    told = {line.what_en: line for line in compare(province[1], document)}
    assert all(line.is_right for what, line in told.items() if what.startswith("addresses"))
    assert int(told["addresses: encrypted mining → likely"].truth) == 1


def test_every_finding_is_reachable_from_its_verdict(document):
    ids = {finding["id"] for finding in document["findings"]}
    told = {
        name for verdict in document["verdicts"] for reason in verdict["reasons_for"] for name in reason["findings"]
    }
    assert told == ids
    assert all(finding["counted_in"] in ids for finding in document["findings"] if finding["counted_in"])


def test_units_are_those_that_filed(document, province):
    _, truth = province
    units = {row.address: row.unit for row in truth.addresses}
    found = {verdict["subject"]: verdict for verdict in document["verdicts"]}
    assert len(found) > 20
    for address, verdict in found.items():
        assert verdict["unit"] == units[address]
        assert verdict["attribution"] == ("filed" if units[address] else "none")


def test_records_add_up(document):
    assert all(item["records"] > 0 and item["rejected"] == 0 for item in document["inputs"])
    assert document["rejects"] == []


def test_a_session_over_rotated_files_is_one_session(document, province):
    _, truth = province
    clear = [s for s in truth.sessions if s.transport != "http" and s.dialect != "stratum-v2"]
    starts = {(s.client, s.client_port) for s in clear if s.state == "mining"}
    found = [
        (f["evidence"]["client"], f["evidence"]["client_port"])
        for f in document["findings"]
        if f["rule"] == "traffic.mining-session" and f["evidence"]["transport"] != "http"
    ]
    assert sorted(found) == sorted(starts)


def test_files_given_one_run_after_the_other_give_the_same_sessions(ask, screen_it, tmp_path):
    at_once, _ = screen_it(ask("captures"))
    with open_workspace(tmp_path / "w") as workspace:
        for number in range(3):
            documents, _ = screen_it(ask(f"captures/exit-{number:03d}.pcap"), workspace)

    def list_sessions(document):
        return {
            f["id"]: {
                k: f["evidence"][k] for k in ("shares_submitted", "shares_accepted", "jobs", "difficulty", "software")
            }
            for f in document["findings"]
            if f["rule"] == "traffic.mining-session"
        }

    sessions = list_sessions(documents[0])
    assert len(sessions) > 5
    expected = list_sessions(at_once[0])
    assert {name: expected.get(name) for name in sessions} == sessions


def test_a_second_identical_run_adds_nothing(ask, screen_it, tmp_path):
    with open_workspace(tmp_path / "w") as workspace:
        first, one = screen_it(ask("captures"), workspace)
        again, two = screen_it(ask("captures"), workspace)
        assert first == again
        assert (one.is_repeated, two.is_repeated) == (False, True)
        with workspace.engine.connect() as connection:
            assert [event.kind for event in read_events(connection)] == ["screened"]
        assert len(list(workspace.runs.iterdir())) == 1
        assert workspace.list_pending() == []


def test_separate_inputs_are_networks_of_their_own(ask, screen_it, province):
    directory, _ = province
    documents, _ = screen_it(ask("captures", is_separate=True))
    assert [Path(d["inputs"][0]["path"]).name for d in documents] == ["exit-000.pcap", "exit-001.pcap", "exit-002.pcap"]
    assert all(
        {v["site"] for v in d["verdicts"]} == {str(directory / "captures" / Path(d["inputs"][0]["path"]).name)}
        for d in documents
    )
    assert len({d["run"] for d in documents}) == 3


def test_listed_subjects_all_get_a_verdict(ask, screen_it, tmp_path):
    (tmp_path / "subjects.txt").write_text("10.10.4.21\n10.250.0.9  # nobody\n\n10.10.4.21\n")
    documents, _ = screen_it(ask("captures", subjects=str(tmp_path / "subjects.txt")))
    grades = {verdict["subject"]: verdict["grade"] for verdict in documents[0]["verdicts"]}
    assert grades["10.10.4.21"] == "confirmed"
    assert grades["10.250.0.9"] == "cannot judge"


def test_a_list_alone_leads_to_units_without_any_capture(ask, screen_it, province):
    _, truth = province
    documents, _ = screen_it(ask("lists"))
    units = {row.address: row.unit for row in truth.addresses}
    verdicts = documents[0]["verdicts"]
    assert len(verdicts) > 3
    assert all(v["grade"] == "likely" and v["unit"] == units[v["subject"]] for v in verdicts)


def test_times_bound_what_is_used(ask, screen_it, province):
    _, truth = province
    documents, _ = screen_it(ask("captures", until=truth.start_us - 1_000_000))
    assert documents[0]["verdicts"] == []
    assert documents[0]["inputs"][0]["records"] > 0


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"policy": "nowhere"}, PolicyError),
        ({"engine": "abacus"}, UsageError),
        ({"subjects": "/nowhere/subjects.txt"}, InputError),
        ({"units": "/nowhere/units.csv"}, InputError),
        ({"indicators": ("/nowhere/list.csv",)}, InputError),
    ],
)
def test_what_is_missing_is_told_in_one_line(ask, screen_it, changes, error):
    with pytest.raises(error) as caught:
        screen_it(ask("lists", **changes))
    assert "\n" not in str(caught.value)


def test_a_request_survives_being_written_down(ask):
    request = ask("captures", since=5, is_separate=True)
    assert ScreenRequest.from_json(json.loads(json.dumps(request.to_json()))) == request


PRICES = """date,coin,algorithm,rate_per_s,issued_per_day,fees_per_day,price,currency,cny_per_unit,source
2025-06-02,XMR,randomx,5e9,432,2,{price},USD,7.2,test
"""


def test_prices_tell_what_was_earned_and_name_the_run(ask, screen_it, tmp_path):
    runs = {}
    for price in (None, 330, 340):
        path = tmp_path / "prices.csv"
        path.write_text(PRICES.format(price=price), encoding="utf-8")
        (document,), _ = screen_it(ask("captures", prices=None if price is None else str(path)))
        runs[price] = document["run"]
        earned = document["summary"]["confirmed"]["revenue_per_day"]
        assert (earned is None) == (document["prices"] is None) == (price is None)
        assert earned is None or earned["unit"] == "USD/day"
    assert len(set(runs.values())) == 3


def test_prices_that_are_none_stop_the_screening(ask, screen_it, tmp_path):
    (tmp_path / "prices.csv").write_text("date,coin\n", encoding="utf-8")
    with pytest.raises(InputError, match="missing columns"):
        screen_it(ask("captures", prices=str(tmp_path / "prices.csv")))


@pytest.mark.parametrize(("site", "is_told"), [("cafe", True), ("default", False), ("", False)])
def test_seats_of_another_site_than_the_inputs_are_told(ask, tmp_path, site, is_told):
    seats = tmp_path / "seats.csv"
    seats.write_text(f"site,start,end,seats_used\n{site},2025-06-02,2025-06-03,3\n")
    told = []

    class Listening(Silence):
        def say(self, message):
            told.append(message)

    with run_screening(ask("lists", occupancy=str(seats)), None, Listening(), "tester"):
        pass
    assert [message for message in told if "seats" in message and "cafe" in message] == told
    assert bool(told) == is_told


def test_a_run_with_errors_is_kept_and_carried_out_anew(ask, screen_it, tmp_path):
    (tmp_path / "odd.bin").write_bytes(b"\x00odd" * 10)
    request = ask("lists")
    request = dataclasses.replace(request, inputs=(*request.inputs, ("default", str(tmp_path / "odd.bin"))))
    with open_workspace(tmp_path / "w") as workspace:
        _, first = screen_it(request, workspace)
        _, second = screen_it(request, workspace)
        assert first.errors
        assert (first.is_repeated, second.is_repeated) == (False, False)
        assert [run.name for run in workspace.runs.iterdir()] == [f"{first.run}-incomplete"]
