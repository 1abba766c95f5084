"""Grades of a verdict, kinds of evidence, and how far each kind alone can reach."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Grade(IntEnum):
    """What all findings on a subject amount to; comparable, the greater the more certain."""

    CANNOT_JUDGE = -1
    NONE = 0
    POSSIBLE = 1
    LIKELY = 2
    CONFIRMED = 3

    @property
    def word(self) -> str:
        """The word used in JSON and on the command line."""
        return self.name.lower().replace("_", " ")


GRADE_TITLES_ZH = {
    Grade.CONFIRMED: "确认",
    Grade.LIKELY: "高度疑似",
    Grade.POSSIBLE: "疑似",
    Grade.NONE: "未发现",
    Grade.CANNOT_JUDGE: "无法判断",
}


class Evidence(StrEnum):
    """The kind of evidence a finding rests on."""

    PAYLOAD = "payload"
    BOOK = "book"
    BEHAVIOUR = "behaviour"
    ENDPOINT = "endpoint"
    NAME = "name"
    REPORT = "report"
    POWER = "power"
    TEXT = "text"
    FLOW = "flow"
    DNS = "dns"
    SHARED_HOSTING = "shared-hosting"


CAPS: dict[Evidence, Grade] = {
    Evidence.PAYLOAD: Grade.CONFIRMED,
    Evidence.BOOK: Grade.CONFIRMED,
    Evidence.BEHAVIOUR: Grade.LIKELY,
    Evidence.ENDPOINT: Grade.LIKELY,
    Evidence.NAME: Grade.LIKELY,
    Evidence.REPORT: Grade.LIKELY,
    Evidence.POWER: Grade.LIKELY,
    Evidence.TEXT: Grade.LIKELY,
    Evidence.FLOW: Grade.POSSIBLE,
    Evidence.DNS: Grade.POSSIBLE,
    Evidence.SHARED_HOSTING: Grade.POSSIBLE,
}
"""The highest grade each kind of evidence reaches alone; several kinds below `confirmed` reach `likely` at most."""

COMBINED_CAP = Grade.LIKELY
"""The highest grade that several kinds together reach when none of them alone reaches `confirmed`."""
