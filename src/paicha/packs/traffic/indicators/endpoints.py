"""What lists write for a host: names, addresses, URLs and ports in their many forms, made one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from paicha.reference.addresses import canonical_address

LONGEST_TEXT = 2048
"""A longer text names no host."""

SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,30}://", re.IGNORECASE)
LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
TOP_LABEL = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,59}")
BRACKETED = re.compile(r"\[([0-9a-fA-F:.]{2,45})\](?::(\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host as a list names it: `kind` is domain or address, `port` None where any port is meant."""

    kind: str
    value: str
    port: int | None


def parse_endpoint(text: str) -> Endpoint | str:
    """Return the host that a text names, or why it names none.

    Understood are names, addresses, host:port, [IPv6]:port, URLs of any scheme, `*.name`, `.name`, `||name^` and
    defanged forms (hxxp, name[.]tld).
    """
    if len(text) > LONGEST_TEXT:
        return "too long for a host"
    rest = _strip(text)
    if not rest:
        return "empty"
    address = canonical_address(rest)
    if address is not None:
        return Endpoint("address", address, None)
    bracketed = BRACKETED.fullmatch(rest)
    if bracketed:
        host, port_text = bracketed[1], bracketed[2]
    else:
        host, _, port_text = rest.partition(":")
    port: int | None = None
    if port_text:
        port = parse_port(port_text)
        if port is None:
            return f"no port: {port_text[:20]!r}"
    address = canonical_address(host)
    if address is not None:
        return Endpoint("address", address, port)
    name = normalise_name(host)
    return Endpoint("domain", name, port) if name else f"neither a name nor an address: {host[:80]!r}"


def parse_port(text: str) -> int | None:
    """Return the number of a port, 1 to 65535, None where the text is none."""
    if not (text.isascii() and text.isdigit() and len(text) <= 5):
        return None
    number = int(text)
    return number if 0 < number < 65536 else None


def normalise_name(text: str) -> str | None:
    """Return a name in lower case, as A-labels, without a final dot or a leading wildcard; None where it is none."""
    name = text.strip().lower().rstrip(".").removeprefix("*").removeprefix(".")
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    labels = name.split(".")
    if len(name) > 253 or len(labels) < 2 or not TOP_LABEL.fullmatch(labels[-1]):
        return None
    return name if all(LABEL.fullmatch(label) for label in labels) else None


def _strip(text: str) -> str:
    """Return the host and port within a URL or an entry of a filter list."""
    rest = text.strip().strip("\"'").replace("[.]", ".").replace("(.)", ".").replace("[:]", ":")
    rest = rest.removeprefix("||").removesuffix("^").strip()
    if SCHEME.match(rest):
        rest = SCHEME.sub("", rest, count=1)
    elif rest[:2] == "//":
        rest = rest[2:]
    rest = re.split(r"[/?#\s]", rest, maxsplit=1)[0]
    return rest.rpartition("@")[2]
