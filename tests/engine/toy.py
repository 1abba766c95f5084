"""A pack of two tables and three rules, small enough to see through: doors that were opened, by whom."""

from types import SimpleNamespace
from typing import Any

import pyarrow as pa
from ibis import _

from paicha.kernel.derivation import derivation
from paicha.kernel.errors import InputError
from paicha.kernel.grades import Evidence, Grade
from paicha.kernel.pack import Pack
from paicha.kernel.reader import Reader
from paicha.kernel.rule import Title, rule
from paicha.kernel.schema import Column, TableSpec

DOORS = TableSpec(
    "doors",
    "one opening",
    (
        Column("site", "string", "building"),
        Column("source", "string", "input"),
        Column("who", "string", "person"),
        Column("time", "int64", "when", unit="us"),
        Column("kind", "string", "forced, key or seen"),
    ),
)
OBSERVED = TableSpec(
    "observed",
    "one person",
    (
        Column("site", "string", "building"),
        Column("subject", "string", "person"),
        Column("first_seen", "int64", "from"),
        Column("last_seen", "int64", "to"),
        Column("hours", "float64", "h"),
        Column("records", "int64", "openings"),
        Column("sampling", "float64", "1"),
    ),
)


def recognise(source: Any) -> bool:
    return source.head.startswith(b"doors")


def read(sources: Any, sink: Any, reading: Any) -> bytes | None:
    count = int(reading.state or b"0")
    for source in sources:
        try:
            with source.open() as stream:
                lines = stream.read().decode().splitlines()[1:]
        except InputError as error:
            sink.fail(source, error)
            continue
        rows = []
        for number, line in enumerate(lines, 2):
            parts = line.split(",")
            if len(parts) == 3 and parts[1].isdigit():
                rows.append([source.site, source.key, parts[0], int(parts[1]), parts[2]])
                sink.accept(source, 1)
            else:
                sink.reject(source, f"line {number}", "not who,time,kind")
        sink.write(
            "doors", pa.table([list(c) for c in zip(*rows, strict=True)] if rows else [[]] * 5, DOORS.arrow.names)
        )
        count += len(rows)
    return str(count).encode()


@derivation(OBSERVED, form="expression")
def observe(doors: Any) -> Any:
    return doors.group_by(site=_.site, subject=_.who).agg(
        first_seen=_.time.min(),
        last_seen=_.time.max(),
        hours=(_.time.max() - _.time.min()) / 3.6e9,
        records=_.count(),
        sampling=_.time.count() * 0.0 + 1.0,
    )


def ask(kind: str) -> Any:
    def question(doors: Any) -> Any:
        """Who opened doors in this way?"""
        return (
            doors.filter(_.kind == kind)
            .group_by(site=_.site, subject=_.who)
            .agg(
                first_seen=_.time.min(),
                last_seen=_.time.max(),
                openings=_.count(),
                sources=_.source.collect(distinct=True),
            )
            .mutate(key=_.subject, counted_with=_.subject)
        )

    return question


def declare(kind: str, evidence: Evidence, **changes: Any) -> Any:
    return rule(
        f"doors.{kind}", version=1, title=Title(en=f"{kind} door", zh=f"门：{kind}"), evidence=evidence, basis=("X",),
        remedy="look", outcome=kind, **changes,
    )(ask(kind))  # fmt: skip


RULES = (
    declare("forced", Evidence.PAYLOAD),
    declare("key", Evidence.NAME),
    declare("seen", Evidence.DNS),
    declare("tracked", Evidence.FLOW),
)
POLICY = SimpleNamespace(
    grading=SimpleNamespace(points={"payload": 100.0, "name": 40.0, "dns": 20.0, "flow": 15.0}, likely_score=35.0),
    observed=SimpleNamespace(min_hours=1.0, hours_per_sampling=0.5, max_sampling=100.0),
)
PACK = Pack(
    name="doors",
    title=Title(en="Doors", zh="门"),
    tables=(DOORS,),
    given=(),
    readers=(Reader("doors", Title(en="doors", zh="门"), (DOORS,), recognise, read),),
    derivations=(observe,),
    rules=RULES,
    policy_model=SimpleNamespace,
    presets="paicha.packs.traffic.presets",
    observed="observed",
    evidence_forms={},
    tell_inside=lambda given, policy: lambda texts: [True for _ in texts],
    measure=lambda tables, findings, policy: None,
    describe=lambda tables, findings, verdicts, policy: None,
    summarise=lambda tables, findings, verdicts, policy: {},
    summary_tables=("observed",),
)
GRADES = {grade.word: int(grade) for grade in Grade}
