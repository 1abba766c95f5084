"""The data files of this room, read once and as they are packaged."""

from __future__ import annotations

from typing import Any

from paicha.kernel.errors import InputError


def read_table(name: str) -> list[dict[str, str]]:
    """Return the rows of the packaged CSV file `name`, one dictionary per row, keyed by the header.

    Raises:
        InputError: a row has more or fewer fields than the header; `where` is the file and line.
    """
    import csv

    lines = _read_text(name).splitlines()
    reader = csv.DictReader(line for line in lines if not line.startswith("#"))
    rows = list(reader)
    for number, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            raise InputError("wrong number of fields", where=f"{name} row {number}")
    return rows


def read_document(name: str) -> dict[str, Any]:
    """Return the packaged TOML file `name` as a dictionary."""
    import tomllib

    return tomllib.loads(_read_text(name))


def _read_text(name: str) -> str:
    # imported here, as it costs more than all of this room together
    from importlib.resources import files

    return files("paicha.reference").joinpath("data", name).read_text(encoding="utf-8")
