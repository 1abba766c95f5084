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


CAPTURE_READER = "pcap"
TCP_TRANSPORTS = ("tcp", "tls")
TCP_PROTOCOL = 6


def slice_finding(name: str, output: Path, workspace: Workspace | None, file: Path | None) -> int:
    """Write the packets behind a finding to a pcap file and return their number.

    Raises:
        UsageError: there is no such finding, or it rests on no capture.
        InputError: an input is gone or was changed since.
        OutputError: the file cannot be written.
    """
    finding, document = find_finding(name, workspace, file)
    evidence = finding["evidence"]
    spans: dict[str, tuple[int, int | None]] = {
        sha256: (first, last) for sha256, first, last in evidence.get("packets") or ()
    }
    spans = spans or dict.fromkeys(_list_captures(finding, document, workspace), (1, None))
    if not spans:
        raise UsageError(
            f"finding {name} rests on no packets of one connection", remedy="slice takes connections from captures"
        )
    conversation = Conversation(
        evidence["client"], evidence["client_port"], evidence["server"], evidence["server_port"]
    )
    paths = _find_paths(finding["sources"], document)
    parts = [(describe_source(Given(paths[s], finding["site"]), 0), span) for s, span in spans.items() if s in paths]
    missing = set(spans) - set(paths)
    if missing:
        raise InputError("an input behind the finding is gone or was changed", where=min(missing))
    return slice_capture(parts, conversation, output)


def _list_captures(finding: Mapping[str, Any], document: Mapping[str, Any], workspace: Workspace | None) -> list[str]:
    """Return the SHA-256 of all captures that show the connection of a finding which does not name its packets.

    There are none where the finding is not on one connection over TCP.
    """
    evidence = finding["evidence"]
    is_tcp = evidence.get("transport") in TCP_TRANSPORTS or evidence.get("protocol") == TCP_PROTOCOL
    ends = ("client", "client_port", "server", "server_port")
    if not is_tcp or any(evidence.get(end) is None for end in ends):
        return []
    known = {
        item["path"]: item["sha256"]
        for item in document["inputs"]
        if item["reader"] == CAPTURE_READER and item["site"] == finding["site"]
    }
    if workspace is not None:
        from paicha.store.runs import find_inputs_at

        earlier = set(finding["sources"]) - {item["path"] for item in document["inputs"]}
        with workspace.engine.connect() as connection:
            found = find_inputs_at(connection, finding["site"], sorted(earlier))
        known |= {path: item.sha256 for path, item in found.items() if item.reader == CAPTURE_READER}
    return [known[path] for path in finding["sources"] if path in known]


def _find_paths(sources: list[str], document: Mapping[str, Any]) -> dict[str, Path]:
    """Return the files behind the finding by their SHA-256, as it is now."""
    known = [item["path"] for item in document["inputs"] if item["path"] in sources]
    paths = [Path(path) for path in dict.fromkeys((*known, *sources))]
    return {hash_file(path): path for path in paths if path.is_file()}
