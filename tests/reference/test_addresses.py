"""Addresses as numbers against the standard library's."""

from __future__ import annotations

import ipaddress

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from paicha.reference.addresses import (
    PRIVATE_RANGES,
    canonical_address,
    format_addresses,
    is_private,
    parse_addresses,
    parse_networks,
)

NUMBERS = st.one_of(
    st.integers(0, 2**128 - 1),
    st.integers(0, 2**32 - 1).map(lambda n: n | 0xFFFF << 32),
    st.integers(0, 2**32 - 1),
    st.lists(st.sampled_from([0, 0, 1, 0xABC, 0xFFFF]), min_size=8, max_size=8).map(
        lambda groups: sum(g << 16 * i for i, g in enumerate(groups))
    ),
)


def to_number(text: str) -> int | None:
    """What the standard library reads, IPv4 mapped into IPv6; zone ids refused."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return int(address) | 0xFFFF << 32
    return None if address.scope_id else int(address)


@settings(deadline=None)
@given(st.lists(NUMBERS))
def test_texts_survive_a_round_trip(numbers: list[int]):
    texts = [str(ipaddress.IPv6Address(n)) for n in numbers]
    parsed = parse_addresses(texts)
    assert parsed.valid.all()
    assert [(int(h) << 64) | int(lo) for h, lo in zip(parsed.high, parsed.low, strict=True)] == numbers
    expected = [
        str(ipaddress.IPv4Address(n & 0xFFFFFFFF)) if n >> 32 == 0xFFFF else str(ipaddress.IPv6Address(n))
        for n in numbers
    ]
    assert format_addresses(parsed).to_pylist() == expected


@settings(deadline=None)
@given(st.one_of(st.text("0123456789abcdefF:./", max_size=46), st.text(max_size=12)))
@example("1.2.3.4")
@example("01.2.3.4")
@example("::")
@example(":::")
@example("1::")
@example("::1.2.3.4")
@example("1:2:3:4:5:6:7:8")
@example("1:2:3:4:5:6:7::")
@example("::2:3:4:5:6:7:8")
@example("1:2:3:4:5:6:7:8::")
@example("1:2:3:4:5:6:1.2.3.4")
@example("1:2:3:4:5:6:7:1.2.3.4")
@example("1::2::3")
@example("1:2:3:4:5:6:7:")
@example(":1:2:3:4:5:6:7")
@example("12345::")
@example("")
@example("1.2.3.256")
@example("fe80::1%eth0")
@example("٣.1.1.1")
def test_the_same_texts_are_addresses_as_in_the_standard_library(text: str):
    parsed = parse_addresses([text])
    expected = to_number(text)
    assert bool(parsed.valid[0]) == (expected is not None)
    if expected is not None:
        assert (int(parsed.high[0]) << 64) | int(parsed.low[0]) == expected
        assert canonical_address(text) == format_addresses(parsed)[0].as_py()


def test_arrays_with_offsets_nulls_and_chunks_are_read():
    array = pa.array(["x", None, "1.2.3.4", "::1", "2001:DB8::A"]).slice(1)
    assert format_addresses(parse_addresses(array)).to_pylist() == [None, "1.2.3.4", "::1", "2001:db8::a"]
    chunked = pa.chunked_array([array, array.slice(3)])
    assert parse_addresses(chunked).valid.tolist() == [False, True, True, True, True]
    assert format_addresses(parse_addresses([])).to_pylist() == []
    assert parse_addresses(["\ud800", "1.1.1.1"]).valid.tolist() == [False, True]
    assert format_addresses(parse_addresses(["::ffff:9.8.7.6"])).to_pylist() == ["9.8.7.6"]


@settings(deadline=None)
@given(st.integers(0, 2**128 - 1), st.integers(0, 128), st.booleans())
def test_networks_span_what_the_standard_library_says(number: int, bits: int, is_ipv4: bool):
    if is_ipv4:
        network = ipaddress.ip_network((number & 0xFFFFFFFF, min(bits, 32)), strict=False)
        text = f"{ipaddress.IPv4Address(number & 0xFFFFFFFF)}/{min(bits, 32)}"
    else:
        network = ipaddress.ip_network((number | 1 << 127, bits), strict=False)
        text = f"{ipaddress.IPv6Address(number | 1 << 127)}/{bits}"
    first, last = parse_networks([text])
    assert first.valid[0]
    assert format_addresses(first)[0].as_py() == canonical_address(str(network[0]))
    assert format_addresses(last)[0].as_py() == canonical_address(str(network[-1]))


@pytest.mark.parametrize("text", ["1.2.3.4/33", "::/129", "1.2.3.4/", "/8", "1.2.3.4/-1", "1.2.3.4/8/8", "10/8", None])
def test_what_is_no_network_is_not_valid(text: str | None):
    assert not parse_networks([text])[0].valid[0]


def test_a_bare_address_is_a_network_of_one():
    first, last = parse_networks(["1.2.3.4", "2001:db8::1"])
    assert first.valid.all()
    assert np.array_equal(first.low, last.low)


@settings(deadline=None)
@given(st.lists(NUMBERS, max_size=20))
def test_private_addresses_are_those_of_the_ranges(numbers: list[int]):
    networks = [ipaddress.ip_network(text) for text in PRIVATE_RANGES]
    texts = format_addresses(parse_addresses([str(ipaddress.IPv6Address(n)) for n in numbers])).to_pylist()
    expected = [any(ipaddress.ip_address(text) in network for network in networks) for text in texts]
    assert is_private(parse_addresses(texts)).tolist() == expected


def test_well_known_private_addresses():
    texts = ["10.1.2.3", "172.31.255.255", "172.32.0.0", "100.64.0.1", "8.8.8.8", "fe80::1", "::1", "2001:db8::1", "x"]
    assert is_private(parse_addresses(texts)).tolist() == [True, True, False, True, False, True, True, False, False]
