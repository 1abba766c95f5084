"""Hash rates of real miners beside the figures that the miners printed themselves (CJ-Sniffer's captures)."""

from __future__ import annotations

import csv
import json
import re
import statistics
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.inputs import CAPTURES, DATA
from bench.results import Bar, Report, Table, write_part
from bench.timing import screen

if TYPE_CHECKING:
    from bench.results import Options

TITLE = "Hash rate against the miner's own figure"
FOLDER = CAPTURES / "mining" / "cjs"
STABLE_SPREAD = 0.05
BOUNDS = ((1000, 0.025), (300, 0.035))
MEGA = {"eth": 1e6}
"""ethminer prints MH/s, XMRig H/s."""


@dataclass(frozen=True, slots=True)
class Label:
    """What the miner printed: its mean rates over 10 s, 60 s and 15 min, None where the label does not say."""

    name: str
    rates: tuple[float | None, ...]

    @property
    def own_rate(self) -> float | None:
        """The figure over the longest time given."""
        return next((rate for rate in reversed(self.rates) if rate is not None), None)

    @property
    def is_stable(self) -> bool:
        """Whether the successive figures vary by less than 5 %; told by the label alone, and never by less than two."""
        known = [rate for rate in self.rates if rate is not None]
        return len(known) > 1 and max(known) / min(known) - 1 < STABLE_SPREAD


def read_labels(text: str) -> list[Label]:
    """Return the labels, one per capture; fields separated by a blank instead of a comma are told apart."""
    labels = []
    for row in csv.reader(text.splitlines()):
        # the three rates lie between the two flags and the count of shares
        counts = next(place for place, cell in enumerate(row) if re.fullmatch(r"(\d+|unknown)/(\d+|unknown)", cell))
        cells = " ".join(row[5:counts]).split()
        factor = MEGA.get(row[counts + 1], 1.0)
        rates = tuple(None if cell == "unknown" else float(cell) * factor for cell in cells)
        labels.append(Label(row[0], rates))
    return labels


def run(_: Options) -> Report:
    """Return our rate and the miner's for every capture, and the median errors of the stable ones."""
    about = (
        "Every capture of CJ-Sniffer, its label and the rate that a screening prints. `stable`: the miner's figures "
        "over 10 s, 60 s and 15 min differ by less than 5 %, told from the label alone; the error is against the "
        "longest. The label is the rate at the capture's end, ours the mean over it."
    )
    if not (FOLDER / "labels.csv").exists():
        return Report(TITLE, about, [], [Bar("real captures", "they are not beside the project", None)])
    output = DATA / "real-rate.json"
    DATA.mkdir(parents=True, exist_ok=True)
    labels = read_labels((FOLDER / "labels.csv").read_text())
    screen(*(FOLDER / f"{label.name}.pcap" for label in labels), "--separate", output=output)
    documents = {_name(document): document for document in map(json.loads, output.open(encoding="utf-8"))}
    rows, errors = [], []
    for label in labels:
        rate, shares = find_rate(documents[label.name])
        error = abs(rate["best"] / label.own_rate - 1) if rate and label.own_rate else None
        rows.append(_write_row(label, rate, shares, error))
        if error is not None and label.is_stable:
            errors.append((shares, error))
    bars = []
    for least, bound in BOUNDS:
        chosen = [error for shares, error in errors if shares >= least]
        middle = statistics.median(chosen) if chosen else None
        figure = f"{write_part(middle)} of {len(chosen)}" if middle is not None else "none"
        bars.append(
            Bar(f"median error ≤ {100 * bound:g} % where ≥ {least:,} shares", figure, bool(middle and middle <= bound))
        )
    headings = ("capture", "shares", "our H/s", "95 % interval", "10 s", "60 s", "15 min", "stable", "error")
    return Report(TITLE, about, [Table(headings, rows)], bars)


def _name(document: dict[str, Any]) -> str:
    return str(document["inputs"][0]["path"]).rpartition("/")[2].removesuffix(".pcap")


def find_rate(document: dict[str, Any]) -> tuple[dict[str, Any] | None, int]:
    """Return the hash rate and the submitted shares of the address that submitted most.

    One machine is behind all addresses of these captures; rates of addresses that follow each other are not added.
    """
    shares: Counter[str] = Counter()
    for finding in document["findings"]:
        shares[finding["subject"]] += finding["evidence"].get("shares_submitted") or 0
    for address, count in shares.most_common(1):
        verdict = next(one for one in document["verdicts"] if one["subject"] == address)
        rates = list((verdict["measures"].get("hash_rate") or {}).values())
        return (rates[0] if len(rates) == 1 else None), count
    return None, 0


def _write_row(label: Label, rate: dict[str, Any] | None, shares: int, error: float | None) -> tuple[str, ...]:
    ours = (f"{rate['best']:,.0f}", f"{rate['low']:,.0f} to {rate['high']:,.0f}") if rate else ("none", "")
    theirs = [f"{one:,.1f}" if one is not None else "unknown" for one in label.rates]
    theirs += [""] * (3 - len(theirs))
    word = "yes" if label.is_stable else "no"
    return (label.name, f"{shares:,}", *ours, *theirs, word, write_part(error) if error is not None else "")
