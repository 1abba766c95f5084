"""The packs that this program has: adding a domain is adding a folder and one line here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from paicha.kernel.errors import UsageError

if TYPE_CHECKING:
    from paicha.kernel.pack import Pack

PACKS = ("traffic",)


def find_pack(name: str) -> Pack:
    """Return the pack of this name, imported when it is first asked for.

    Raises:
        UsageError: there is none.
    """
    if name not in PACKS:
        raise UsageError(f"no such pack: {name!r}", remedy=f"one of: {', '.join(PACKS)}")
    pack: Pack = import_module(f"paicha.packs.{name}.pack").PACK
    return pack
