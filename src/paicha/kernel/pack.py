"""The contract of a pack: a domain with its tables, readers, derivations, rules, policy and summary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from paicha.kernel.derivation import Derivation
    from paicha.kernel.reader import Reader
    from paicha.kernel.rule import Rule, Title
    from paicha.kernel.schema import TableSpec


@dataclass(frozen=True, slots=True)
class Pack:
    """One domain.

    `given` are tables that the app provides (owners, exceptions, indicators); `policy_model` is the typed model of
    every threshold, `presets` the package that holds its named TOML files; `summarise` makes the summary from a
    mapping of table names to Arrow tables, the graded findings and the verdicts among them.
    """

    name: str
    title: Title
    tables: tuple[TableSpec, ...]
    given: tuple[TableSpec, ...]
    readers: tuple[Reader, ...]
    derivations: tuple[Derivation, ...]
    rules: tuple[Rule, ...]
    policy_model: type[Any]
    presets: str
    summarise: Callable[..., dict[str, Any]]
    summary_tables: tuple[str, ...]
