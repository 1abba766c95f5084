"""Hints: what gives rise to each, what does not, and that they rest on findings of their subject."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pyarrow as pa
from traffic_rows import HOUR, NOON, POLICY, ask, derive, flow, indicator, name, session

from paicha.packs.traffic.rules.names import name_in_session
from paicha.packs.traffic.rules.sessions import mining_session
from paicha.packs.traffic.summary import describe
from paicha.packs.traffic.summary.hint_texts import PURPOSES, SIGNS

COLUMNS = ("id", "rule", "site", "subject", "key", "set_aside", "counted_in")
SCHEMA = pa.schema([(column, pa.string()) for column in COLUMNS])
OWNER_COLUMNS = pa.schema([(column, pa.string()) for column in ("site", "subject", "credit_code", "unit")])
MINUTE = HOUR // 60


def hint(units: dict[str, str] | None = None, **rows: list[dict[str, Any]]) -> dict[str, dict[str, dict[str, Any]]]:
    """Return hints by subject and code."""
    known = derive(**rows)
    found = [
        {"id": f"{rule.id} {row['subject']} {row['key']}", "rule": rule.id, **{n: row[n] for n in COLUMNS[2:5]}}
        for rule in (mining_session, name_in_session)
        for row in ask(rule, known)
    ]
    owners = [{"site": "s", "subject": s, "unit": (units or {}).get(s)} for s in {row["subject"] for row in found}]
    tables = {t: known[t] for t in ("sessions", "observed", "activity", "watched", "signs", "relay_links")}
    findings = pa.Table.from_pylist(found, schema=SCHEMA)
    told = describe(tables, findings, pa.Table.from_pylist(owners, schema=OWNER_COLUMNS), POLICY).to_pylist()
    for row in told:
        for one in row["hints"]:
            assert all(f" {row['subject']} " in finding for finding in one["findings"])
            assert one["findings"]
            assert one["for"] in PURPOSES
            assert re.search("[一-龥]", one["text_zh"])
    return {row["subject"]: {one["code"]: one for one in row["hints"]} for row in told}


def login(value: str, kind: str = "wallet") -> list[dict[str, Any]]:
    return [{"value": value, "kind": kind, "valid": True if kind == "wallet" else None}]


def test_an_ordinary_miner_of_a_listed_pool_gives_no_hint() -> None:
    assert hint(mining_sessions=[session()])["10.0.0.5"] == {}


def test_malware_by_name_and_by_wallet() -> None:
    listed = [
        indicator(purpose="malware"),
        indicator(indicator="w", kind="wallet", value="4WALLET", purpose="malware"),
    ]
    told = hint(names=[name()], mining_sessions=[session()], indicators=listed)["10.0.0.5"]
    assert set(told) == {"malware-indicator", "malware-wallet"}
    assert "name-in-session" in told["malware-indicator"]["findings"][0]
    assert "mining-session" in told["malware-wallet"]["findings"][0]
    assert hint(names=[name()], mining_sessions=[session()], indicators=[indicator()])["10.0.0.5"] == {}


def test_a_server_is_who_answers_others_on_service_ports() -> None:
    visits = [flow(client_ip=f"192.0.2.{n}", server_ip="10.0.0.5", server_port=443) for n in range(6)]
    told = hint(mining_sessions=[session()], flows=visits)["10.0.0.5"]
    assert set(told) == {"serves-others", "processor-coin-on-server"}
    assert "443" in told["serves-others"]["text"]
    unanswered = [visit | {"packets_in": 0} for visit in visits]
    assert hint(mining_sessions=[session()], flows=unanswered)["10.0.0.5"] == {}
    # a relay that takes its clients on 443 is no web server for that
    clients = [session(client_ip=f"192.0.2.{n}", server_ip="10.0.0.5", server_port=443) for n in range(6)]
    assert "serves-others" not in hint(mining_sessions=[session(), *clients], flows=visits)["10.0.0.5"]


def test_hosts_of_a_unit_that_start_together() -> None:
    def start(minutes: int, **changes: Any) -> dict[str, dict[str, dict[str, Any]]]:
        rows = [
            session(client_ip=f"10.0.1.{n}", worker=f"w{n}", started=NOON + n * minutes * MINUTE, **changes)
            for n in range(4)
        ]
        return hint({f"10.0.1.{n}": "U" for n in range(4)}, mining_sessions=rows)

    assert set(start(2)["10.0.1.3"]) == {"started-together"}
    assert start(30)["10.0.1.3"] == {}
    assert start(2, joined=True)["10.0.1.3"] == {}


def test_a_login_at_several_units() -> None:
    rows = [session(), session(client_ip="10.0.9.5", started=NOON + 9 * HOUR, ended=NOON + 10 * HOUR)]
    units = {"10.0.0.5": "U", "10.0.9.5": "V"}
    assert set(hint(units, mining_sessions=rows)["10.0.0.5"]) == {"login-at-other-units"}
    assert hint({"10.0.0.5": "U", "10.0.9.5": "U"}, mining_sessions=rows)["10.0.0.5"] == {}
    assert hint({"10.0.0.5": "U"}, mining_sessions=rows)["10.0.0.5"] == {}


def test_many_workers_of_one_login_and_many_logins_of_one_unit() -> None:
    hosts = [f"10.0.1.{n}" for n in range(5)]
    times = [{"started": NOON + n * HOUR, "ended": NOON + (n + 1) * HOUR} for n in range(5)]
    farm = [session(client_ip=h, worker=f"w{n}", **t) for n, (h, t) in enumerate(zip(hosts, times, strict=True))]
    units = dict.fromkeys(hosts, "U")
    listed = [indicator(kind="address", value="198.51.100.7")]
    assert set(hint(units, mining_sessions=farm, indicators=listed)[hosts[0]]) == {"many-workers"}
    hosted = [row | {"logins": login(f"4wallet{n}"), "worker": None} for n, row in enumerate(farm)]
    assert set(hint(units, mining_sessions=hosted, indicators=listed)[hosts[0]]) == {"many-logins"}
    assert hint(mining_sessions=hosted, indicators=listed)[hosts[0]] == {}


def test_hardware_software_and_account() -> None:
    told = hint(mining_sessions=[
        session(algorithm="sha256d", coin="BTC", dialect="stratum-v1", software="cgminer/4.12",
                logins=login("farm", "account")),
        session(client_ip="10.0.0.6", algorithm="kawpow", dialect="kawpow", coin="RVN"),
    ])  # fmt: skip
    assert set(told["10.0.0.5"]) == {"special-machine", "machine-software", "own-account"}
    assert set(told["10.0.0.6"]) == {"graphics-cards"}


def test_steady_or_by_night_only() -> None:
    others = [flow(client_ip="10.0.0.9", started=NOON, ended=NOON + 20 * 24 * HOUR - 1)]

    def mine(hours: range) -> set[str]:
        # noon UTC is 20 in China
        slots = [
            {"time": NOON + (d * 24 + h) * HOUR + q * 15 * MINUTE, "out": 9, "in": 9}
            for d in range(20) for h in hours for q in range(4)
        ]  # fmt: skip
        return set(hint(mining_sessions=[session(volume=slots)], flows=others)["10.0.0.5"])

    assert mine(range(24)) == {"steady"}
    assert mine(range(3, 9)) == {"by-night-only"}
    assert mine(range(12)) == set()


def test_hosts_that_share_a_server_outside_that_no_list_knows() -> None:
    rows = [session(client_ip=f"10.0.1.{n}", server_ip="198.51.100.99", server_port=443) for n in range(5)]
    told = hint(mining_sessions=rows)["10.0.1.0"]
    assert set(told) == {"shared-unlisted-server"}
    assert told["shared-unlisted-server"]["for"] == "relay"
    listed = indicator(kind="address", value="198.51.100.99", port=443)
    assert hint(mining_sessions=rows, indicators=[listed])["10.0.1.0"] == {}
    through = hint(mining_sessions=[row | {"server_ip": "10.0.0.9"} for row in rows])["10.0.1.0"]
    assert set(through) == {"behind-relay"}
    assert "10.0.0.9" in through["behind-relay"]["text"]


def test_every_hint_is_documented() -> None:
    page = (Path(__file__).parents[3] / "docs/packs/traffic.md").read_text(encoding="utf-8")
    table = page.split("<!-- names: hints -->")[1].split("\n\nLogins")[0]
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| ([a-z-]+) \|", table, re.MULTILINE))
    assert rows == {code: sign.purpose for code, sign in SIGNS.items()}
