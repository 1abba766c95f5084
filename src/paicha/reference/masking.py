"""Masking of personal data for display: enough stays to recognise what one already knows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MASK = "*"
LONGEST = 512
PHONE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d{9}(?!\d)")
IDENTITY = re.compile(r"(?<!\d)\d{17}[\dXx](?![\dXx])")
EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,24}")
CARD = re.compile(r"(?<!\d)\d{16,19}(?!\d)")

WALLET_HEAD, WALLET_TAIL = 6, 4


def mask(kind: str, text: str | None) -> str | None:
    """Return the text masked as its kind asks: person, phone, identity, email, wallet, account, card, address or text.

    Nothing stays nothing. `text` masks phone numbers, identity numbers, e-mails and card numbers inside running text.

    Raises:
        KeyError: there is no such kind.
    """
    masker = MASKERS[kind]
    if not text:
        return text
    return masker(text if kind == "text" else text[:LONGEST])


def mask_person(name: str) -> str:
    """Return a person's name of which the first sign stays: 王**, J*** S****."""
    if name.isascii():
        return " ".join(_keep(part, 1, 0) for part in name.split())
    return _keep(name, 1, 0)


def mask_phone(number: str) -> str:
    """Return a phone number of which the first three and last four digits stay."""
    return _keep(number, 3, 4)


def mask_identity(number: str) -> str:
    """Return an identity number of which the region's first six digits and the last two stay."""
    return _keep(number, 6, 2)


def mask_email(address: str) -> str:
    """Return an e-mail address of which the first sign and the domain stay."""
    name, sign, domain = address.rpartition("@")
    return _keep(name, 1, 0) + sign + domain if sign else _keep(address, 1, 0)


def mask_wallet(address: str) -> str:
    """Return a wallet of which the first six and last four signs stay, with … between."""
    if len(address) <= WALLET_HEAD + WALLET_TAIL + 2:
        return _keep(address, 1, 1)
    return f"{address[:WALLET_HEAD]}…{address[-WALLET_TAIL:]}"


def mask_account(name: str) -> str:
    """Return an account or other login name of which the first two signs stay."""
    return _keep(name, 2, 0)


def mask_card(number: str) -> str:
    """Return a bank card or account number of which the first six and last four digits stay."""
    return _keep(number, 6, 4)


def mask_address(address: str) -> str:
    """Return a postal address of which the first six signs, province and city, stay."""
    return _keep(address, 6, 0)


def mask_text(text: str) -> str:
    """Return running text in which e-mails, identity numbers, card and phone numbers are masked."""
    masked = EMAIL.sub(lambda m: mask_email(m[0]), text)
    masked = IDENTITY.sub(lambda m: mask_identity(m[0]), masked)
    masked = CARD.sub(lambda m: mask_card(m[0]), masked)
    return PHONE.sub(lambda m: mask_phone(m[0]), masked)


def _keep(text: str, head: int, tail: int) -> str:
    """Return the text with all but `head` first and `tail` last signs masked; at least a third is always masked."""
    while 3 * (head + tail) > 2 * len(text) and head + tail > 0:
        head, tail = (head, tail - 1) if tail >= head else (head - 1, tail)
    hidden = len(text) - head - tail
    return text[:head] + MASK * hidden + text[len(text) - tail :]


MASKERS: dict[str, Callable[[str], str]] = {
    "person": mask_person,
    "phone": mask_phone,
    "identity": mask_identity,
    "email": mask_email,
    "wallet": mask_wallet,
    "account": mask_account,
    "card": mask_card,
    "address": mask_address,
    "text": mask_text,
}
