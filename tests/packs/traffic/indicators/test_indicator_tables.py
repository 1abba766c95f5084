"""Merging, the project's own table, and what may leave as a block list."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from paicha.packs.traffic.indicators.curated import curated_indicators
from paicha.packs.traffic.indicators.entries import Entry, make_table
from paicha.packs.traffic.indicators.export import export_blocklist
from paicha.packs.traffic.indicators.hosting import is_shared_name, refuse_name
from paicha.packs.traffic.indicators.merging import merge_indicators
from paicha.packs.traffic.tables import INDICATORS

ENTRIES = st.lists(
    st.builds(
        Entry,
        st.sampled_from(["domain", "address"]),
        st.sampled_from(["a.example", "b.example", "1.2.3.4"]),
        st.sampled_from([None, 3333]),
        st.sampled_from(["pool", "website", "malware"]),
        st.sampled_from([0.2, 0.5, 0.9]),
        st.sampled_from([None, "P"]),
        st.sampled_from([None, "BTC"]),
        st.sampled_from([None, 5, 7]),
        st.sampled_from([None, 8, 9]),
        st.booleans(),
        st.sampled_from(["list a", "list b"]),
    ),
    max_size=12,
)


@given(ENTRIES, ENTRIES)
def test_merging_is_the_same_in_any_order_and_loses_nothing(one: list[Entry], other: list[Entry]):
    a, b = make_table(one), make_table(other)
    merged = merge_indicators([a, b])
    assert merged.schema == INDICATORS.arrow
    keys = {(e.kind, e.value, e.port) for e in one + other}
    rows = merged.to_pylist()
    assert {(r["kind"], r["value"], r["port"]) for r in rows} == keys
    assert len(rows) == len(keys) == len({r["indicator"] for r in rows})
    again = merge_indicators([merged, merged])
    assert again.equals(merged)
    assert merge_indicators([make_table(list(reversed(other))), a]).equals(merged)
    for row in rows:
        same = [e for e in one + other if (e.kind, e.value, e.port) == (row["kind"], row["value"], row["port"])]
        assert row["confidence"] == max(e.confidence for e in same if e.purpose == row["purpose"])
        assert row["first_seen"] == min((e.first_seen for e in same if e.first_seen), default=None)
        assert row["last_seen"] == max((e.last_seen for e in same if e.last_seen), default=None)
        assert row["is_shared_hosting"] == any(e.is_shared_hosting for e in same)
        assert set(row["source"].split("; ")) == {e.source for e in same}


def test_a_list_that_calls_a_site_a_pool_does_not_make_visits_mining():
    theirs = make_table([Entry("domain", "f2pool.com", None, "pool", 0.6, source="their list")])
    rows = merge_indicators([theirs, curated_indicators()]).to_pylist()
    (row,) = [row for row in rows if (row["value"], row["port"]) == ("f2pool.com", None)]
    assert (row["purpose"], row["confidence"]) == ("website", 0.4)
    assert "their list" in row["source"]
    malware = make_table([Entry("domain", "f2pool.com", None, "malware", 0.6, source="their list")])
    rows = merge_indicators([malware, curated_indicators()]).to_pylist()
    assert [r["purpose"] for r in rows if (r["value"], r["port"]) == ("f2pool.com", None)] == ["malware"]


def test_our_table_is_sound():
    table = curated_indicators()
    assert table.schema == INDICATORS.arrow
    rows = table.to_pylist()
    assert len({row["pool"] for row in rows}) >= 100
    for row in rows:
        assert refuse_name(row["value"]) is None, row
        assert row["is_shared_hosting"] or not is_shared_name(row["value"]), row
        assert row["last_seen"] is not None
        assert row["first_seen"] is None or row["first_seen"] <= row["last_seen"], row
        assert row["source"]


def test_a_pool_s_site_is_told_from_its_mining_hosts():
    rows = {(row["value"], row["port"]): row for row in curated_indicators().to_pylist()}
    assert rows[("f2pool.com", None)]["purpose"] == "website"
    assert rows[("btc.f2pool.com", None)]["purpose"] == "pool"
    assert rows[("f2pool.com", None)]["confidence"] < rows[("btc.f2pool.com", None)]["confidence"]
    assert rows[("coinhive.com", None)]["purpose"] == "browser-mining"
    # a port of the web would make every visit to the site look like mining
    assert not [key for key in rows if key[1] in (80, 443)]


def test_a_block_list_never_holds_shared_hosting():
    entries = [
        Entry("domain", "pool.example", None, "pool", 0.9),
        Entry("domain", "pool.example", 3333, "pool", 0.9),
        Entry("address", "94.23.1.1", 3333, "pool", 0.9),
        Entry("address", "2a00:1::1", 3333, "malware", 0.9),
        Entry("address", "2a00:1::2", None, "pool", 0.9),
        Entry("domain", "flagged.example", None, "pool", 0.9, is_shared_hosting=True),
        Entry("domain", "flagged.example", 3333, "pool", 0.9),
        # not flagged by their list, but known to us
        Entry("domain", "miner.duckdns.org", None, "pool", 0.9),
        Entry("domain", "duckdns.org", None, "pool", 0.9),
        Entry("domain", "com.cn", None, "pool", 0.9),
        Entry("address", "104.16.0.1", 3333, "pool", 0.9),
        Entry("address", "10.0.0.1", 3333, "pool", 0.9),
        Entry("address", "8.8.8.8", None, "pool", 0.9),
        Entry("domain", "site.example", None, "website", 0.9),
        Entry("domain", "node.example", None, "node", 0.9),
        Entry("wallet", "0xabc", None, "pool", 0.9),
        Entry("domain", "doubtful.example", None, "pool", 0.2),
    ]
    assert list(export_blocklist(make_table(entries))) == [
        "2a00:1::2", "94.23.1.1:3333", "[2a00:1::1]:3333", "pool.example", "pool.example:3333",
    ]  # fmt: skip
    assert list(export_blocklist(make_table([]))) == []
