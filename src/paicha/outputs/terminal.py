"""The terminal that tables and texts are printed on."""

from __future__ import annotations

from rich.console import Console


def open_console() -> Console:
    """Return a console on standard output that prints text as it is.

    Brackets in a unit's name are no markup, and the `:b:` in an IPv6 address is no emoji.
    """
    return Console(markup=False, emoji=False)
