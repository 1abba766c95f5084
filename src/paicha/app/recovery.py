"""Requests that a kill, crash or full disk left unfinished: the next run over the workspace completes them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from paicha.app.request import ScreenRequest
from paicha.app.screening import HOPELESS, run_screening
from paicha.kernel.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from paicha.app.progress import Progress
    from paicha.store.workspace import Workspace


def complete_interrupted(workspace: Workspace, progress: Progress, present: ScreenRequest) -> None:
    """Carry out what was accepted and not finished, except what is asked for `present`ly anyway.

    A request that can no longer be carried out, because its inputs are gone, is struck off with an event in the ledger.

    Raises:
        OutputError, EngineError: it failed for a reason that may pass, such as a full disk; it stays to be completed.
        StoreError: what was written down of it is no request.
    """
    from paicha.store.ledger import append_event

    for content in workspace.list_pending():
        request = _read_request(workspace, content)
        if request.token == present.token:
            continue
        progress.say(f"completing an interrupted screening of {len(request.inputs)} inputs")
        try:
            with run_screening(request, workspace, progress, content["actor"]):
                pass
        except HOPELESS as error:
            progress.say(f"an interrupted screening cannot be completed: {error}")
            with workspace.engine.begin() as connection:
                append_event(
                    connection, content["actor"], "abandoned", {"request": content["request"], "why": str(error)}
                )
    for partial in workspace.runs.glob("*.partial"):
        shutil.rmtree(partial, ignore_errors=True)


def _read_request(workspace: Workspace, content: Mapping[str, Any]) -> ScreenRequest:
    try:
        return ScreenRequest.from_json(content["request"])
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(
            f"holds what is no request: {error!r}",
            where=str(workspace.path / "pending"),
            remedy="delete the files in it and screen their inputs again",
        ) from error
