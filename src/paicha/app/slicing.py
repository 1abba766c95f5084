"""The packets behind a finding, cut out of the inputs that showed it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from paicha.app.evidence import find_finding
from paicha.engine.sources import Given, describe_source, hash_file
from paicha.kernel.errors import InputError, UsageError
from paicha.packs.traffic.capture.slicing import Conversation, slice_capture

if TYPE_CHECKING:
    from collections.abc import Mapping

    from paicha.store.workspace import Workspace


def slice_finding(name: str, output: Path, workspace: Workspace | None, file: Path | None) -> int:
    """Write the packets behind a finding to a pcap file and return their number.

    Raises:
        UsageError: there is no such finding, or it rests on no capture.
        InputError: an input is gone or was changed since.
        OutputError: the file cannot be written.
    """
    finding, document = find_finding(name, workspace, file)
    evidence = finding["evidence"]
    spans = {sha256: (first, last) for sha256, first, last in evidence.get("packets") or ()}
    if not spans:
        raise UsageError(f"finding {name} rests on no packets", remedy="slice takes findings from captures")
    conversation = Conversation(
        evidence["client"], evidence["client_port"], evidence["server"], evidence["server_port"]
    )
    paths = _find_paths(finding["sources"], document)
    parts = [(describe_source(Given(paths[s], finding["site"]), 0), span) for s, span in spans.items() if s in paths]
    missing = set(spans) - set(paths)
    if missing:
        raise InputError("an input behind the finding is gone or was changed", where=min(missing))
    return slice_capture(parts, conversation, output)


def _find_paths(sources: list[str], document: Mapping[str, Any]) -> dict[str, Path]:
    """Return the files behind the finding by their SHA-256, as it is now."""
    known = [item["path"] for item in document["inputs"] if item["path"] in sources]
    paths = [Path(path) for path in dict.fromkeys((*known, *sources))]
    return {hash_file(path): path for path in paths if path.is_file()}
