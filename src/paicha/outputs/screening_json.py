"""The JSON document of a screening, written as a stream: neither findings nor verdicts are held as one text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from paicha.kernel.grades import Grade
from paicha.outputs.masked import mask_finding, mask_verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pyarrow as pa

SCHEMA = 1
BATCH_ROWS = 4096


@dataclass(frozen=True, slots=True)
class ScreeningDocument:
    """All of one document: `head` its fields up to `tables` in order, then the rows of verdicts and findings.

    `paths` maps keys of inputs to paths; `write_time` turns UTC microseconds into ISO 8601 text. Personal data are
    masked unless `is_unmasked`.
    """

    head: Mapping[str, Any]
    verdicts: pa.Table
    findings: pa.Table
    paths: Mapping[str, str]
    write_time: Callable[[int | None], str | None]
    is_unmasked: bool = False


def write_screening(document: ScreeningDocument, stream: IO[str]) -> None:
    """Write the document as one line of JSON and a newline."""
    stream.write("{")
    for name, value in document.head.items():
        stream.write(f"{dump(name)}: {dump(value)}, ")
    stream.write('"verdicts": [')
    _write_list(stream, _list_verdicts(document))
    stream.write('], "findings": [')
    _write_list(stream, _list_findings(document))
    stream.write("]}\n")


def dump(value: Any) -> str:
    """Return JSON text on one line, Chinese as it is; what UTF-8 cannot hold (names of files are any bytes) escaped."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _write_list(stream: IO[str], texts: Iterator[str]) -> None:
    for number, text in enumerate(texts):
        stream.write(f", {text}" if number else text)


def _list_verdicts(document: ScreeningDocument) -> Iterator[str]:
    for batch in document.verdicts.to_batches(max_chunksize=BATCH_ROWS):
        for raw in batch.to_pylist():
            row = raw if document.is_unmasked else mask_verdict(raw)
            yield dump(
                {
                    "id": row["id"],
                    "subject": row["subject"],
                    "subject_kind": row["subject_kind"],
                    "site": row["site"],
                    "unit": row["unit"],
                    "attribution": row["level"],
                    "nature": row["nature"],
                    "region": row["region"],
                    "credit_code": row["credit_code"],
                    "is_nat": row["is_nat"],
                    "grade": Grade(row["grade"]).word,
                    "outcome": row["outcome"],
                    "score": row["score"],
                    "first_seen": document.write_time(row["first_seen"]),
                    "last_seen": document.write_time(row["last_seen"]),
                    "is_stock": row["is_stock"],
                    "reasons_for": row["reasons_for"],
                    "reasons_against": row["reasons_against"],
                    "hints": row["hints"],
                    "hours_of_activity": row["hours_of_activity"],
                    "identities": row["identities"],
                    "measures": json.loads(row["measures"]),
                }
            )


def _list_findings(document: ScreeningDocument) -> Iterator[str]:
    for batch in document.findings.to_batches(max_chunksize=BATCH_ROWS):
        for raw in batch.to_pylist():
            evidence = json.loads(raw["evidence"])
            row = {**raw, "evidence": evidence} if document.is_unmasked else mask_finding(raw, evidence)
            yield dump(
                {
                    "id": row["id"],
                    "rule": row["rule"],
                    "version": row["version"],
                    "subject": row["subject"],
                    "subject_kind": row["subject_kind"],
                    "site": row["site"],
                    "key": row["key"],
                    "sources": [document.paths.get(key, key) for key in row["sources"] or ()],
                    "first_seen": document.write_time(row["first_seen"]),
                    "last_seen": document.write_time(row["last_seen"]),
                    "evidence_kind": row["evidence_kind"],
                    "grade": Grade(row["grade"]).word,
                    "evidence": row["evidence"],
                    "measures": json.loads(row["measures"]),
                    "identities": row["identities"],
                    "set_aside": json.loads(row["set_aside"]) if row["set_aside"] else None,
                    "counted_in": row["counted_in"],
                }
            )
