import hashlib
import os
import random
import string
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paicha.reference.algorithms import find_algorithms_of_coin
from paicha.reference.base58 import ALPHABET, decode_base58, decode_cryptonote
from paicha.reference.files import read_document
from paicha.reference.wallets import LONGEST_LOGIN, check_wallet, classify_login
from paicha.simulate.wallets import WALLET_KINDS, make_wallet

SHARED = Path(os.environ.get("PAICHA_SHARED", Path(__file__).resolve().parents[2].parent / "shared"))

XMR = "49HqitRzdnhYjgTEAhgGpCfsjdTeMbUTU6cyR4JV1R7k2Eej9rGT8JpFiYDa4tZM6RZiFrHmMzgSrhHEqpDYKBe5B2ufNsL"
BTC = "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"

VALID = [
    (BTC, "BTC"),
    ("3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", "BTC"),
    ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "BTC"),
    ("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "BTC"),
    ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", "BTC"),
    ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "ETH"),
    ("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", "ETC"),
    (XMR, "XMR"),
    ("884Bz8UH63aYsjVdkfWfScRYWZGGNbjFL7pztqvWNSrtYT4reFSwyvkCj9KEGUtheHhhMUj87ciTBFyzoesrMJ4L1FvSoxL", "XMR"),
    ("ZEPHYR2G2eYc89an5bmrZFBXre8VsAEPk3ak2ZB1kRDrcQ7stCQVAYpeEG52JS5F9XgyQ4eFah5C8b3gFY7WzL3tfSdSfhfnWbR3i", "ZEPH"),
    ("t1fAhZF5aUJdY7CikGULHmeYk7id8qmvbAd", "ZEC"),
    ("kaspa:qrjhg5pvhm3ljupk4pl5k5wfd86kpc98wwk26jksruevq8g9zq5lucfqk23vg", "KAS"),
    ("qrelgny7sr3vahq69yykxx36m65gvmhryxrlwngfzgu8xkdslum2yxjp3ap8m", "KAS"),
    ("bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a", "BCH"),
    ("qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a", "BCH"),
    ("ecash:qph5kuz78czq00e3t85ugpgd7xmer5kr7cdywekmgp", "XEC"),
    ("nexa:nqtsq5g5kc24d57cclndrnapv3jxvl9vdjm9nh2ljgxpaw2s", "NEXA"),
    ("cfx:aarc9abycue0hhzgyrr53m6cxedgccrmmyybjgh4xg", "CFX"),
    ("xch1nh8e0gvy7vnz85g6wvfye6ue54cfkzphy8583gtd0r6evuvt57eqm23khw", "XCH"),
    ("9hPoYNQwVDbtAyt5uhYyKttye7ZPzZ7ePcc6d2rgKr9fiZm6DhD", "ERG"),
]  # fmt: skip


def _encode_base58check(body: bytes) -> str:
    data = body + hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4]
    value, text = int.from_bytes(data, "big"), ""
    while value:
        value, digit = divmod(value, 58)
        text = ALPHABET[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


@pytest.mark.parametrize(("address", "coin"), VALID)
def test_real_addresses_pass(address, coin):
    wallet = check_wallet(address)
    assert wallet.valid is True
    assert coin in wallet.coins


@pytest.mark.parametrize(("address", "coin"), VALID)
def test_one_changed_sign_is_noticed(address, coin):
    place = len(address) - 5
    if address.startswith("0x"):
        changed = address[:place] + address[place:].swapcase()
    else:
        old = address[place]
        pool = "qpzry9x8gf2tvdw0s3jn54khce6mua7l".replace("l", "") if address[place].islower() else "ABCDEFGH"
        changed = (
            address[:place] + next(c for c in pool if c not in (old, old.lower(), old.upper())) + address[place + 1 :]
        )
    wallet = check_wallet(changed)
    if ":" not in address and address[0] == "q":
        assert wallet is None  # without its prefix it is recognised by the checksum only
    else:
        assert wallet.valid is False


@pytest.mark.parametrize("version", sorted(read_document("wallets.toml")["base58check"]["versions"]))
@given(payload=st.binary(min_size=20, max_size=20))
def test_every_version_names_its_coins(version, payload):
    wallet = check_wallet(_encode_base58check(bytes.fromhex(version) + payload))
    assert wallet.valid is True
    assert list(wallet.coins) == read_document("wallets.toml")["base58check"]["versions"][version]


def test_a_text_of_two_forms_is_of_the_one_whose_checksum_is_right():
    assert check_wallet("bc11fMLssCVvVEJiCsaHhDRHgS1Pf9yLis").form == "base58check"


def test_every_form_has_a_source():
    for form in read_document("wallets.toml").values():
        assert form["source"]
    assert all(find_algorithms_of_coin(c) for c in ("RVN", "KAS", "ZEC", "XMR"))


def test_what_cannot_be_tested_is_not_claimed():
    assert check_wallet("0x9c99d212f7e5daa18ab50810e0fd255d1f04303b").valid is None
    assert check_wallet("9C99D212F7E5DAA18AB50810E0FD255D1F04303B").valid is None
    assert check_wallet("a" * 64).valid is None
    assert check_wallet("k:" + "0a" * 32).coins == ("KDA",)


@pytest.mark.parametrize("kind", WALLET_KINDS)
@given(seed=st.integers(0, 2**32))
def test_every_simulated_wallet_is_recognised_with_its_worker(kind, seed):
    wallet = make_wallet(kind, random.Random(seed))
    for login in (wallet, f"{wallet}.rig1", f"{wallet}/rig1"):
        found = classify_login(login)
        assert (found.value, found.kind) == (wallet, "wallet")
        assert found.worker == (None if login == wallet else "rig1")
        assert found.valid is not False
        assert kind.partition("-")[0] in found.coins or found.coins[0] == "ETH"


def test_an_account_of_aeternity_is_checked():
    good = "ak_2swhLkgBPeeADxVTAVCJnZLY5NZtCFiM93JxsEaMuC59euuFRQ"  # of the Aeternity SDK's own tests
    assert check_wallet(good).valid is True
    assert check_wallet(good[:-1] + "R").valid is False
    assert classify_login(good + "_rig").worker == "rig"
    assert check_wallet("ak_" + "1" * 40) is None


@pytest.mark.parametrize("text", ["0" * 68, "f" * 65 + "G", "z" * 88, "1" * 88, "a" * 87, "A1b" * 44])
def test_nearly_a_wallet_is_none(text):
    assert check_wallet(text) is None


def test_taproot_needs_bech32m_and_version_0_bech32():
    # BIP 350 test vectors: the right checksum of the wrong kind
    assert check_wallet("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd").valid is False
    assert check_wallet("BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL").valid is False
    assert check_wallet("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh").valid is False


@pytest.mark.parametrize(
    ("login", "value", "kind", "valid", "worker"),
    [
        (BTC + ".rig1", BTC, "wallet", True, "rig1"),
        (BTC + "/rig1", BTC, "wallet", True, "rig1"),
        (BTC + "+4096", BTC, "wallet", True, None),
        (BTC + ".rig1+4096", BTC, "wallet", True, "rig1"),
        (BTC + "_rig1", BTC, "wallet", True, "rig1"),
        ("solo:" + BTC + ".a.b", BTC, "wallet", True, "a.b"),
        ("RVN:" + BTC + ".a", BTC, "wallet", True, "a"),
        (BTC[:-1] + "3.rig1", BTC[:-1] + "3", "wallet", False, "rig1"),
        (XMR + "." + "0f" * 8 + ".rig", XMR, "wallet", True, "rig"),
        (XMR + "." + "0f" * 32 + "+10000", XMR, "wallet", True, None),
        (XMR + ".rig/me@example.org", XMR, "wallet", True, "rig"),
        (XMR + "/me@example.org", XMR, "wallet", True, None),
        (XMR[:-1] + "M.rig", XMR[:-1] + "M", "wallet", False, "rig"),
        ("0x9c99d212f7e5daa18ab50810e0fd255d1f04303b/tester.worker1/vvesely@mailinator",
         "0x9c99d212f7e5daa18ab50810e0fd255d1f04303b", "wallet", None, "tester.worker1"),
        ("9c99d212f7e5daa18ab50810e0fd255d1f04303b.1080",
         "9c99d212f7e5daa18ab50810e0fd255d1f04303b", "wallet", None, "1080"),
        ("kaspa:qrjhg5pvhm3ljupk4pl5k5wfd86kpc98wwk26jksruevq8g9zq5lucfqk23vg.w",
         "kaspa:qrjhg5pvhm3ljupk4pl5k5wfd86kpc98wwk26jksruevq8g9zq5lucfqk23vg", "wallet", True, "w"),
        ("f2user.001", "f2user", "account", None, "001"),
        ("broatcast", "broatcast", "account", None, None),
        ("user:password", "user", "account", None, "password"),
        ("me@example.org", "me@example.org", "email", None, None),
        ("me@example.org/rig", "me@example.org", "email", None, "rig"),
        ("", "", "unknown", None, None),
        ("矿工 1", "矿工 1", "unknown", None, None),
        ("a\x00b", "a\ufffdb", "unknown", None, None),
    ],
)  # fmt: skip
def test_logins(login, value, kind, valid, worker):
    found = classify_login(login)
    assert (found.value, found.kind, found.valid, found.worker) == (value, kind, valid, worker)


def test_a_prefix_says_the_coin():
    assert classify_login("RVN:" + BTC).coins == ("RVN",)
    assert "BTC" in classify_login("solo:" + BTC).coins


def test_payment_ids_are_not_workers_of_other_coins():
    assert classify_login(BTC + "." + "0f" * 8).worker == "0f" * 8


@given(st.text(max_size=300) | st.text(alphabet=ALPHABET + ".:/+@0xqp1", max_size=300))
def test_any_text_is_answered(text):
    login = classify_login(text)
    assert login.kind in {"wallet", "account", "email", "unknown"}
    assert login.kind == "wallet" or login.valid is None
    assert all(c.isprintable() for c in login.value + (login.worker or ""))


@given(st.text(alphabet=ALPHABET, max_size=130))
def test_base58_of_any_digits_decodes_or_refuses(text):
    decode_base58(text)
    decode_cryptonote(text)
    check_wallet(text)


@pytest.mark.parametrize(
    "text",
    ["1" * 10**6, "a:" * 500_000, "\x00" * 10**6, "@" * 10**6, "bc1" + "q" * 10**6, "." * 509 + "é", "a." * 256,
     "1" * LONGEST_LOGIN, "0x" + "f" * 500, "+" * 512, "a@" * 256, ":" * 512, string.printable * 5],
)  # fmt: skip
def test_hostile_texts_are_quick(text):
    start = time.perf_counter()
    login = classify_login(text)
    assert time.perf_counter() - start < 0.1
    assert len(login.value) <= LONGEST_LOGIN
    assert check_wallet(text * 2) is None


@pytest.mark.shared
@pytest.mark.parametrize(("name", "form", "rejected"), [("XBT", "BTC", 1), ("ETH", "ETH", 0), ("XMR", "XMR", 1)])
def test_published_lists_pass_but_for_their_misplaced_rows(name, form, rejected):
    # the list of XBT has one address of TRON, that of XMR one transaction hash
    path = SHARED / "indicators" / f"ofac_{name}.txt"
    if not path.exists():
        pytest.skip(f"{path} is not at hand")
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line]
    wallets = [check_wallet(line) for line in lines]
    assert sum(w is None or w.valid is False or form not in w.coins for w in wallets) == rejected


@pytest.mark.parametrize(
    ("text", "value", "worker"),
    [
        ("someone@mail.com", "someone@mail.com", None),
        ("someone@mail.com.rig1", "someone@mail.com", "rig1"),
        ("someone@mail.com.cn", "someone@mail.com.cn", None),
        ("someone@mail.com.cn.rig", "someone@mail.com.cn", "rig"),
        ("someone@mail.example/rig", "someone@mail.example", "rig"),
        ("some.one@vip.qq.com.01", "some.one@vip.qq.com", "01"),
    ],
)
def test_a_worker_behind_an_email_is_told_from_its_domain(text, value, worker):
    login = classify_login(text)
    assert (login.value, login.kind, login.worker) == (value, "email", worker)


@pytest.mark.parametrize(
    ("address", "valid"),
    [
        ("0x52908400098527886E0F7030069857D2E4169EE7", True),
        ("0x8617E340B3D01FA5F11F306F4090FD50E238070D", True),
        ("0xde709f2102306220921060314715629080e2fb77", True),
        ("0x27b1fdb04752bbc536007a920d24acb045561c26", True),
        ("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", None),
        ("0X5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED".replace("X", "x"), None),
        ("0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed", False),
        ("0x" + "12" * 20, None),
    ],
)
def test_letters_of_one_case_prove_only_what_is_right(address, valid):
    # the addresses in one case are the examples of EIP-55
    assert classify_login(address).valid is valid


def test_a_referral_code_is_no_part_of_the_worker():
    assert classify_login(f"BTC:{BTC}.rig7#a1b2-c3d4").worker == "rig7"
    assert classify_login(f"{BTC}.rig#7").worker == "rig#7"
