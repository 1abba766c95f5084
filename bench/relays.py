"""Simulated relays of 2 to 200 clients, read or encrypted on either side: named, and their work counted once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.inputs import DATA
from bench.results import Bar, Report, Table
from bench.timing import screen
from paicha.simulate.hidden.capture import write_hidden_capture
from paicha.simulate.hidden.drawing import format_address
from paicha.simulate.hidden.relays import RelayPlan, draw_relay

if TYPE_CHECKING:
    from pathlib import Path

    from bench.results import Options

TITLE = "Relays"
CLIENTS = (2, 5, 20, 50, 100, 200)
COVERS = (("clear", "clear"), ("clear", "tls13"), ("tls13", "clear"), ("tls13", "tls13"))
SEEDS = (11, 12, 13)
ALGORITHM = "randomx"
LEAST_COVERAGE = 0.9


@dataclass(frozen=True, slots=True)
class Case:
    """One relay in a capture of its own: its address, the true sum of hash rates, and its clients' addresses."""

    plan: RelayPlan
    path: Path
    relay: str
    rate: float
    clients: frozenset[str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a screening made of a case: grade of the relay's finding (None: not named), others named as relays,
    clients found at all, the total with its interval (None: no figure), or the bounds in its place."""

    case: Case
    grade: str | None
    others: int
    found: int
    total: dict[str, Any] | None
    bounds: dict[str, Any] | None

    @property
    def is_within(self) -> bool | None:
        """Whether the total, or else the bounds, hold the truth; None without either."""
        told = self.total or self.bounds
        return told["low"] <= self.case.rate <= told["high"] if told else None


def run(options: Options) -> Report:
    """Return for every cover and number of clients whether the relay is named and its total right."""
    seeds, clients = (SEEDS[:1], CLIENTS[:3]) if options.is_quick else (SEEDS, CLIENTS)
    folder = DATA / "relays"
    folder.mkdir(parents=True, exist_ok=True)
    cases = [
        draw_case(folder, RelayPlan(count, max(1, count // 100), inside=inner, outside=outer, is_easier=seed % 2 == 0),
                  seed)
        for inner, outer in COVERS
        for count in clients
        for seed in seeds
    ]  # fmt: skip
    output = folder / "documents.json"
    screen(*(case.path for case in cases), "--separate", output=output)
    with output.open(encoding="utf-8") as stream:
        documents = {doc["inputs"][0]["path"]: doc for doc in map(json.loads, stream)}
    answers = [judge(case, documents[str(case.path)]) for case in cases]
    for case in cases:
        case.path.unlink()
    groups = [
        ((cover, count), [a for a in answers if (a.case.plan.inside, a.case.plan.outside) == cover
                          and a.case.plan.clients == count])
        for cover in COVERS
        for count in clients
    ]  # fmt: skip
    rows = [(f"{inner} / {outer}", count, *describe(group)) for ((inner, outer), count), group in groups]
    about = (
        f"One hour of a relay with 2 to 200 clients, clear or TLS on the clients' side and upstream, {len(seeds)} of "
        "each; in those with the even seed the relay sets its clients an easier difficulty. Within: the total of the "
        "sheet (confirmed or likely) holds the true sum of hash rates; where no side was read there is no total, and "
        "the bounds by sizes are asked instead. A total counted twice would be outside."
    )
    headings = ("clients / upstream", "clients", "named", "grades", "other relays", "clients found", "within",
                "total / truth")  # fmt: skip
    return Report(TITLE, about, [Table(headings, rows)], list_bars(answers))


def draw_case(folder: Path, plan: RelayPlan, seed: int) -> Case:
    """Return a case whose capture is written."""
    relay = draw_relay(plan, seed)
    path = folder / f"{plan.inside}-{plan.outside}-{plan.clients}-{seed}.pcap"
    write_hidden_capture(path, relay.sessions, seed, is_payload_kept=True)
    clients = {format_address(s.truth.ends.client) for s in relay.sessions if s.truth.part == "relay-client"}
    return Case(plan, path, format_address(relay.address), relay.hash_rate, frozenset(clients))


def judge(case: Case, document: dict[str, Any]) -> Answer:
    """Return what the document of a screening says of a case."""
    named = {f["subject"]: f for f in document["findings"] if f["rule"] == "traffic.mining-relay"}
    own = named.pop(case.relay, None)
    subjects = {f["subject"] for f in document["findings"]}
    return Answer(
        case=case,
        grade=own["grade"] if own else None,
        others=len(named),
        found=len(subjects & case.clients),
        total=document["summary"]["confirmed_or_likely"]["hash_rate"].get(ALGORITHM),
        bounds=own["evidence"]["rate_bounds"] if own else None,
    )


def describe(group: list[Answer]) -> tuple[object, ...]:
    """Return the cells of one row."""
    within = [answer.is_within for answer in group if answer.is_within is not None]
    ratios = sorted(answer.total["best"] / answer.case.rate for answer in group if answer.total)
    kind = "" if any(answer.total for answer in group) else " (bounds)"
    return (
        f"{sum(answer.grade is not None for answer in group)} of {len(group)}",
        ", ".join(sorted({answer.grade for answer in group if answer.grade})),
        sum(answer.others for answer in group),
        f"{sum(answer.found for answer in group)} of {sum(len(answer.case.clients) for answer in group)}",
        f"{sum(within)} of {len(within)}{kind}" if within else "–",
        f"{ratios[0]:.3f} to {ratios[-1]:.3f}" if ratios else "–",
    )


def list_bars(answers: list[Answer]) -> list[Bar]:
    """Return the bars: every relay named, nobody else, totals within their intervals as often as 95 % ones are."""
    missed = [a for a in answers if a.grade is None]
    worst = ", ".join(f"{a.case.plan.clients} {a.case.plan.inside}/{a.case.plan.outside}" for a in missed[:3])
    totals = [a for a in answers if a.total]
    within = sum(bool(a.is_within) for a in totals)
    bounds = [a for a in answers if not a.total and a.bounds]
    return [
        Bar("every relay is named", f"{len(answers) - len(missed)} of {len(answers)} {worst}".strip(), not missed),
        Bar("nobody else is", f"{sum(a.others for a in answers)}", not any(a.others for a in answers)),
        Bar(
            f"the total is within its interval, once, in at least {LEAST_COVERAGE:.0%} (95 % intervals)",
            f"{within} of {len(totals)}", within >= LEAST_COVERAGE * len(totals),
        ),
        Bar(
            "where nothing was read, the bounds hold the truth",
            f"{sum(bool(a.is_within) for a in bounds)} of {len(bounds)}", all(a.is_within for a in bounds),
        ),
    ]  # fmt: skip
