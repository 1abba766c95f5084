import pytest
from hypothesis import given
from hypothesis import strategies as st

from paicha.reference import algorithms
from paicha.reference.algorithms import find_algorithm, find_algorithm_of_coin, find_algorithms_of_coin, list_algorithms


def test_every_algorithm_has_a_source_a_known_unit_and_its_own_names():
    owner: dict[str, str] = {}
    for algorithm in list_algorithms():
        assert algorithm.source
        assert algorithm.rate_unit in {"H/s", "Sol/s", "g/s"}
        assert algorithm.hashes_per_difficulty is None or algorithm.hashes_per_difficulty >= 1
        for name in (algorithm.id, *algorithm.aliases):
            assert owner.setdefault(algorithms._fold(name), algorithm.id) == algorithm.id
            assert find_algorithm(name) is algorithm


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("rx/0", "randomx"), ("cn/r", "cn/r"), ("CryptoNight_R", "cn/r"), ("sha256", "sha256d"), ("Ethash", "ethash"),
        ("daggerhashimoto", "ethash"), ("equihash_125_4", "equihash-125-4"), ("kheavyhash", "kheavyhash"),
    ],
)  # fmt: skip
def test_aliases_of_miners_and_pools(name, expected):
    found = find_algorithm(name)
    assert found is not None
    assert found.id == expected


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("BTC", "sha256d"), ("ltc", "scrypt"), ("DOGE", "scrypt"), ("ETH", "ethash"), ("ETC", "etchash"),
        ("RVN", "kawpow"), ("XMR", "randomx"), ("ZEC", "equihash-200-9"), ("KAS", "kheavyhash"), ("ERG", "autolykos2"),
        ("ALPH", "blake3-alephium"), ("IRON", "fishhash"), ("BEAM", "beamhash3"), ("GRIN", "cuckatoo32"),
        ("ZEPH", "randomx"), ("RXD", "sha512_256d"), ("CFX", "octopus"), ("CKB", "eaglesong"),
    ],
)  # fmt: skip
def test_coins(symbol, expected):
    found = find_algorithm_of_coin(symbol)
    assert found is not None
    assert found.id == expected


def test_a_coin_of_several_algorithms_has_no_single_one():
    assert find_algorithm_of_coin("DGB") is None
    assert {a.id for a in find_algorithms_of_coin("DGB")} == {"sha256d", "scrypt"}


@given(st.text(max_size=200))
def test_any_text_may_be_asked(text):
    find_algorithm(text)
    find_algorithms_of_coin(text)


def test_nothing_is_found_for_nothing():
    assert find_algorithm(None) is None
    assert find_algorithm("") is None
    assert find_algorithm_of_coin("") is None
    assert find_algorithm("x" * 1_000_000) is None
