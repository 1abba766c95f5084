"""The one family of errors: what went wrong, where, and what to do about it."""

from __future__ import annotations


class PaichaError(Exception):
    """An error a user can act on: `what`, `where` it happened, and the `remedy`."""

    def __init__(self, what: str, *, where: str | None = None, remedy: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f" ({self.remedy})" if self.remedy else ""
        return f"{place}{self.what}{advice}"


class InputError(PaichaError):
    """An input of which nothing, or nothing more, can be read; `where` is the file and position."""


class PolicyError(PaichaError):
    """A policy value that is unknown, out of range or contradictory; `where` is the file and key."""


class RegistryError(PaichaError):
    """A register of units or exceptions that cannot be used."""


class EngineError(PaichaError):
    """A rule or derivation that failed; `sql` keeps the statement."""

    def __init__(
        self, what: str, *, where: str | None = None, remedy: str | None = None, sql: str | None = None
    ) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.sql = sql


class StoreError(PaichaError):
    """A workspace that is missing, damaged, in use or written by a newer program."""


class IllegalMove(PaichaError):
    """A step that the state of a case or the rights of the actor do not allow."""


class OutputError(PaichaError):
    """A result that could not be written where it was asked for."""


class UsageError(PaichaError):
    """Arguments that contradict each other or name something unknown."""


EXIT_STATUS: tuple[tuple[type[PaichaError], int], ...] = (
    (UsageError, 2),
    (PolicyError, 2),
    (PaichaError, 1),
)
"""Exit status of each kind of error, first match wins; 0 and 3 are results, not errors."""


def find_exit_status(error: PaichaError) -> int:
    """Return the exit status that `error` ends a command with."""
    return next(status for kind, status in EXIT_STATUS if isinstance(error, kind))
