"""Compiled SQL kept between runs, so that a small screening need not compile every rule again."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SOURCES = frozenset({".py", ".toml", ".csv"})
"""Endings of the package's files that a compiled rule may depend on."""


class Statements:
    """SQL texts by label, for one program, dialect and policy.

    The program is named by the size and time of every file of the package: another program, another cache. Where the
    cache directory cannot be written, every text is compiled anew and nothing else changes.
    """

    def __init__(self, *parts: str) -> None:
        name = hashlib.sha256("\x1f".join((*parts, _name_program())).encode()).hexdigest()[:24]
        self._file = _find_cache() / f"statements-{name}.json"
        self._texts: dict[str, str] = _read(self._file)
        self._has_news = False

    def find(self, label: str, compile_text: Callable[[], str]) -> str:
        """Return the text of a label, compiled where it is not known."""
        if label not in self._texts:
            self._texts[label] = compile_text()
            self._has_news = True
        return self._texts[label]

    def keep(self) -> None:
        """Write what was compiled."""
        if not self._has_news:
            return
        temporary = self._file.with_suffix(f".{os.getpid()}")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps(self._texts), encoding="utf-8")
            temporary.replace(self._file)
        except OSError:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def _find_cache() -> Path:
    # Not Path.home(): it fails for a user without a home, as in a container.
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    return Path(base) / "paicha"


@cache
def _name_program() -> str:
    import paicha

    root = Path(paicha.__file__).parent
    # data files too: rules are compiled with what stands in them
    files = (path for path in root.rglob("*") if path.suffix in SOURCES)
    stats = ((path, path.stat()) for path in sorted(files))
    lines = (f"{path.relative_to(root)} {stat.st_size} {stat.st_mtime_ns}" for path, stat in stats)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _read(file: Path) -> dict[str, str]:
    try:
        texts = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return texts if isinstance(texts, dict) else {}
