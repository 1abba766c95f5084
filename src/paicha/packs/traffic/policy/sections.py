"""What every section of the policy shares: its model, and checks of values that the model cannot express."""

from __future__ import annotations

import re
from datetime import date
from ipaddress import ip_network

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A group of values; unknown keys are an error, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def check_pattern(text: str) -> str:
    """Return a regular expression unchanged.

    Raises:
        ValueError: it cannot be compiled.
    """
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from error
    return text


def check_range(text: str) -> str:
    """Return a CIDR range in its canonical form, host bits cleared.

    Raises:
        ValueError: it is none; left alone it would cover nothing, and nobody inside would be found.
    """
    try:
        if "%" in text:
            raise ValueError("a zone id")
        return str(ip_network(text, strict=False))
    except ValueError as error:
        raise ValueError(f"no CIDR range: {text[:60]!r}") from error


def check_date(text: str) -> str:
    """Return a date (ISO 8601) unchanged.

    Raises:
        ValueError: the calendar has no such day.
    """
    date.fromisoformat(text)
    return text
