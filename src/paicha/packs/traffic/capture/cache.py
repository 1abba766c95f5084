"""Where the machine code of the packet loop is kept, and whether it is there."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from importlib.metadata import version
from pathlib import Path


@cache
def find_folder() -> str:
    """Return a folder for machine code that belongs to exactly these sources.

    numba compares only the file of the function that was called, not of those it calls; a folder named by the
    content of the whole room keeps it from running old code after an update.
    """
    digest = hashlib.sha256(version("numba").encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    # Not Path.home(): it fails for a user without a home, as in a container.
    home = os.path.expanduser("~/.cache")  # noqa: PTH111
    base = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME") or home
    return str(Path(base) / "paicha" / f"compiled-{digest.hexdigest()[:16]}")


def has_machine_code() -> bool:
    """Return whether a run before this one compiled the packet loop."""
    return any(Path(find_folder()).rglob("*.nbc"))
