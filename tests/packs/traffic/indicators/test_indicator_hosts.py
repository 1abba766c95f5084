"""Hosts in the many forms that lists write them in, and those that must never be indicators."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paicha.packs.traffic.indicators.endpoints import Endpoint, parse_endpoint
from paicha.packs.traffic.indicators.hosting import (
    are_shared_addresses,
    is_public_suffix,
    is_shared_name,
    load_shared_hosting,
    refuse_addresses,
    refuse_name,
)
from paicha.reference.addresses import parse_networks


@pytest.mark.parametrize(
    ("text", "kind", "value", "port"),
    [
        ("Pool.Example.COM.", "domain", "pool.example.com", None),
        ("*.pool.example", "domain", "pool.example", None),
        ("||pool.example^", "domain", "pool.example", None),
        ("stratum+tcp://user:x@pool.example:3333/path", "domain", "pool.example", 3333),
        ("hxxp://pool[.]example[.]com/a?b", "domain", "pool.example.com", None),
        ("1.2.3.4", "address", "1.2.3.4", None),
        ("1.2.3.4:3333", "address", "1.2.3.4", 3333),
        ("http://185.141.25.35", "address", "185.141.25.35", None),
        ("2001:DB8::1", "address", "2001:db8::1", None),
        ("[2001:db8::1]:443", "address", "2001:db8::1", 443),
        ("::ffff:1.2.3.4", "address", "1.2.3.4", None),
        ("矿池.example", "domain", "xn--btwv1w.example", None),
        ("_stratum._tcp.pool.example", "domain", "_stratum._tcp.pool.example", None),
    ],
)
def test_hosts_in_many_forms(text: str, kind: str, value: str, port: int | None):
    assert parse_endpoint(text) == Endpoint(kind, value, port)


@pytest.mark.parametrize(
    "text",
    ["", "localhost", "a b", "pool..example", "-pool.example", "pool.example:0", "pool.example:99999", "1.2.3.4:x",
     "1.2.3.300", "x" * 300 + ".example", "x" * 5000, "pool.123", "0xabc", "/etc/passwd", "a" * 64 + ".example"],
)  # fmt: skip
def test_what_names_no_host_is_told_why(text: str):
    assert isinstance(parse_endpoint(text), str)


@given(st.text(max_size=80))
def test_any_text_is_answered_and_answers_are_stable(text: str):
    found = parse_endpoint(text)
    if isinstance(found, Endpoint):
        assert parse_endpoint(found.value) == Endpoint(found.kind, found.value, None)


@pytest.mark.parametrize("name", ["com", "co.uk", "com.cn", "gd.cn", "ne.jp"])
def test_public_suffixes_are_refused(name: str):
    assert is_public_suffix(name)
    assert refuse_name(name)


@pytest.mark.parametrize(
    "name", ["mooo.com", "duckdns.org", "github.com", "www.google.com", "amazonaws.com", "3322.org"]
)
def test_what_everyone_shares_is_refused(name: str):
    assert refuse_name(name)


def test_a_host_below_a_shared_suffix_is_flagged_and_a_pool_is_not():
    assert refuse_name("miner.duckdns.org") is None
    assert is_shared_name("miner.duckdns.org")
    assert is_shared_name("a.b.workers.dev")
    for name in ("f2pool.com", "btc.com", "xmr.pt", "pool.co.uk", "notduckdns.org"):
        assert refuse_name(name) is None
        assert not is_shared_name(name)


def test_addresses_that_are_nobody_s_or_everybody_s():
    column = pa.array(
        ["10.1.2.3", "127.0.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "8.8.8.8", "::1", "94.23.1.1"]
    )
    assert [reason is not None for reason in refuse_addresses(column)] == [True] * 7 + [False]
    shared = are_shared_addresses(pa.array(["104.16.0.1", "172.65.210.108", "2606:4700::1", "94.23.1.1"]))
    assert shared == [True, True, True, False]


def test_our_list_of_shared_hosting_is_sound():
    hosting = load_shared_hosting()
    assert parse_networks(list(hosting.ranges))[0].valid.all()
    for name in hosting.suffixes | hosting.sites:
        assert parse_endpoint(name) == Endpoint("domain", name, None)
        assert not is_public_suffix(name)
