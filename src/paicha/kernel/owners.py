"""The table `owners`: who answers for which addresses."""

from __future__ import annotations

from paicha.kernel.schema import Column, TableSpec

LEVELS = ("filed", "operator", "rir", "geo")
"""Attribution levels, the better first: filed with the regulator (备案), an operator's list, a registry, geography."""

NO_LEVEL = "none"
"""The level of an address that nothing covers."""

OWNERS = TableSpec(
    "owners",
    "one range of addresses with the unit that answers for it",
    (
        Column("site", "string", "the site, or empty for all", nullable=True),
        Column("low", "string", "first address"),
        Column("high", "string", "last address"),
        Column("unit", "string", "name of the unit"),
        Column("credit_code", "string", "GB 32100 code", nullable=True),
        Column("nature", "string", "id of the nature of the unit"),
        Column("industry", "string", "section of GB/T 4754", nullable=True),
        Column("region", "string", "six-digit code of GB/T 2260", nullable=True),
        Column("level", "string", "attribution level: filed, operator, rir, geo"),
        Column("is_nat", "bool", "many hosts stand behind it"),
        Column("valid_from", "int64", "from", unit="us", nullable=True),
        Column("valid_to", "int64", "until, exclusive", unit="us", nullable=True),
        Column("contact", "string", "contact of the unit", nullable=True),
    ),
)
