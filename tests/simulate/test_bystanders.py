import random

import pytest
from simulated_reading import is_sum_right, read_streams, strip_ethernet

from paicha.simulate.bystanders import EVERYDAY, ask_dns
from paicha.simulate.lookalikes import LOOKALIKES, Place
from paicha.simulate.tls import build_certificate, build_client_hello

FORBIDDEN = (b"mining.", b"getblocktemplate", b"getwork", b"submitblock", b"eth_submitWork", b"eth_getWork")


def place(seed=1, **changes):
    return Place("10.0.0.7", "192.0.2.80", 10**15, random.Random(seed), **changes)


@pytest.mark.parametrize("make", [*LOOKALIKES, *EVERYDAY])
def test_ordinary_conversations_hold_no_work(make):
    held = make(place())
    assert held.flow.nature == "ordinary"
    assert held.flow.label
    assert all(is_sum_right(strip_ethernet(packet.data)) for packet in held.packets)
    payload = b"".join(read_streams(held.packets).values())
    assert not any(word in payload for word in FORBIDDEN)
    assert make(place()).packets == held.packets


def test_labels_are_their_own():
    labels = [make(place()).flow.label for make in LOOKALIKES]
    assert len(set(labels)) == len(LOOKALIKES)


def test_client_hello_carries_the_name_and_has_the_usual_length():
    hello = build_client_hello("pool.example", random.Random(1))
    assert len(hello) == 517
    assert b"\0\0\0\x11\0\x0f\0\0\x0cpool.example" in hello
    assert b"pool.example" not in build_client_hello(None, random.Random(1))


def test_certificate_is_der_with_both_names():
    data = build_certificate("www.unit.example", random.Random(1), others=("unit.example",))
    assert data[0] == 0x30
    assert int.from_bytes(data[2:4], "big") == len(data) - 4
    assert data.count(b"www.unit.example") == 2
    assert data.count(b"\x82\x0cunit.example") == 1


@pytest.mark.parametrize("answer", ["203.0.113.5", "2001:db8::5", None])
def test_dns_answers(answer):
    held = ask_dns(place(name="a.b.example"), answer)
    assert dict(held.flow.names).get("answer") == answer
    assert all(b"\x01a\x01b\x07example\0" in packet.data for packet in held.packets)
