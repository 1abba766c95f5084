"""The documents of a run: one for all, or one per site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from paicha import __version__
from paicha.app.times import format_time
from paicha.kernel.identifiers import name_by_hash
from paicha.outputs.screening_json import SCHEMA, ScreeningDocument

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from paicha.app.given import GivenTables
    from paicha.app.request import ScreenRequest
    from paicha.engine.load import Input
    from paicha.engine.policy import Policy
    from paicha.kernel.pack import Pack


def name_run(pack: Pack, policy: Policy, inputs: Iterable[Input], given: GivenTables, request: ScreenRequest) -> str:
    """Return the run's name: a hash of inputs, policy, all that was given, bounds and program version."""
    parts = sorted(f"{item.source.site}\x1e{item.sha256 or item.source.path}" for item in inputs)
    told = (policy.sha256, given.owners_sha256 or "", given.indicators_sha256, str(request.since), str(request.until))
    optional = {"prices": given.prices_sha256, "blocks": given.blocks_sha256, "seats": given.seats_sha256}
    files = tuple(f"{name} {sha256}" for name, sha256 in optional.items() if sha256)
    masking = "unmasked" if request.is_unmasked else ""
    return name_by_hash("r", pack.name, __version__, *told, *files, request.subjects_sha256 or "", masking, *parts)


def make_documents(
    pack: Pack,
    policy: Policy,
    inputs: Sequence[Input],
    given: GivenTables,
    request: ScreenRequest,
    tables: Mapping[str, pa.Table],
    findings: pa.Table,
    verdicts: pa.Table,
    paths: Mapping[str, str],
) -> Iterator[ScreeningDocument]:
    """Yield the documents of a run, in the order of the inputs: one, or with `is_separate` one per input."""
    for group, site in _group_inputs(inputs, request):
        here = {name: _pick(rows, site) for name, rows in tables.items()}
        own_findings, own_verdicts = _pick(findings, site), _pick(verdicts, site)
        observed = here[pack.observed]
        head = {
            "paicha": __version__,
            "schema": SCHEMA,
            "run": name_run(pack, policy, group, given, request),
            "pack": pack.name,
            "engine": request.engine,
            "as_of": format_time(pc.max(observed.column("last_seen")).as_py()),
            "policy": {"name": policy.name, "sha256": policy.sha256},
            "owners": given.owners_sha256,
            "indicators": given.indicators_sha256,
            "prices": given.prices_sha256,
            "blocks": given.blocks_sha256,
            "seats": given.seats_sha256,
            "inputs": [_describe_input(item) for item in group],
            "rejects": [*_list_given_rejects(given), *(reject for item in group for reject in _list_rejects(item))],
            "summary": pack.summarise(here, own_findings, own_verdicts, policy.values),
            "tables": {name: {"rows": rows.num_rows} for name, rows in here.items()},
        }
        yield ScreeningDocument(head, own_verdicts, own_findings, paths, format_time, request.is_unmasked)


def _group_inputs(inputs: Sequence[Input], request: ScreenRequest) -> Iterator[tuple[Sequence[Input], str | None]]:
    if not request.is_separate:
        yield inputs, None
        return
    for item in inputs:
        yield [item], item.source.site


def _pick(rows: pa.Table, site: str | None) -> pa.Table:
    if site is None or "site" not in rows.column_names:
        return rows
    return rows.filter(pc.equal(rows.column("site"), site))


def _describe_input(item: Input) -> dict[str, Any]:
    described = {
        "path": str(item.source.path),
        "sha256": item.sha256,
        "site": item.source.site,
        "reader": item.reader,
        "records": item.count.accepted + item.count.rejected,
        "rejected": item.count.rejected,
    }
    if item.same_as:
        described["same_as"] = item.same_as
    if item.count.error:
        described["error"] = str(item.count.error)
    return described


def _list_rejects(item: Input) -> Iterator[dict[str, Any]]:
    for position, reason, count in item.count.rejects:
        yield {"path": str(item.source.path), "position": position, "reason": reason, "count": count}


def _list_given_rejects(given: GivenTables) -> Iterator[dict[str, Any]]:
    for path, position, reason in given.rejects:
        yield {"path": path, "position": position, "reason": reason, "count": 1}
