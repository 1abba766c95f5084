"""What the user's environment says: workspace, language, engine; read when a command starts, never at import."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from paicha.kernel.errors import UsageError

LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Settings:
    """Values of the environment; options of a command go before them."""

    workspace: Path | None
    engine: str
    language: str


def read_settings() -> Settings:
    """Return the settings: `PAICHA_WORKSPACE`, `PAICHA_ENGINE`, `PAICHA_LANG`, else the language of the locale.

    Raises:
        UsageError: a variable has a value that it cannot have.
    """
    workspace = os.environ.get("PAICHA_WORKSPACE")
    said = os.environ.get("PAICHA_LANG")
    if said and said not in LANGUAGES:
        raise UsageError(f"no such language: {said!r}", where="PAICHA_LANG", remedy=" or ".join(LANGUAGES))
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return Settings(
        workspace=Path(workspace) if workspace else None,
        engine=os.environ.get("PAICHA_ENGINE") or "duckdb",
        language=said or ("zh" if locale.startswith("zh") else "en"),
    )
