"""A derivation: a function from tables to a table, declared by its parameters' names."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from paicha.kernel.schema import TableSpec


@dataclass(frozen=True, slots=True)
class Derivation:
    """One derived table: its schema, the tables it is made from, and the function that makes it.

    `form` is `expression` where the function maps Ibis tables to an Ibis table (both engines run it), or `arrow`
    where it maps Arrow tables to an Arrow table (dense arrays, statistics). `driver` names the one table without whose
    rows there are none, so that the work can be spared; a derivation of nothing but empty tables is always empty.
    """

    table: TableSpec
    derive: Callable[..., Any]
    parameters: tuple[str, ...]
    form: str
    driver: str | None = None


def derivation(
    table: TableSpec, *, form: str = "arrow", driver: str | None = None
) -> Callable[[Callable[..., Any]], Derivation]:
    """Return a decorator that turns a function of tables (and `policy`) into the `Derivation` of `table`.

    Raises:
        ValueError: the form is unknown, or `driver` is none of the function's tables.
    """
    if form not in {"arrow", "expression"}:
        raise ValueError(f"a derivation works on arrow or expression, not {form!r}")

    def declare(derive: Callable[..., Any]) -> Derivation:
        parameters = tuple(inspect.signature(derive).parameters)
        if driver is not None and driver not in parameters:
            raise ValueError(f"{table.name} is not made from {driver!r}, which is to drive it")
        return Derivation(table, derive, parameters, form, driver)

    return declare


def order_derivations(derivations: tuple[Derivation, ...], given: frozenset[str]) -> tuple[Derivation, ...]:
    """Return the derivations in an order in which every one finds the tables it names.

    Raises:
        ValueError: some need a table that nobody gives, or need each other.
    """
    known = set(given) | {"policy"}
    waiting = list(derivations)
    ordered: list[Derivation] = []
    while waiting:
        ready = [d for d in waiting if known.issuperset(d.parameters)]
        if not ready:
            missing = {d.table.name: sorted(set(d.parameters) - known) for d in waiting}
            raise ValueError(f"derivations that cannot be ordered: {missing}")
        ordered += ready
        known |= {d.table.name for d in ready}
        waiting = [d for d in waiting if d not in ready]
    return tuple(ordered)
