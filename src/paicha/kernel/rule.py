"""A rule: a question put to tables, one Ibis expression that answers with findings."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from paicha.kernel.grades import CAPS, Evidence, Grade

if TYPE_CHECKING:
    from collections.abc import Callable

FIXED_COLUMNS = ("site", "subject", "key", "first_seen", "last_seen")
"""Columns that every rule's answer has: texts and, for the times, int64 UTC microseconds."""

OPTIONAL_COLUMNS = ("sources", "identities", "evidence_kind", "grade", "outcome", "counted_with")
"""Columns a rule's answer may have, with a fixed meaning:

`sources` list<string> of input hashes; `identities` list<struct<kind: string, value: string>>; `evidence_kind`,
`grade` (int64) and `outcome` where they differ by row; `counted_with` text that is equal for findings of one event, of
which only the best is counted.
"""


@dataclass(frozen=True, slots=True)
class Title:
    """A short name in both languages."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One question: its identity, what kind of evidence answers it, and the expression that asks it.

    `measures` names the columns of the answer that are intervals (struct low, best, high, unit, algorithm); every
    column that is neither fixed, optional nor a measure is evidence. `grade` is what one finding supports, at most the
    cap of `evidence`. `parameters` are the tables and `policy` that `ask` takes.
    """

    id: str
    version: int
    title: Title
    evidence: Evidence
    grade: Grade
    basis: tuple[str, ...]
    remedy: str
    subject_kind: str
    false_positives: tuple[str, ...]
    measures: tuple[str, ...]
    ask: Callable[..., Any]
    parameters: tuple[str, ...]
    text: str
    outcome: str | None
    """The pack's own word for what the finding says of its subject."""
    precedence: int
    """Of findings of equal grade, the one with the greatest precedence gives the verdict its outcome."""


def rule(
    id: str,  # noqa: A002 -- the field's own word
    *,
    version: int,
    title: Title,
    evidence: Evidence,
    basis: tuple[str, ...],
    remedy: str,
    subject_kind: str = "address",
    grade: Grade | None = None,
    measures: tuple[str, ...] = (),
    false_positives: tuple[str, ...] = (),
    outcome: str | None = None,
    precedence: int = 0,
) -> Callable[[Callable[..., Any]], Rule]:
    """Return a decorator that turns a function of tables (and `policy`) into a `Rule`.

    Raises:
        ValueError: the id is malformed, the text is missing, or `grade` exceeds the cap of `evidence`.
    """
    if not re.fullmatch(r"[a-z]+(\.[a-z0-9]+(-[a-z0-9]+)*)+", id):
        raise ValueError(f"a rule's id is pack.name in lower case, not {id!r}")
    claimed = CAPS[evidence] if grade is None else grade
    if claimed > CAPS[evidence]:
        raise ValueError(f"{id}: evidence of kind {evidence} reaches {CAPS[evidence].word} at most")

    def declare(ask: Callable[..., Any]) -> Rule:
        text = inspect.getdoc(ask)
        if not text:
            raise ValueError(f"{id}: a rule's docstring is the text that users read; it is missing")
        parameters = tuple(inspect.signature(ask).parameters)
        return Rule(
            id, version, title, evidence, claimed, basis, remedy, subject_kind, false_positives, measures, ask,
            parameters, text, outcome, precedence,
        )  # fmt: skip

    return declare
