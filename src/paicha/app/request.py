"""What a user asks of a screening, in a form that can be written down and carried out again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paicha.engine.sources import Given, hash_file

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_SITE = "default"


@dataclass(frozen=True, slots=True)
class ScreenRequest:
    """One screening: paths are absolute, `since` and `until` UTC microseconds.

    `inputs` are (site, path) pairs; with `is_separate` every file is a site of its own, named by its path. `blocks` are
    (coin, path) pairs of files of block times, the coin None where the file names it.
    """

    pack: str
    inputs: tuple[tuple[str, str], ...]
    policy: str = "default"
    units: str | None = None
    indicators: tuple[str, ...] = ()
    subjects: str | None = None
    prices: str | None = None
    blocks: tuple[tuple[str | None, str], ...] = ()
    occupancy: str | None = None
    since: int | None = None
    until: int | None = None
    is_separate: bool = False
    engine: str = "duckdb"
    is_unmasked: bool = False
    watch: str | None = None
    """Name of the watch whose run it is, which will tell the verdicts that are new or raised."""

    @property
    def token(self) -> str:
        """A name that equal requests share."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()[:20]

    @property
    def subjects_sha256(self) -> str | None:
        """The SHA-256 of the list of subjects, where there is one."""
        return hash_file(Path(self.subjects)) if self.subjects else None

    @property
    def given(self) -> tuple[Given, ...]:
        """The inputs as the engine takes them."""
        return tuple(Given(Path(path), site) for site, path in self.inputs)

    def to_json(self) -> dict[str, Any]:
        """Return the request as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ScreenRequest:
        """Return the request that `to_json` wrote."""
        return cls(
            **{
                **values,
                "inputs": tuple((site, path) for site, path in values["inputs"]),
                "indicators": tuple(values["indicators"]),
                "blocks": tuple((coin, path) for coin, path in values.get("blocks", ())),
            }
        )
