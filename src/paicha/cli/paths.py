"""Files that options name, as a request holds them."""

from __future__ import annotations

import os
from pathlib import Path


def find_absolute(path: Path) -> str:
    """Return the absolute path; a link stays what the user named."""
    return os.path.abspath(path)  # noqa: PTH100 -- not resolve(), which follows links


def find_policy(name_or_file: str) -> str:
    """Return the path of a policy file, or the name of a preset."""
    path = Path(name_or_file)
    return find_absolute(path) if path.is_file() else name_or_file


def find_blocks(text: str) -> tuple[str | None, str]:
    """Return coin and path of COIN=FILE; without COIN= the file has a column of coins."""
    from paicha.registry.blocks import COIN

    name, separator, path = text.partition("=")
    if separator and path and COIN.fullmatch(name.upper()):
        return name.upper(), find_absolute(Path(path))
    return None, find_absolute(Path(text))
