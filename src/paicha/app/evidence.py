"""A verdict or finding looked up again: in the runs of a workspace, or in a document that was saved."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from paicha.app.history import list_documents
from paicha.kernel.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from paicha.store.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Explanation:
    """A verdict with its findings, and the document that they stand in (without the other rows)."""

    document: Mapping[str, Any]
    verdict: Mapping[str, Any]
    findings: tuple[Mapping[str, Any], ...]


def explain_verdict(name: str, workspace: Workspace | None, file: Path | None) -> Explanation:
    """Return the newest verdict of this id, or on this subject, with all findings on its subject.

    Raises:
        UsageError: there is neither a workspace nor a file, or nothing of that name in it.
    """
    for document in read_documents(workspace, file):
        for verdict in document["verdicts"]:
            if name in {verdict["id"], verdict["subject"]}:
                findings = tuple(
                    f for f in document["findings"]
                    if f["subject"] == verdict["subject"] and f["site"] == verdict["site"]
                )  # fmt: skip
                head = {key: value for key, value in document.items() if key not in {"verdicts", "findings"}}
                return Explanation(head, verdict, findings)
    raise UsageError(f"no verdict {name!r}", remedy="name a verdict's id or a subject as `paicha screen` prints them")


def find_finding(
    name: str, workspace: Workspace | None, file: Path | None
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the newest finding of this id and the document that it stands in.

    Raises:
        UsageError: there is neither a workspace nor a file, or nothing of that name in it.
    """
    for document in read_documents(workspace, file):
        for finding in document["findings"]:
            if finding["id"] == name:
                return finding, document
    raise UsageError(f"no finding {name!r}", remedy="name a finding's id as `paicha explain` prints it")


def read_documents(workspace: Workspace | None, file: Path | None) -> Iterator[Mapping[str, Any]]:
    """Yield the documents of a file, or of a workspace's runs, the newest first."""
    if file is not None:
        paths = [file]
    elif workspace is not None:
        paths = list_documents(workspace)
    else:
        raise UsageError("where?", remedy="give --workspace DIR, or --from FILE with what `paicha screen --json` wrote")
    for path in paths:
        try:
            with path.open(encoding="utf-8") as stream:
                for line in stream:
                    document = json.loads(line)
                    if not (isinstance(document, dict) and document.keys() >= {"pack", "verdicts", "findings"}):
                        raise InputError(
                            "is no document of a screening", where=str(path), remedy="`paicha screen --json` writes one"
                        )
                    yield document
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise InputError(f"is no document of a screening: {error}", where=str(path)) from error
