"""What the user's environment says: workspace, language, engine; read when a command starts, never at import."""

from __future__ import annotations

import locale
import os
from typing import TYPE_CHECKING

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from paicha.kernel.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


class Settings(BaseSettings):
    """Values of `PAICHA_…` environment variables; options of a command go before them."""

    model_config = SettingsConfigDict(env_prefix="PAICHA_", extra="ignore", frozen=True)

    workspace: Path | None = None
    engine: str = "duckdb"
    lang: str | None = None

    @property
    def language(self) -> str:
        """`zh` or `en`: as set, else as the locale says."""
        if self.lang in {"zh", "en"}:
            return self.lang
        said = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
        return "zh" if (said or locale.getlocale()[0] or "").startswith("zh") else "en"


def read_settings() -> Settings:
    """Return the settings of this process.

    Raises:
        UsageError: a variable has a value that it cannot have.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise UsageError(first["msg"], where=f"PAICHA_{str(first['loc'][0]).upper()}") from error
