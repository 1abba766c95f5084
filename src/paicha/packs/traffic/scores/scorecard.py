"""A scorecard: base points and, for each feature, bins with points; the sum is the score, every summand is named.

A point doubles the odds: the points of a bin are the base-2 logarithm of how much more often sessions of miners fall
into it than others do, kept monotone and within bounds (additive scorecards; Hand and Henley, JRSS A 160, 1997).
"""

from __future__ import annotations

import math
import tomllib
from functools import cache, reduce
from importlib.resources import files
from itertools import pairwise
from operator import add
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from paicha.kernel.errors import PolicyError
from paicha.packs.traffic.expressions import ibis

STEP = 0.5
"""Points are multiples of it: what a person can add up."""

POINTS = "points_{name}"
"""Column that `score` adds for each feature."""

CONTRIBUTIONS = "list<struct<name: string, value: float64, points: float64>>"
REASONS = "list<struct<text: string, text_zh: string>>"
"""Kinds of the columns that `list_contributions` and `list_reasons` make."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(_Part):
    """One text in both languages."""

    en: Annotated[str, Field(min_length=1)]
    zh: Annotated[str, Field(min_length=1)]


class Source(_Part):
    """Where sessions came from that the points were fitted to."""

    name: str
    mining: Annotated[int, Field(ge=0)]
    ordinary: Annotated[int, Field(ge=0)]


class Bin(_Part):
    """Values above the bin before it and at most `up_to`.

    `prior` are the points that the protocols suggest before any data, `points` those after fitting.
    """

    up_to: float
    prior: float
    points: float


class Feature(_Part):
    """A column of the scored table and what its values are worth.

    `direction`: points never fall (`rising`), never rise (`falling`), or rise and then fall (`peak`) with the value.
    `reason` says in plain words what speaks for mining where the points are positive; `{value}` is the value.
    """

    name: Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]
    title: Words
    unit: str
    why: str
    reason: Words
    direction: Literal["rising", "falling", "peak"]
    bound: Annotated[float, Field(gt=0, le=16)]
    bins: Annotated[tuple[Bin, ...], Field(min_length=2)]

    @model_validator(mode="after")
    def _check(self) -> Feature:
        ends = [one.up_to for one in self.bins]
        if ends != sorted(set(ends)) or not math.isinf(ends[-1]):
            raise ValueError(f"{self.name}: bins must rise and end in inf")
        for kind in ("prior", "points"):
            points = [float(getattr(one, kind)) for one in self.bins]
            if any(point % STEP for point in points):
                raise ValueError(f"{self.name}: {kind} that are no multiples of {STEP}")
            if max(map(abs, points)) > self.bound:
                raise ValueError(f"{self.name}: {kind} beyond the bound of {self.bound}")
            if not is_shaped(points, self.direction):
                raise ValueError(f"{self.name}: {kind} are not {self.direction}")
        return self


class Scorecard(_Part):
    """Everything that a score is made of, and what it was built from.

    `is_base_given` says that fitting leaves the base alone: the thresholds of the policy are meant against it.
    """

    name: str
    version: Annotated[int, Field(ge=1)]
    about: str
    built_with: str
    base: float
    is_base_given: bool = False
    built_from: tuple[Source, ...]
    features: Annotated[tuple[Feature, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _check(self) -> Scorecard:
        names = [feature.name for feature in self.features]
        if len(set(names)) != len(names):
            raise ValueError("a feature is named twice")
        if self.base % STEP:
            raise ValueError(f"base is no multiple of {STEP}")
        return self


def is_shaped(points: list[float], direction: str) -> bool:
    """Return whether successive points only rise, only fall, or rise and then fall."""
    steps = [b - a for a, b in pairwise(points) if b != a]
    if direction == "rising":
        return all(step > 0 for step in steps)
    if direction == "falling":
        return all(step < 0 for step in steps)
    return all(not (a < 0 < b) for a, b in pairwise(steps))


@cache
def load_card(name: str) -> Scorecard:
    """Return the packaged scorecard `name`.

    Raises:
        PolicyError: it is malformed.
    """
    return read_card(Path(str(files("paicha.packs.traffic.scores").joinpath("data", f"{name}.toml"))))


def read_card(path: Path) -> Scorecard:
    """Return the scorecard of a TOML file.

    Raises:
        PolicyError: it cannot be read or is malformed.
    """
    try:
        return Scorecard.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        what = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:3])
    except (OSError, ValueError) as error:
        what = str(error)
    raise PolicyError(f"no scorecard: {what}", where=str(path), remedy="build it anew: python -m bench.fit")


def score(rows: Any, card: Scorecard) -> Any:
    """Return an Ibis table with `score` added, and a column `points_NAME` for each feature of the card.

    A feature is read from the column of its name. Null counts nothing. Where the table also has `NAME_low` and
    `NAME_high`, the value is only known to lie between them and the least points of that span count.
    """
    points = {POINTS.format(name=feature.name): _find_points(rows, feature) for feature in card.features}
    scored = rows.mutate(**points)
    return scored.mutate(score=reduce(add, (scored[name] for name in points)) + card.base)


def list_contributions(scored: Any, card: Scorecard) -> Any:
    """Return what every feature added, as `list<struct<name, value, points>>` in the order of the card.

    `scored` is what `score` returned. An unknown value is null and has 0 points. The base stands first, without value.
    """
    base = ibis.struct({"name": ibis.literal("base"), "value": ibis.null("float64"), "points": _fix(card.base)})
    return ibis.array(
        [
            base,
            *(
                ibis.struct(
                    {
                        "name": ibis.literal(feature.name),
                        "value": scored[feature.name].cast("float64"),
                        "points": scored[POINTS.format(name=feature.name)],
                    }
                )
                for feature in card.features
            ),
        ]
    )


def list_reasons(scored: Any, card: Scorecard) -> Any:
    """Return what speaks for mining in plain words, as `list<struct<text, text_zh>>` in the order of the card.

    `scored` is what `score` returned. Features without positive points are left out.
    """
    nothing = ibis.struct({"text": ibis.literal(""), "text_zh": ibis.literal("")})
    told = [
        (scored[POINTS.format(name=feature.name)] > 0).ifelse(_say(scored[feature.name], feature), nothing)
        for feature in card.features
    ]
    return ibis.array(told).filter(lambda reason: reason["text"] != "")


def _find_points(rows: Any, feature: Feature) -> Any:
    low, high = f"{feature.name}_low", f"{feature.name}_high"
    if low in rows.columns and high in rows.columns:
        # points rise and then fall at most: the least of a span is at one of its ends
        ends = ibis.least(_count_steps(rows[low], feature), _count_steps(rows[high], feature))
        steps = (rows[low].isnull() | rows[high].isnull()).ifelse(0, ends)
    else:
        steps = _count_steps(rows[feature.name], feature)
    return steps.cast("float64") * STEP


def _count_steps(value: Any, feature: Feature) -> Any:
    """Return the points of a value in steps, 0 for null: whole numbers, as DuckDB takes 0.5 for a decimal."""
    known = [(value <= one.up_to, round(one.points / STEP)) for one in feature.bins[:-1]]
    return ibis.cases((value.isnull(), 0), *known, else_=round(feature.bins[-1].points / STEP))


def _fix(points: float) -> Any:
    return ibis.literal(round(points / STEP), "int64").cast("float64") * STEP


def _say(value: Any, feature: Feature) -> Any:
    number = write_number(value)
    return ibis.struct({"text": _fill(feature.reason.en, number), "text_zh": _fill(feature.reason.zh, number)})


def _fill(text: str, number: Any) -> Any:
    parts = text.split("{value}")
    told = ibis.literal(parts[0])
    for part in parts[1:]:
        told = told + number + ibis.literal(part)
    return told


def write_number(value: Any) -> Any:
    """Return a non-negative number as text with at most one decimal; engines write floats differently."""
    tenths = (value.cast("float64") * 10.0 + 0.5).floor().cast("int64")
    decimal = (tenths % 10 == 0).ifelse(ibis.literal(""), ibis.literal(".") + (tenths % 10).cast("string"))
    return (tenths // 10).cast("string") + decimal
