"""Policies: typed models filled from TOML, by the name of a preset or from a user's file."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from paicha.kernel.errors import PolicyError

if TYPE_CHECKING:
    from paicha.kernel.pack import Pack


@dataclass(frozen=True, slots=True)
class Policy:
    """A pack's values under a name; `sha256` is that of all values, defaults included, in canonical JSON."""

    name: str
    values: Any
    sha256: str


def list_presets(pack: Pack) -> tuple[str, ...]:
    """Return the names of the presets that come with a pack, sorted."""
    return tuple(
        sorted(f.name.removesuffix(".toml") for f in files(pack.presets).iterdir() if f.name.endswith(".toml"))
    )


def load_policy(pack: Pack, name_or_file: str) -> Policy:
    """Return the policy of a preset's name or of a TOML file; values not given keep the pack's defaults.

    Raises:
        PolicyError: no such preset or file, no valid TOML, an unknown key or a value out of range.
    """
    preset = files(pack.presets) / f"{name_or_file}.toml"
    path = Path(name_or_file)
    if name_or_file in list_presets(pack):
        name, text = name_or_file, preset.read_text(encoding="utf-8")
    elif path.is_file():
        try:
            name, text = path.name, path.read_text(encoding="utf-8-sig")
        except OSError as error:
            raise PolicyError(f"cannot be read: {error.strerror}", where=name_or_file) from error
        except UnicodeDecodeError as error:
            raise PolicyError("is no text in UTF-8", where=name_or_file, remedy="save it as UTF-8") from error
    else:
        raise PolicyError(
            f"no such policy: {name_or_file!r}",
            remedy=f"give a TOML file or one of: {', '.join(list_presets(pack))}",
        )
    try:
        given = tomllib.loads(text)
    except RecursionError as error:
        raise PolicyError("not valid TOML: nested too deeply", where=name_or_file) from error
    except ValueError as error:  # also a number of more digits than Python converts
        raise PolicyError(f"not valid TOML: {error}", where=name_or_file) from error
    try:
        values = pack.policy_model.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise PolicyError(
            f"{key}: {first['msg']}", where=name_or_file, remedy=f"see `paicha policy {pack.name}`"
        ) from error
    canonical = json.dumps(values.model_dump(mode="json"), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return Policy(name, values, hashlib.sha256(canonical.encode()).hexdigest())
