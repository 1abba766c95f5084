"""Block times read in the clear jobs of one capture, looked for in another whose payload is withheld."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import duckdb
import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.headers_only import cut_payload
from bench.inputs import CAPTURES
from bench.results import Bar, Report, Table
from paicha.app.blocks import Block, find_blocks
from paicha.app.progress import Silence
from paicha.engine.backend import keep_rows
from paicha.engine.load import load
from paicha.engine.sources import Given, describe_source
from paicha.kernel.reader import Reading
from paicha.packs.traffic.derivations.block_times import BLOCK_MATCHES, block_matches
from paicha.packs.traffic.derivations.inside import INSIDE
from paicha.packs.traffic.pack import PACK
from paicha.packs.traffic.policy import TrafficPolicy
from paicha.packs.traffic.rules.block_times import block_times
from paicha.packs.traffic.tables import BLOCKS, PROFILES, PUSHES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.results import Options

TITLE = "Block times: the jobs of one capture, found in another"
FOLDER = CAPTURES / "mining" / "cjs"
MINUTE_US = 60_000_000
SHIFTS = (*range(-9, 0), *range(1, 10))
LEAST_BLOCKS = 10
FAR_US = 600 * MINUTE_US // 60
"""Clocks of two captures further apart than this are set right by the heights that both saw."""

OVERLAYS = 20
QUICK_SPACING_US = 13_000_000
"""Mean time between blocks of the quick chain laid over ordinary captures (Ethereum's until 2022)."""

LIKELY = 2
POLICY = TrafficPolicy()


@dataclass(frozen=True, slots=True)
class Quiet:
    """The profiles and pushes of captures."""

    profiles: pa.Table
    pushes: pa.Table

    @property
    def span(self) -> tuple[int, int]:
        """From the first to the last packet of a profiled connection, us."""
        started, ended = (self.profiles.column(name).to_pylist() for name in ("started", "ended"))
        return min(started, default=0), max(ended, default=0)


def read_quiet(files: Sequence[Path]) -> Quiet:
    """Return the profiled connections of captures, each a site of its own."""
    sources = [describe_source(Given(file, str(file)), number) for number, file in enumerate(files)]
    with tempfile.TemporaryDirectory(prefix="paicha-bench-") as directory, duckdb.connect() as duck:
        loaded = load(PACK, sources, Path(directory), Reading(POLICY, duck, lambda texts: [True for _ in texts]), {})
        tables = [
            pa.concat_tables([spec.arrow.empty_table(), *(pq.read_table(part) for part in loaded.tables[spec.name])])
            for spec in (PROFILES, PUSHES)
        ]
    return Quiet(*tables)


@dataclass(frozen=True, slots=True)
class Pair:
    """Times of one capture looked for in another: grade found (0 for none), and how many moved lists were found."""

    is_same_coin: bool
    grade: int
    moved: int
    cells: tuple[object, ...]


class Judge:
    """The derivation and the rule, as a screening asks them."""

    def __init__(self) -> None:
        self._duck = duckdb.connect()
        table = ibis.table(ibis.Schema.from_pyarrow(BLOCK_MATCHES.arrow), name=BLOCK_MATCHES.name)
        self._sql = str(ibis.to_sql(block_times.ask(table, POLICY), dialect="duckdb"))

    def ask(self, quiet: Quiet, blocks: Sequence[tuple[str, int]]) -> tuple[list[dict[str, Any]], int]:
        """Return the findings, and how many connections were judged."""
        rows = [{"coin": coin, "time": time, "height": None} for coin, time in blocks]
        table = pa.Table.from_pylist(rows, schema=BLOCKS.arrow)
        inside = INSIDE.arrow.empty_table()
        matches = block_matches.derive(quiet.profiles, quiet.pushes, table, inside, POLICY)
        keep_rows(self._duck, BLOCK_MATCHES.name, matches)
        return self._duck.execute(self._sql).to_arrow_table().to_pylist(), matches.num_rows


def run(options: Options) -> Report:
    """Return every pair of captures with enough common blocks, and what ordinary captures raise."""
    about = (
        "CJ-Sniffer's captures of XMRig: `paicha blocks` reads the block times of one, the other is cut behind its "
        "transport headers and screened with these times, then with the times moved by −9 to 9 minutes. All pairs in "
        f"whose common time at least {LEAST_BLOCKS} blocks fell. Where the clocks of the two machines disagree by more "
        "than ten minutes, the list is set right by the heights that both captures saw. A capture of another coin's "
        f"miner is a control too. Every control searches offsets of ±{POLICY.blocks.clock_seconds:g} s."
    )
    files = sorted(FOLDER.glob("*.pcap"))
    if not files:
        return Report(TITLE, about, [], [Bar("real captures", "they are not beside the project", None)])
    judge = Judge()
    feeds = {file.stem: find_blocks([file], "default", "XMR", Silence()).blocks for file in files}
    with tempfile.TemporaryDirectory(prefix="paicha-bench-") as directory:
        quiet = {}
        for file in files:
            cut = Path(directory) / file.name
            cut_payload(file, cut)
            quiet[file.stem] = read_quiet([cut])
    pairs = _judge_pairs(judge, feeds, quiet)
    table, others, alarms, strong, judged = _judge_ordinary(judge, feeds, options)
    same, foreign = ([pair for pair in pairs if pair.is_same_coin is is_same] for is_same in (True, False))
    found, likely = sum(pair.grade > 0 for pair in same), sum(pair.grade == LIKELY for pair in same)
    controls, mistaken = sum(pair.moved for pair in pairs), sum(pair.grade > 0 for pair in foreign)
    bars = [
        Bar("every pair of one coin found", f"{found} of {len(same)}, {likely} likely", found == len(same) > 0),
        Bar("no list moved by 1 to 9 minutes found", f"{controls} of {len(pairs) * len(SHIFTS)}", controls == 0),
        Bar("no list of another coin found", f"{mistaken} of {len(foreign)}", mistaken == 0),
        Bar("no ordinary connection likely", f"{strong} of {judged:,} judgements", strong == 0),
        Bar("ordinary connections possible at most 1 in 1,000", f"{alarms} of {judged:,}", alarms * 1000 <= judged),
    ]
    headings = ("times from", "looked for in", "coin", "clocks set right", "found", "blocks", "followed", "by chance",
                "p, all trials paid", "offset", "window", "moved lists found")  # fmt: skip
    return Report(TITLE, about, [Table(headings, [pair.cells for pair in pairs]), table], bars, others)


def _judge_pairs(judge: Judge, feeds: dict[str, tuple[Block, ...]], quiet: dict[str, Quiet]) -> list[Pair]:
    pairs = []
    for source, blocks in feeds.items():
        for target, seen in quiet.items():
            if source == target or not blocks:
                continue
            apart = _find_difference(blocks, feeds[target])
            correction = apart if abs(apart) > FAR_US else 0
            times = [("XMR", block.time + correction) for block in blocks]
            findings, judged = judge.ask(seen, times)
            if not judged:
                continue
            moved = sum(
                bool(judge.ask(seen, [(coin, time + m * MINUTE_US) for coin, time in times])[0]) for m in SHIFTS
            )
            is_same = bool(feeds[target])
            clock = _write_hours(correction)
            coin = "same" if is_same else "another"
            cells = (source, target, coin, clock, *_write_finding(findings), f"{moved} of {len(SHIFTS)}")
            pairs.append(Pair(is_same, max((row["grade"] for row in findings), default=0), moved, cells))
    return pairs


def _find_difference(blocks: Sequence[Block], others: Sequence[Block]) -> int:
    """Return by how much the second list is later at the heights that both have, us; 0 where there are too few."""
    heights = {block.height: block.time for block in blocks if block.height is not None}
    gaps = [block.time - heights[block.height] for block in others if block.height in heights]
    return round(median(gaps)) if len(gaps) >= LEAST_BLOCKS else 0


def _write_hours(us: int) -> str:
    return f"{us / 3_600_000_000:+.3f} h" if us else "no"


def _write_finding(findings: list[dict[str, Any]]) -> tuple[object, ...]:
    if not findings:
        return "no", *[""] * 6
    best = min(findings, key=lambda row: row["chance"])
    word = "likely" if best["grade"] == LIKELY else "possible"
    return (
        word, best["blocks"], best["blocks_followed"], f"{best['blocks_expected']:.1f}", f"{best['chance']:.1e}",
        f"{best['offset_seconds']:+.1f} s", f"{best['window_seconds']:g} s",
    )  # fmt: skip


def _judge_ordinary(
    judge: Judge, feeds: dict[str, tuple[Block, ...]], options: Options
) -> tuple[Table, list[str], int, int, int]:
    """Return what real block times, and those of a quick chain, raise when laid over ordinary captures."""
    files = sorted(file for file in (CAPTURES / "benign").rglob("*") if file.is_file() and file.suffix != ".md")
    quiet = read_quiet(files)
    longest = max(feeds.values(), key=len)
    real = np.array([block.time for block in longest], np.int64)
    rng = np.random.default_rng(20211110)
    rows, notes, alarms, strong, total = [], [], 0, 0, 0
    for name in ("XMR, as captured", "one block in 13 s, drawn"):
        judged = possible = likely = connections = 0
        for number in range(3 if options.is_quick else OVERLAYS):
            for site in dict.fromkeys(quiet.profiles.column("site").to_pylist()):
                here = _pick(quiet, site)
                first, last = here.span
                if name.startswith("XMR"):
                    begin = int(rng.integers(len(real) // 2))
                    times = real[begin:] - real[begin] + first
                else:
                    count = int(1.5 * (last - first) / QUICK_SPACING_US) + 20
                    times = first + np.cumsum(rng.exponential(QUICK_SPACING_US, min(count, 100_000))).astype(np.int64)
                findings, asked = judge.ask(here, [("XMR", int(time)) for time in times[times < last + MINUTE_US]])
                judged += asked
                connections += asked if number == 0 else 0
                possible += len(findings)
                likely += sum(row["grade"] == LIKELY for row in findings)
                notes += [f"{name}: {Path(site).name}: {row['key']} p {row['chance']:.1e}" for row in findings]
        rows.append((name, f"{connections:,}", f"{judged:,}", possible, likely))
        alarms, strong, total = alarms + possible, strong + likely, total + judged
    headings = ("block times laid over ordinary captures", "connections judged", "judgements", "possible", "likely")
    return Table(headings, rows), notes[:20], alarms, strong, total


def _pick(quiet: Quiet, site: str) -> Quiet:
    here = [table.filter(pc.equal(table.column("site"), site)) for table in (quiet.profiles, quiet.pushes)]
    return Quiet(*here)
