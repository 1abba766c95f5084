"""What a use case tells its caller while it works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from paicha.kernel.reader import Source


class Progress(Protocol):
    """Receives the course of a screening; every method returns at once."""

    def start(self, size: int) -> None:
        """Reading begins; so many bytes lie ahead."""

    def advance(self, size: int) -> None:
        """So many bytes more were read."""

    def name_file(self, source: Source) -> None:
        """This file comes next."""

    def name_step(self, step: str) -> None:
        """This derivation or rule comes next."""

    def say(self, message: str) -> None:
        """Something the user should know."""


class Silence:
    """Progress that nobody watches."""

    def start(self, size: int) -> None:
        """Reading begins."""

    def advance(self, size: int) -> None:
        """So many bytes more were read."""

    def name_file(self, source: Source) -> None:
        """This file comes next."""

    def name_step(self, step: str) -> None:
        """This derivation or rule comes next."""

    def say(self, message: str) -> None:
        """Something the user should know."""
