"""Suricata EVE JSON: all used events, DNS in three versions, mining alerts."""

from __future__ import annotations

import json

import pytest

from paicha.packs.traffic.policy import AlertsPolicy, TrafficPolicy
from paicha.packs.traffic.readers.eve import EVE_READER

TIME = "2021-11-10T08:30:00.123456+0800"
TIME_US = 1_636_504_200_123_456


def event(kind, src="10.0.0.5", sport=50000, dst="203.0.113.9", dport=3333, **more):
    common = {"timestamp": TIME, "event_type": kind, "src_ip": src, "dest_ip": dst, "proto": "TCP"}
    return common | {"src_port": sport, "dest_port": dport} | more


def read(bench, *events, **options):
    lines = [e if isinstance(e, str) else json.dumps(e) for e in events]
    return bench.read(EVE_READER, "\n".join(lines) + "\n", **options)


def test_flow_becomes_a_flow(bench):
    flow = {"pkts_toserver": 3, "pkts_toclient": 4, "bytes_toserver": 30, "bytes_toclient": 40}
    flow |= {"start": "2021-11-10T00:00:00.5+0000", "end": "2021-11-10T00:01:00.000000+0000"}
    (row,) = read(bench, event("flow", flow=flow)).rows("flows")
    assert (row["client_ip"], row["server_port"], row["protocol"], row["sensor"]) == ("10.0.0.5", 3333, 6, "eve")
    assert (row["started"], row["ended"]) == (1_636_502_400_500_000, 1_636_502_460_000_000)
    assert [row[c] for c in ("packets_out", "packets_in", "bytes_out", "bytes_in")] == [3, 4, 30, 40]


def test_netflow_events_of_both_directions_are_one_flow_and_others_stay_one_sided(bench):
    def half(start, pkts, size, **ends):
        times = {"start": f"2021-11-10T00:00:{start}+0000", "end": "2021-11-10T00:01:00+0000"}
        return event("netflow", **ends, netflow={"pkts": pkts, "bytes": size, **times}, tcp={"syn": True})

    back = {"src": "203.0.113.9", "sport": 3333, "dst": "10.0.0.5", "dport": 50000}
    sink = read(bench, half("01.2", 6, 600, **back), half("01.1", 5, 500), half("01.1", 1, 60, sport=50001))
    assert sink.accepted[0] == 3
    one, two = sorted(sink.rows("flows"), key=lambda row: row["client_port"])
    assert [one[c] for c in ("client_ip", "packets_out", "packets_in", "bytes_out", "bytes_in")] == [
        "10.0.0.5", 5, 6, 500, 600
    ]  # fmt: skip
    assert (two["packets_out"], two["packets_in"], two["bytes_in"]) == (1, None, None)


@pytest.mark.parametrize(
    ("dns", "expected"),
    [
        ({"type": "query", "rrname": "Pool.Example", "rrtype": "A"}, {None}),
        ({"type": "answer", "rrname": "pool.example", "rrtype": "A", "rdata": "1.2.3.4"}, {"1.2.3.4"}),
        (
            {
                "version": 2,
                "type": "answer",
                "rrname": "pool.example",
                "answers": [{"rrtype": "CNAME", "rdata": "b.c"}, {"rrtype": "AAAA", "rdata": "2001:DB8:0::1"}],
                "grouped": {"CNAME": ["b.c"], "AAAA": ["2001:DB8:0::1"]},
            },
            {"2001:db8::1"},
        ),
        ({"version": 2, "rrname": "pool.example", "grouped": {"A": ["1.1.1.1", "1.1.1.2"]}}, {"1.1.1.1", "1.1.1.2"}),
        ({"version": 3, "queries": [{"rrname": "pool.example"}], "answers": [{"rdata": "1.2.3.4"}]}, {"1.2.3.4"}),
        ({"version": 3, "type": "request", "queries": [{"rrname": "pool.example."}]}, {None}),
    ],
)  # fmt: skip
def test_dns_of_every_version(bench, dns, expected):
    sink = read(bench, event("dns", dport=53, dns=dns), event("dns", "203.0.113.9", 53, "10.0.0.5", 50000, dns=dns))
    rows = sink.rows("names")
    assert {row["answer"] for row in rows} == expected
    assert {(row["name"], row["client_ip"], row["server_port"]) for row in rows} == {("pool.example", "10.0.0.5", 53)}
    assert len(rows) == 2 * len(expected)


def test_names_of_tls_and_http(bench):
    tls = {"sni": "Pool.Example", "subject": "OU=x, CN=*.pool.example, C=US", "issuerdn": "CN=ca.example"}
    sink = read(bench, event("tls", tls=tls), event("http", http={"hostname": "h.example"}), event("tls", tls={}))
    assert {(row["kind"], row["name"]) for row in sink.rows("names")} == {
        ("sni", "pool.example"),
        ("certificate", "*.pool.example"),
        ("host", "h.example"),
    }
    assert {row["first_seen"] for row in sink.rows("names")} == {TIME_US}


def alert(signature, category="Potential Corporate Privacy Violation", **ends):
    return event("alert", **ends, alert={"signature_id": 7, "signature": signature, "category": category})


def test_mining_alerts_are_reports_on_the_inside_address(bench):
    back = {"src": "203.0.113.9", "sport": 3333, "dst": "10.0.0.5", "dport": 50000}
    sink = read(
        bench,
        alert("ET POLICY Cryptocurrency Miner Checkin"),
        alert("ET COINMINER Response", **back),
        alert("Anything", "Crypto Currency Mining Activity Detected", src="198.51.100.1"),
        alert("ET CINS Active Threat Intelligence Poor Reputation IP group 89", "Misc Attack"),
        alert("ET POLICY Determining External IP", "Examining"),
    )
    assert sink.accepted[0] == 5
    assert [(row["address"], row["port"], row["peer"], row["peer_port"]) for row in sink.rows("reports")] == [
        ("10.0.0.5", 50000, "203.0.113.9", 3333),
        ("10.0.0.5", 50000, "203.0.113.9", 3333),
        ("198.51.100.1", 50000, "203.0.113.9", 3333),
    ]
    first = sink.rows("reports")[0]
    assert first["issuer"] == "Suricata ET POLICY Cryptocurrency Miner Checkin"
    assert (first["batch"], first["kind"], first["last_seen"]) == (
        "7",
        "Potential Corporate Privacy Violation",
        TIME_US,
    )


def test_which_alerts_complain_of_mining_is_policy(bench):
    policy = TrafficPolicy(alerts=AlertsPolicy(patterns=("reputation",)))
    sink = read(bench, alert("Coin Miner"), alert("Poor REPUTATION"), policy=policy)
    assert [row["issuer"] for row in sink.rows("reports")] == ["Suricata Poor REPUTATION"]


def test_events_that_cannot_be_read_are_rejected_and_others_accepted(bench):
    sink = read(
        bench,
        event("stats", src=None),
        "{broken",
        "[]",
        {"timestamp": TIME},
        event("dns", src="nowhere", dns={}),
        event("tls", dport=99999),
        event("flow", flow={"start": "yesterday"}),
        "",
        event("fileinfo"),
    )
    assert (sink.accepted[0], sink.rejected[0]) == (2, 6)
    assert ("line 2", "is not a JSON object", 2) in sink.rejects
    assert ("line 4", "has no event_type", 1) in sink.rejects
