"""Names and addresses that serve many besides the pool that is looked for: dynamic DNS, content delivery, hosting."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from paicha.reference.addresses import is_private, is_within, parse_addresses

if TYPE_CHECKING:
    import pyarrow as pa

REGISTRY_LABELS = frozenset({
    "ac", "asso", "biz", "co", "com", "edu", "firm", "go", "gob", "gouv", "gov", "govt", "gr", "id", "in", "info",
    "ltd", "me", "mil", "mod", "ne", "net", "nhs", "nic", "nom", "or", "org", "plc", "pol", "sch", "school", "web",
})  # fmt: skip
"""Second labels under two-letter domains below which registries sell names (co.uk, com.cn, ne.jp)."""

PROVINCES_CN = frozenset({
    "ah", "bj", "cq", "fj", "gd", "gs", "gx", "gz", "ha", "hb", "he", "hi", "hk", "hl", "hn", "jl", "js", "jx", "ln",
    "mo", "nm", "nx", "qh", "sc", "sd", "sh", "sn", "sx", "tj", "tw", "xj", "xz", "yn", "zj",
})  # fmt: skip
"""Second labels of the provinces under .cn."""


@dataclass(frozen=True, slots=True)
class SharedHosting:
    """The project's own list: suffixes below which anyone gets a name, sites of everyone, ranges, public resolvers."""

    suffixes: frozenset[str]
    sites: frozenset[str]
    ranges: tuple[str, ...]
    resolvers: frozenset[str]


@cache
def load_shared_hosting() -> SharedHosting:
    """Return the packaged list."""
    text = files("paicha.packs.traffic").joinpath("data", "shared_hosting.csv").read_text(encoding="utf-8")
    kinds: dict[str, list[str]] = {"suffix": [], "site": [], "range": [], "resolver": []}
    for row in csv.DictReader(text.splitlines()):
        kinds[row["kind"]].append(row["value"])
    return SharedHosting(
        frozenset(kinds["suffix"]), frozenset(kinds["site"]), tuple(kinds["range"]), frozenset(kinds["resolver"])
    )


def is_public_suffix(name: str) -> bool:
    """Return whether names below `name` belong to different owners: a bare top-level domain, co.uk, com.cn, gd.cn."""
    labels = name.split(".")
    if len(labels) == 1:
        return True
    if len(labels) != 2 or len(labels[1]) != 2:
        return False
    return labels[0] in REGISTRY_LABELS or (labels[1] == "cn" and labels[0] in PROVINCES_CN)


def is_shared_name(name: str) -> bool:
    """Return whether the name lies below a suffix of dynamic DNS, content delivery, page or server hosting."""
    suffixes = load_shared_hosting().suffixes
    labels = name.split(".")
    return any(".".join(labels[start:]) in suffixes for start in range(1, len(labels)))


def refuse_name(name: str) -> str | None:
    """Return why a name must not become an indicator, None where it may."""
    hosting = load_shared_hosting()
    if is_public_suffix(name):
        return f"{name} is a public suffix"
    if name in hosting.suffixes:
        return f"{name} is shared by many unrelated hosts"
    if name.removeprefix("www.") in hosting.sites:
        return f"{name} is a site that everyone uses"
    return None


def refuse_addresses(addresses: pa.Array) -> list[str | None]:
    """Return, for each canonical address, why it must not become an indicator, None where it may."""
    parsed = parse_addresses(addresses)
    unusable = is_private(parsed) | is_within(parsed, ("0.0.0.0/8", "224.0.0.0/3", "::/128", "ff00::/8"))
    resolvers = load_shared_hosting().resolvers
    reasons: list[str | None] = []
    for text, is_unusable in zip(addresses.to_pylist(), unusable.tolist(), strict=True):
        if is_unusable:
            reasons.append(f"{text} is a private or reserved address")
        else:
            reasons.append(f"{text} is a public resolver" if text in resolvers else None)
    return reasons


def are_shared_addresses(addresses: pa.Array) -> list[bool]:
    """Return which canonical addresses lie in published ranges of content delivery networks."""
    found: list[bool] = np.asarray(is_within(parse_addresses(addresses), load_shared_hosting().ranges)).tolist()
    return found
