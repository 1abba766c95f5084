"""`python -m bench.fit NAME…`: fit the points of a scorecard to data and write it where the program reads it.

The points are those of a logistic regression on the bins (a point is one doubling of the odds, so the coefficients are
in units of ln 2), with three restraints: within a feature they keep its direction (the increments from bin to bin have
fixed signs), they stay within its bound, and they are pulled towards the priors that the card states, as if by
`STRENGTH`. Every source weighs alike, and miners as much as others, however many sessions a source has. With few
miners the priors decide; that is meant, because a source may be left out.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import minimize

from bench.inputs import ROOT
from paicha.packs.traffic.scores.scorecard import STEP, Bin, Scorecard, Source, read_card

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

CARDS = ROOT / "src/paicha/packs/traffic/scores/data"
FEATURES = {"flows": "bench.flow_sessions", "behaviour": "bench.behaviour_sessions"}
"""By card the module whose `read_sessions()` returns its sessions: a column for each feature, `source`, `is_mining`."""

HEAD = ("name", "version", "about", "built_with", "base", "is_base_given")

STRENGTH = 0.05
"""Pull towards the prior, per squared point, against a mean log loss of about 0.1."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """Sessions to fit to: the bin of each feature (-1 where unknown), their classes and sources."""

    bins: Mapping[str, np.ndarray]
    is_mining: np.ndarray
    sources: np.ndarray

    @property
    def weights(self) -> np.ndarray:
        """How much each session counts: classes alike, and within a class the root of a source's sessions."""
        weights = np.zeros(len(self.is_mining))
        for is_mining in (True, False):
            chosen = self.is_mining == is_mining
            for source in np.unique(self.sources[chosen]):
                rows = chosen & (self.sources == source)
                weights[rows] = 1.0 / math.sqrt(rows.sum())
            if chosen.any():
                weights[chosen] /= 2.0 * weights[chosen].sum()
        return weights


def find_bins(table: pa.Table, card: Scorecard) -> Sessions:
    """Return the sessions of a feature table with every value replaced by the number of its bin."""
    bins = place_values(table, card)
    is_mining = table.column("is_mining").to_numpy(zero_copy_only=False).astype(bool)
    return Sessions(bins, is_mining, np.asarray(table.column("source").to_pylist()))


def place_values(table: pa.Table, card: Scorecard) -> dict[str, np.ndarray]:
    """Return for each feature the number of the bin that each row's value falls into, -1 where it is null."""
    bins = {}
    for feature in card.features:
        values = table.column(feature.name).to_numpy(zero_copy_only=False).astype(float)
        ends = [one.up_to for one in feature.bins[:-1]]
        bins[feature.name] = np.where(np.isnan(values), -1, np.searchsorted(ends, values, side="left"))
    return bins


def fit_card(card: Scorecard, sessions: Sessions, strength: float = STRENGTH) -> Scorecard:
    """Return the card with points fitted to the sessions, and these named as what it was built from."""
    layout = _Layout.of(card)
    design = layout.build_design(sessions)
    target = np.where(sessions.is_mining, 1.0, -1.0)
    weights = sessions.weights
    is_pulled = np.arange(len(layout.sum_up)) > 0  # the base follows from the rest
    prior = np.concatenate([[card.base], *([one.prior for one in f.bins] for f in card.features)])

    def find_loss(increments: np.ndarray) -> tuple[float, np.ndarray]:
        points = layout.sum_up @ increments
        margins = target * (design @ points) * math.log(2)
        off = (points - prior) * is_pulled
        loss = weights @ np.logaddexp(0, -margins) + strength / 2 * (off @ off)
        pull = -weights * target * math.log(2) / (1 + np.exp(np.clip(margins, -500, 500)))
        return float(loss), layout.sum_up.T @ (design.T @ pull + strength * off)

    start = np.linalg.solve(layout.sum_up, prior)
    found = minimize(find_loss, start, jac=True, method="L-BFGS-B", bounds=layout.list_bounds(card))
    return _write_points(card, layout.sum_up @ found.x, sessions)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the points of each feature stand among all: the base first; and how increments add up to points."""

    places: Mapping[str, slice]
    sum_up: np.ndarray

    @classmethod
    def of(cls, card: Scorecard) -> _Layout:
        places, at = {}, 1
        for feature in card.features:
            places[feature.name] = slice(at, at + len(feature.bins))
            at += len(feature.bins)
        sum_up = np.zeros((at, at))
        sum_up[0, 0] = 1
        for place in places.values():
            size = place.stop - place.start
            sum_up[place, place] = np.tril(np.ones((size, size)))
        return cls(places, sum_up)

    def build_design(self, sessions: Sessions) -> np.ndarray:
        """Return one row per session with a one for the base and for each bin it falls into."""
        rows = len(sessions.is_mining)
        design = np.zeros((rows, len(self.sum_up)))
        design[:, 0] = 1
        for name, place in self.places.items():
            known = sessions.bins[name] >= 0
            design[np.flatnonzero(known), place.start + sessions.bins[name][known]] = 1
        return design

    def list_bounds(self, card: Scorecard) -> list[tuple[float | None, float | None]]:
        """Return between what each increment may lie: of one sign, a peak's changing where the prior is greatest."""
        base = card.base if card.is_base_given else None
        bounds: list[tuple[float | None, float | None]] = [(base, base)]
        for feature in card.features:
            priors = [one.prior for one in feature.bins]
            top = {"rising": len(priors), "falling": 0}.get(feature.direction, int(np.argmax(priors)))
            bounds.append((-feature.bound, feature.bound))
            bounds += [(0.0, None) if n <= top else (None, 0.0) for n in range(1, len(priors))]
        return bounds


def _write_points(card: Scorecard, points: np.ndarray, sessions: Sessions) -> Scorecard:
    rounded = np.round(points / STEP) * STEP + 0.0
    place, features = 1, []
    for feature in card.features:
        ours = np.clip(rounded[place : place + len(feature.bins)], -feature.bound, feature.bound)
        bins = tuple(
            Bin(up_to=one.up_to, prior=one.prior, points=float(p)) for one, p in zip(feature.bins, ours, strict=True)
        )
        features.append(feature.model_copy(update={"bins": bins}))
        place += len(bins)
    changed = card.model_dump() | {
        "base": float(rounded[0]),
        "built_from": [source.model_dump() for source in count_sources(sessions)],
        "features": [feature.model_dump() for feature in features],
    }
    return Scorecard.model_validate(changed)


def count_sources(sessions: Sessions) -> list[Source]:
    """Return how many sessions of each class every source has, by name."""
    return [
        Source(
            name=str(name),
            mining=int((sessions.is_mining & (sessions.sources == name)).sum()),
            ordinary=int((~sessions.is_mining & (sessions.sources == name)).sum()),
        )
        for name in sorted(set(sessions.sources.tolist()))
    ]


def add_points(card: Scorecard, bins: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the score of each row by the bins of its values (`place_values`), taken as exact."""
    total = np.full(len(next(iter(bins.values()))), card.base)
    for feature in card.features:
        points = np.array([*(one.points for one in feature.bins), 0.0])
        total += points[bins[feature.name]]
    return total


def write_card(card: Scorecard) -> str:
    """Return the card as TOML: equal cards, equal text."""
    lines = [
        "# Made by the command in built_with: names, bins and priors are given, points are fitted.",
        *(f"{name} = {_write(getattr(card, name))}" for name in HEAD),
        "built_from = [",
        *(f"    {_write(source.model_dump())}," for source in card.built_from),
        "]",
    ]
    for feature in card.features:
        given = feature.model_dump()
        bins = given.pop("bins")
        lines += ["", "[[features]]", *(f"{name} = {_write(value)}" for name, value in given.items())]
        lines += ["bins = [", *(f"    {_write(one)}," for one in bins), "]"]
    return "\n".join(lines) + "\n"


def _write(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_write(one)}" for name, one in value.items()) + " }"
    if isinstance(value, str | bool):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def build(name: str, folder: Path = CARDS) -> Path:
    """Fit the card `name` to its sessions and return the file written."""
    path = folder / f"{name}.toml"
    card = read_card(path)
    table = import_module(FEATURES[name]).read_sessions()
    path.write_text(write_card(fit_card(card, find_bins(table, card))), encoding="utf-8")
    return path


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.fit", description=__doc__.split("\n", 1)[0])
    parser.add_argument("names", nargs="+", choices=sorted(FEATURES), metavar="NAME", help=", ".join(FEATURES))
    for name in parser.parse_args(words).names:
        print(build(name).relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
