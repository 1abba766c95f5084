"""The contract of a pack: a domain with its tables, readers, derivations, rules, policy and summary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from paicha.kernel.derivation import Derivation
    from paicha.kernel.reader import Reader
    from paicha.kernel.rule import Rule, Title
    from paicha.kernel.schema import TableSpec


@dataclass(frozen=True, slots=True)
class Pack:
    """One domain.

    `given` are tables that the app provides (owners, exceptions, indicators); `policy_model` is the typed model of
    every threshold, `presets` the package that holds its named TOML files. `observed` names the table that says what
    the data could have shown of each subject. `evidence_forms` says how evidence is written in JSON: `us` for a time,
    a tuple of fields for a list of structs that becomes a list of arrays (`time:us` for a field that is
    a time, `input:sha256` for one that is the key of an input).
    `tell_inside` makes, of the given tables and the policy, a function from address texts to whether they belong to the
    watched network. `measure` makes the measures of each verdict, `describe` hours and hints of the verdicts with their
    owners (rows of `kernel.description.DESCRIPTIONS`), `summarise` the summary; `summary_tables` are the tables they
    need.
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
    observed: str
    evidence_forms: Mapping[str, str | tuple[str, ...]]
    tell_inside: Callable[[Mapping[str, Any], Any], Callable[[Sequence[str]], Sequence[bool]]]
    measure: Callable[..., Any]
    describe: Callable[..., Any]
    summarise: Callable[..., dict[str, Any]]
    summary_tables: tuple[str, ...]
