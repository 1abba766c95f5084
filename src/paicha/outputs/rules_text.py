"""Rules and formats as a person reads them, in Chinese or English, and rules as JSON."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from rich.table import Table

from paicha.kernel.grades import CAPS, GRADE_TITLES_ZH
from paicha.outputs.terminal import open_console
from paicha.reference.documents import find_document

if TYPE_CHECKING:
    from paicha.kernel.grades import Grade
    from paicha.kernel.pack import Pack
    from paicha.kernel.rule import Rule


def dump_rules(pack: Pack, policy_name: str, policy: Any) -> str:
    """Return a JSON list of the pack's rules, each with its policy values."""
    rules = [
        {
            "id": rule.id,
            "version": rule.version,
            "title": {"en": rule.title.en, "zh": rule.title.zh},
            "text": rule.text,
            "evidence_kind": str(rule.evidence),
            "grade": rule.grade.word,
            "cap": CAPS[rule.evidence].word,
            "basis": list(rule.basis),
            "remedy": rule.remedy,
            "false_positives": list(rule.false_positives),
            "tables": [name for name in rule.parameters if name != "policy"],
            "policy": {"name": policy_name, "values": find_values(rule, policy)},
        }
        for rule in pack.rules
    ]
    return json.dumps(rules, ensure_ascii=False, indent=2)


def find_values(rule: Rule, policy: Any) -> dict[str, Any]:
    """Return the policy values that a rule's text names as `section.key`, by that name."""
    found: dict[str, Any] = {}
    for section, key in re.findall(r"`policy\.([a-z_]+)\.([a-z_]+)`", rule.text):
        found[f"{section}.{key}"] = getattr(getattr(policy, section), key)
    return found


def print_rules(pack: Pack, policy_name: str, policy: Any, language: str) -> None:
    """Print the rules one under the other."""
    console = open_console()
    for rule in pack.rules:
        title = rule.title.zh if language == "zh" else rule.title.en
        console.print(f"{rule.id} v{rule.version}  {title}", style="bold")
        console.print(rule.text, highlight=False)
        values = find_values(rule, policy)
        rows = [
            (("证据", "evidence"), f"{rule.evidence} → {_name_grade(rule.grade, language)}"),
            (("依据", "basis"), "；".join(_name_document(basis, language) for basis in rule.basis)),
            (("措施", "remedy"), rule.remedy),
            (("误报", "false positives"), "; ".join(rule.false_positives) or "–"),
            (("策略", "policy"), f"{policy_name}: " + (", ".join(f"{k} = {v}" for k, v in values.items()) or "–")),
        ]
        for (zh, en), text in rows:
            console.print(f"  {zh if language == 'zh' else en}: {text}", highlight=False)
        console.print()


def print_formats(pack: Pack, language: str) -> None:
    """Print the input formats in the order in which they are tried."""
    table = Table("reader" if language == "en" else "读取器", "what it reads" if language == "en" else "读取内容")
    for reader in pack.readers:
        table.add_row(reader.name, reader.title.zh if language == "zh" else reader.title.en)
    open_console().print(table)


def _name_grade(grade: Grade, language: str) -> str:
    return GRADE_TITLES_ZH[grade] if language == "zh" else grade.word


def _name_document(basis: str, language: str) -> str:
    document = find_document(basis)
    if document is None:
        return basis
    return f"{document.number or basis} {document.title_zh if language == 'zh' else document.title_en}"
