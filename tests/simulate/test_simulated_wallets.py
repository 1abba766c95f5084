import random

import pytest

from paicha.simulate.wallets import (
    WALLET_KINDS,
    encode_base58check,
    encode_bech32,
    encode_cashaddr,
    encode_cryptonote,
    encode_eip55,
    make_wallet,
)


def test_published_examples():
    key_hash = bytes.fromhex("751e76e8199196d454941c45d1b3a323f1433bd6")
    # BIP 173, BIP 350, EIP-55, the cashaddr specification, and the address of Bitcoin's first block
    assert encode_bech32("bc", key_hash) == "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
    taproot = bytes.fromhex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
    assert encode_bech32("bc", taproot, 1) == "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"
    mixed = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
    assert encode_eip55(bytes.fromhex(mixed[2:].lower())) == mixed
    plain = bytes.fromhex("F5BF48B397DAE70BE82B3CCA4793F8EB2B6CDAC9")
    assert encode_cashaddr("bitcoincash", plain, 0) == "bitcoincash:qr6m7j9njldwwzlg9v7v53unlr4jkmx6eylep8ekg2"
    first = bytes.fromhex("0062e907b15cbf27d5425399ebf6f0fb50ebb88f18")
    assert encode_base58check(first) == "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"


@pytest.mark.parametrize("kind", WALLET_KINDS)
def test_every_kind_is_deterministic(kind):
    assert make_wallet(kind, random.Random(4)) == make_wallet(kind, random.Random(4))
    assert make_wallet(kind, random.Random(4)) != make_wallet(kind, random.Random(5))


def test_monero_addresses_have_their_length_and_first_digit():
    assert len(encode_cryptonote(18, bytes(64))) == 95
    assert encode_cryptonote(18, bytes(64))[0] == "4"
    assert encode_cryptonote(42, bytes(64))[0] == "8"
