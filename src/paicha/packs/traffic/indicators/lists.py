"""Lists with one entry per line: maltrail trails, hosts files, wallets, and plain lists of hosts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from paicha.packs.traffic.indicators.endpoints import parse_endpoint
from paicha.packs.traffic.indicators.entries import (
    BROWSER,
    MALWARE,
    POOL,
    SANCTIONED,
    Entry,
    Record,
    enter_host,
    enter_wallet,
)
from paicha.reference.wallets import check_wallet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MALTRAIL_NAME, MALTRAIL_ENDPOINT, MALTRAIL_ADDRESS = 0.6, 0.5, 0.3
"""Confidence in maltrail's names, address:port and bare addresses: collected from reports since 2014, few withdrawn."""

HOSTS_NAME, PLAIN_HOST, LISTED_WALLET = 0.6, 0.5, 0.9
"""Confidence in an entry of a hosts file, of a list that says nothing more, and in a wallet on a list of wallets."""

HOSTS_LINE = re.compile(r"(?:0\.0\.0\.0|127\.0\.0\.1|::1?|fe80::1%lo0)\s+\S")
LOCAL_NAMES = frozenset({
    "localhost", "localhost.localdomain", "local", "broadcasthost", "ip6-localhost", "ip6-loopback", "ip6-localnet",
    "ip6-mcastprefix", "ip6-allnodes", "ip6-allrouters", "ip6-allhosts",
})  # fmt: skip
SAMPLE = 200
"""Lines that a format is recognised by."""


def list_content(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield place and text of every line that is neither blank nor a comment, comments at its end cut off."""
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text[0] in "#;!":
            continue
        yield f"line {number}", re.split(r"\s[#;]", text, maxsplit=1)[0].strip()


def is_maltrail(lines: Sequence[str]) -> bool:
    """Return whether comments of maltrail (its name, or a reference per block) head the list."""
    head = lines[:SAMPLE]
    return any("maltrail" in line.lower() for line in head if line.startswith("#")) or any(
        line.startswith("# Reference:") for line in head
    )


def is_hosts(lines: Sequence[str]) -> bool:
    """Return whether most lines send a name to nowhere, as in a hosts file."""
    sample = [text for _, text in list_content(lines[: SAMPLE * 4])][:SAMPLE]
    return bool(sample) and sum(bool(HOSTS_LINE.match(text)) for text in sample) * 2 > len(sample)


def is_wallets(lines: Sequence[str]) -> bool:
    """Return whether most lines are wallets."""
    sample = [text for _, text in list_content(lines[: SAMPLE * 4])][:SAMPLE]
    return bool(sample) and sum(_is_wallet(text) for text in sample) * 2 > len(sample)


def is_plain(lines: Sequence[str]) -> bool:
    """Return whether most lines name a host."""
    sample = [text for _, text in list_content(lines[: SAMPLE * 4])][:SAMPLE]
    return bool(sample) and sum(not isinstance(parse_endpoint(text), str) for text in sample) * 2 > len(sample)


def read_maltrail(lines: Sequence[str]) -> Iterator[Record]:
    """Yield one record per line of a maltrail trail: a name, an address, or address:port."""
    head = "\n".join(lines[:SAMPLE]).lower()
    purpose = MALWARE if "coinminer" in head and "crypto_mining" not in head and "pool" not in head else POOL
    for position, text in list_content(lines):
        record = enter_host(position, text, Entry("", "", None, purpose, MALTRAIL_NAME))
        yield Record(record.position, tuple(_weigh_maltrail(entry) for entry in record.entries), record.reason)


def _weigh_maltrail(entry: Entry) -> Entry:
    if entry.kind == "domain":
        return entry
    confidence = MALTRAIL_ADDRESS if entry.port is None else MALTRAIL_ENDPOINT
    return Entry(entry.kind, entry.value, entry.port, entry.purpose, confidence)


def read_hosts(lines: Sequence[str]) -> Iterator[Record]:
    """Yield one record per name of a hosts file."""
    head = "\n".join(line for line in lines[:SAMPLE] if line.startswith("#")).lower()
    purpose = BROWSER if any(word in head for word in ("nocoin", "browser", "coinhive", "coinblocker")) else POOL
    entry = Entry("", "", None, purpose, HOSTS_NAME)
    for position, text in list_content(lines):
        names = text.split()[1:] if HOSTS_LINE.match(text) else [text]
        for name in names:
            if name.lower() in LOCAL_NAMES:
                yield Record(position, reason=f"names the machine itself: {name}")
            else:
                yield enter_host(position, name, entry)


def read_wallets(lines: Sequence[str]) -> Iterator[Record]:
    """Yield one record per line of a list of wallets, such as those of OFAC's sanctioned persons."""
    for position, text in list_content(lines):
        yield enter_wallet(position, text, Entry("wallet", "", None, SANCTIONED, LISTED_WALLET))


def read_plain(lines: Sequence[str]) -> Iterator[Record]:
    """Yield one record per line of a list of names, addresses, host:port or URLs; wallets may stand among them."""
    for position, text in list_content(lines):
        if _is_wallet(text):
            yield enter_wallet(position, text, Entry("wallet", "", None, POOL, PLAIN_HOST))
        else:
            yield enter_host(position, text, Entry("", "", None, POOL, PLAIN_HOST))


def _is_wallet(text: str) -> bool:
    wallet = check_wallet(text)
    return wallet is not None and (wallet.valid is True or wallet.form == "evm")
