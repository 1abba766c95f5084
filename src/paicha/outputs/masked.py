"""What personal data look like in documents that everybody may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paicha.reference.masking import mask

if TYPE_CHECKING:
    from collections.abc import Mapping

PERSONAL_KINDS = ("email", "phone", "person", "identity")
"""Kinds of logins and identities that name a person."""


def mask_verdict(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a verdict's row without the name of a person who answers, or a person's identities."""
    unit = mask("person", row["unit"]) if row["unit"] and row["nature"] == "person" else row["unit"]
    return {**row, "unit": unit, "identities": mask_values(row["identities"])}


def mask_finding(row: Mapping[str, Any], evidence: dict[str, Any]) -> dict[str, Any]:
    """Return a finding's row with its evidence, without what names a person."""
    if "logins" in evidence:
        evidence = {**evidence, "logins": mask_values(evidence["logins"])}
    return {**row, "evidence": evidence, "identities": mask_values(row["identities"])}


def mask_values(items: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """Return logins or identities with the values of personal kinds masked."""
    return [
        {**item, "value": mask(item["kind"], item["value"])} if item["kind"] in PERSONAL_KINDS else item
        for item in items or ()
    ]
