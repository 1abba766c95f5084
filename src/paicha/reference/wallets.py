"""Wallets and pool logins: what a login names, whether its checksum is right, and which worker it is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from paicha.reference.wallet_formats import (
    Wallet,
    read_aeternity,
    read_base58check,
    read_bech32,
    read_cashaddr,
    read_cryptonote,
    read_ergo,
    read_evm,
    read_unchecked,
)

READERS = (
    read_evm, read_cryptonote, read_bech32, read_cashaddr, read_ergo, read_aeternity, read_base58check, read_unchecked,
)  # fmt: skip
"""The forms in the order in which they are tried."""

LONGEST_LOGIN = 512
LONGEST_WORKER = 64

SCHEME = re.compile(r"([A-Za-z0-9]{2,12}):(?=.)")
MAIL_ENDINGS = frozenset(
    [
        "com",
        "net",
        "org",
        "edu",
        "gov",
        "info",
        "io",
        "me",
        "cc",
        "co",
        "cn",
        "ru",
        "de",
        "fr",
        "uk",
        "jp",
        "kr",
        "tw",
        "hk",
        "ua",
        "pl",
        "cz",
        "br",
        "example",
        "test",
    ]
)
"""Last labels after which, in a login, a worker's name may follow the domain of an e-mail address."""

EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,4}\.[A-Za-z]{2,24}")
ACCOUNT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}@?")
PAYMENT_ID = re.compile(r"(?:[0-9a-fA-F]{64}|[0-9a-fA-F]{16})(?=$|[./+])")
HEAD = re.compile(r"[^./+]*")
ALPHANUMERIC = re.compile(r"(?:[a-z]{1,12}:|ak_)?[0-9A-Za-z]+")
REFERRAL = re.compile(r"#[0-9a-z]{4}-[0-9a-z]{4}$")
"""What unMineable's users write behind a worker's name."""

MODES = frozenset({"solo", "pplns", "prop", "pps", "party", "nicehash"})


@dataclass(frozen=True, slots=True)
class Login:
    """What a login to a pool names.

    `kind` is wallet, account, email or unknown. `valid` says whether a wallet's checksum is right, None where there is
    nothing to test. `coins` are those the wallet's form or the login's prefix allows.
    """

    value: str
    kind: str
    valid: bool | None
    worker: str | None
    coins: tuple[str, ...]


def check_wallet(text: str) -> Wallet | None:
    """Return the wallet that the whole text is, None where it has no wallet's form.

    Where a text fits several forms, as bc11… fits Bech32 and base58, one whose checksum fails comes last.
    """
    if not 0 < len(text) <= LONGEST_LOGIN or not text.isascii():
        return None
    failed: Wallet | None = None
    for read in READERS:
        wallet = read(text)
        if wallet is not None and wallet.valid is not False:
            return wallet
        failed = failed or wallet
    return failed


def classify_login(text: str) -> Login:
    """Return what a login names: WALLET.worker, WALLET/worker, WALLET+difficulty, account.worker, e-mail, coin:WALLET …

    Any text is answered; control characters are replaced and texts over 512 characters cut, which makes them unknown.
    """
    if len(text) > LONGEST_LOGIN:
        return Login(_clean(text[:LONGEST_LOGIN]), "unknown", None, None, ())
    login = text.strip()
    return (
        _read_wallet(login, ())
        or _read_scheme(login)
        or _read_email(login)
        or _read_account(login)
        or Login(_clean(login), "unknown", None, None, ())
    )


def _read_wallet(login: str, coins: tuple[str, ...]) -> Login | None:
    """Return the login that begins with a wallet, cut at the usual signs or at the first sign that is no letter."""
    for pattern in (HEAD, ALPHANUMERIC):
        match = pattern.match(login)
        wallet = check_wallet(match[0]) if match else None
        if match is None or wallet is None:
            continue
        rest = login[match.end() :]
        if wallet.form == "cryptonote" and rest[:1] in {".", "/", "+"}:
            payment = PAYMENT_ID.match(rest, 1)
            rest = rest[payment.end() :] if payment else rest
        return Login(wallet.value, "wallet", wallet.valid, _find_worker(rest), coins or wallet.coins)
    return None


def _read_scheme(login: str) -> Login | None:
    """Return the login behind `solo:` or `coin:`; a coin's prefix says which coin its wallet is for."""
    match = SCHEME.match(login)
    if match is None:
        return None
    name, rest = match[1], login[match.end() :]
    coins = () if name.lower() in MODES else (name.upper(),)
    return _read_wallet(rest, coins) or (_read_account(rest) if name.lower() in MODES else None)


def _read_email(login: str) -> Login | None:
    head, _, rest = login.partition("/")
    address, worker = _split_email(head)
    if EMAIL.fullmatch(address):
        return Login(address, "email", None, _find_worker(f"/{worker}") or _find_worker(f"/{rest}"), ())
    return None


def _split_email(text: str) -> tuple[str, str]:
    """Return the address and the worker behind its last dot, as pools write `name@mail.com.worker`."""
    name, sign, domain = text.partition("@")
    labels = domain.split(".")
    for place, label in enumerate(labels[1:], 1):
        following = labels[place + 1 : place + 2]
        is_country = bool(following) and len(following[0]) == 2 and following[0].isalpha()
        if label.lower() in MAIL_ENDINGS and not is_country:
            return f"{name}{sign}{'.'.join(labels[: place + 1])}", ".".join(labels[place + 1 :])
    return text, ""


def _read_account(login: str) -> Login | None:
    head = re.split(r"[./+:#,;]", login, maxsplit=1)[0]
    if not ACCOUNT.fullmatch(head):
        return None
    return Login(head, "account", None, _find_worker(login[len(head) :]), ())


def _find_worker(rest: str) -> str | None:
    """Return the worker's name in what follows the wallet: the first part that is no difficulty and no e-mail."""
    for part in re.split(r"[/+]", rest):
        name = REFERRAL.sub("", part).strip(".:#,;_@- ")
        if name and not EMAIL.fullmatch(name) and not (name.isascii() and name.isdigit() and "+" + name in rest):
            return _clean(name[:LONGEST_WORKER])
    return None


def _clean(text: str) -> str:
    """Return the text with what cannot be shown replaced."""
    return "".join(char if char.isprintable() else "�" for char in text)
