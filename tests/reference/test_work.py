import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paicha.reference.algorithms import find_algorithm
from paicha.reference.work import (
    work_of_boundary,
    work_of_cryptonote_target,
    work_of_cycle,
    work_of_difficulty,
    work_of_packed,
    work_of_target_be,
    work_of_target_le,
)


def test_difficulty_of_bitcoin_is_the_difficulty_1_target():
    work = work_of_difficulty(1, find_algorithm("sha256d"))
    assert work == pytest.approx(2**256 / (0xFFFF << 208), rel=1e-12)


@pytest.mark.parametrize(
    ("algorithm", "hashes"),
    [("scrypt", 2**16), ("keccak", 2**24), ("ethash", 2**32), ("kheavyhash", 2**32), ("blake3-alephium", 2**34)],
)
def test_difficulty_units(algorithm, hashes):
    assert work_of_difficulty(3, find_algorithm(algorithm)) == pytest.approx(3 * hashes, rel=2e-5)


def test_a_difficulty_too_great_to_be_one_is_hashes():
    assert work_of_difficulty(8589934592.0, find_algorithm("ethash")) == 8589934592.0
    assert work_of_difficulty(2.0, find_algorithm("ethash")) == 2**33
    assert work_of_difficulty(5000, find_algorithm("sha256d"), is_raw=True) == 5000
    assert work_of_difficulty(5000, find_algorithm("randomx")) is None
    assert work_of_difficulty(5000, None) is None


def test_targets():
    assert work_of_cryptonote_target("ffff0100") == pytest.approx(32768.25, rel=1e-7)
    assert work_of_cryptonote_target("b88d0600") == pytest.approx(10000, rel=1e-5)
    assert work_of_cryptonote_target("0100000000000000") == 2**64
    assert work_of_cryptonote_target("00068db8", is_big_endian=True) == pytest.approx(10000, rel=1e-5)
    assert work_of_target_be("0x" + "00000000ffff" + "0" * 52) == pytest.approx(2**32, rel=2e-5)
    assert work_of_target_be("f" * 64) == pytest.approx(1)
    assert work_of_target_le("01" + "00" * 31) is None  # 2^256 hashes: nonsense
    assert work_of_target_le("00" * 28 + "01000000") == 2**32
    assert work_of_boundary(str(2**200)) == 2**56
    assert work_of_boundary(2**200) == 2**56


def test_packed_and_cycle_difficulties():
    assert work_of_packed(33 << 24) == 2**33
    assert work_of_packed((10 << 24) | 0x800000) == 1536
    assert work_of_cycle(1, 32) == 42
    assert work_of_cycle(16384 * 4, 32) == 168


@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf, True, None, "5", 10**400, 2.0**250])
def test_nonsense_difficulties(value):
    assert work_of_difficulty(value, find_algorithm("sha256d")) is None
    assert work_of_cycle(value, 32) is None


@pytest.mark.parametrize(
    "text", ["", "0x", "0", "00000000", "zz", "１２", "-5", "1" * 10_000_000, "0x" + "f" * 65, None, 5]
)
def test_nonsense_targets(text):
    for read in (work_of_target_be, work_of_target_le, work_of_cryptonote_target):
        assert read(text) is None


@pytest.mark.parametrize("text", ["", "0", "-5", "1.5", "²", "9" * 5_000_000, 0, -1, 10**100, True])
def test_nonsense_boundaries(text):
    assert work_of_boundary(text) is None


@given(st.text(max_size=80))
def test_any_text_is_answered(text):
    for read in (work_of_target_be, work_of_target_le, work_of_cryptonote_target, work_of_boundary):
        answer = read(text)
        assert answer is None or (answer > 0 and math.isfinite(answer))


@given(st.integers(min_value=1, max_value=2**32 - 1))
def test_both_lengths_of_cryptonote_target_agree(target):
    short = work_of_cryptonote_target(target.to_bytes(4, "little").hex())
    long = work_of_cryptonote_target((target << 32).to_bytes(8, "little").hex())
    assert short == pytest.approx(long)
