"""Subjects that get a verdict whatever is found: listed by the user, or followed from earlier runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from paicha.engine.grading import SUBJECTS, Asked
from paicha.kernel.errors import InputError
from paicha.reference.addresses import canonical_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from paicha.store.runs import Subject


def ask_about(file: str | None, sites: Iterable[str], known: Mapping[tuple[str, str], Subject]) -> Asked:
    """Return the subjects of a file (one per line, at every site) and those known from earlier runs.

    Raises:
        InputError: the file cannot be read, or a line is no address.
    """
    listed = _read_subjects(file) if file else []
    pairs = [(site, subject) for site in sites for subject in listed]
    return Asked(_make_table(pairs), _make_table(list(known)))


def _make_table(pairs: list[tuple[str, str]]) -> pa.Table:
    columns = [[site for site, _ in pairs], [subject for _, subject in pairs]]
    return pa.table([pa.array(column, pa.string()) for column in columns], schema=SUBJECTS)


def _read_subjects(file: str) -> list[str]:
    try:
        lines = Path(file).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the list of subjects cannot be read: {error}", where=file) from error
    subjects = dict.fromkeys(
        _read_address(text, f"{file}, line {number}")
        for number, line in enumerate(lines, 1)
        if (text := line.partition("#")[0].strip())
    )
    return list(subjects)


def _read_address(text: str, place: str) -> str:
    address = canonical_address(text)
    if address is None:
        raise InputError(f"not an address: {text[:60]!r}", where=place, remedy="write one address per line")
    return address
