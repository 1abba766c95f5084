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
from paicha.simulate.hidden.capture import write_hidden_capture
from paicha.simulate.hidden.chains import COINS
from paicha.simulate.hidden.drawing import KINDS, World, draw_miner, format_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.results import Options

TITLE = "Block times: the jobs of one capture, found in another"
FOLDER = CAPTURES / "mining" / "cjs"
MINUTE_US = 60_000_000
QUARTER_US = 15 * MINUTE_US
SHIFTS = (*range(-9, 0), *range(1, 10))
LEAST_BLOCKS = 10
FAR_US = 600 * MINUTE_US // 60
"""Clocks of two captures further apart than this are set right by the heights that both saw."""

OVERLAYS = 20
QUICK_SPACING_US = 13_000_000
"""Mean time between blocks of the quick chain laid over ordinary captures (Ethereum's until 2022)."""

LIKELY = 2
HIDDEN_MINERS = 20
ENOUGH_BLOCKS = 12
"""Blocks in a session from which it is expected to be judged: those near its ends do not count."""

HOPELESS = ("KAS",)
"""Chains with a block every second or so: every message follows one."""

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
        "than ten minutes, the list is set right by quarter-hours (a wrong time zone), as common heights tell. A "
        "capture of another coin's miner is a control too. Every control searches offsets of "
        f"±{POLICY.blocks.clock_seconds:g} s. Hidden miners are simulated packet by packet, headers alone, and judged "
        "with the blocks of all coins together; the pool hears of a block 0.1 to 3 s late."
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
    hidden, hidden_bars = judge_hidden(judge, options)
    bars = [
        Bar("every pair of one coin found", f"{found} of {len(same)}, {likely} likely", found == len(same) > 0),
        Bar("no list moved by 1 to 9 minutes found", f"{controls} of {len(pairs) * len(SHIFTS)}", controls == 0),
        Bar("no list of another coin found", f"{mistaken} of {len(foreign)}", mistaken == 0),
        Bar("no ordinary connection likely", f"{strong} of {judged:,} judgements", strong == 0),
        Bar("ordinary connections possible at most 1 in 1,000", f"{alarms} of {judged:,}", alarms * 1000 <= judged),
        *hidden_bars,
    ]
    headings = ("times from", "looked for in", "coin", "clocks set right", "found", "blocks", "followed", "by chance",
                "p, all trials paid", "offset", "window", "moved lists found")  # fmt: skip
    return Report(TITLE, about, [Table(headings, [pair.cells for pair in pairs]), table, hidden], bars, others)


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
    """Return by how many quarter-hours (in us) the second list is later at common heights; 0 where there are few."""
    heights = {block.height: block.time for block in blocks if block.height is not None}
    gaps = [block.time - heights[block.height] for block in others if block.height in heights]
    return round(median(gaps) / QUARTER_US) * QUARTER_US if len(gaps) >= LEAST_BLOCKS else 0


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


def judge_hidden(judge: Judge, options: Options) -> tuple[Table, list[Bar]]:
    """Return how many simulated miners behind each cover are found by the blocks of their coin."""
    world = World(20211110)
    number = 4 if options.is_quick else HIDDEN_MINERS
    sessions = [draw_miner(kind, world, seed, window_s=3600.0) for kind in KINDS for seed in range(number)]
    with tempfile.TemporaryDirectory(prefix="paicha-bench-") as directory:
        path = Path(directory) / "hidden.pcap"
        write_hidden_capture(path, sessions, 1)
        quiet = read_quiet([path])
    times = [
        (coin.symbol, world.start_us + round(block * 1e6))
        for coin in COINS
        for block in world.find_blocks(coin, -3600.0, 10 * 3600.0)
    ]
    findings, _ = judge.ask(quiet, times)
    moved = sum(
        len(judge.ask(quiet, [(coin, time + m * MINUTE_US) for coin, time in times])[0]) for m in (-7, -2, 1, 5)
    )
    told = {(row["client"], row["client_port"] or 0): row for row in findings}
    rows, chosen, found, wrong = [], 0, 0, 0
    for name in ("kind", "coin"):
        for value in dict.fromkeys(getattr(session.truth, name) for session in sessions):
            truths = [session.truth for session in sessions if getattr(session.truth, name) == value]
            fit = [truth for truth in truths if len(truth.blocks) >= ENOUGH_BLOCKS]
            rows_of = [told.get((format_address(t.ends.client), t.ends.client_port)) for t in fit]
            right = sum(row is not None and row["coin"] == t.coin for row, t in zip(rows_of, fit, strict=True))
            mistaken = sum(row is not None and row["coin"] != t.coin for row, t in zip(rows_of, fit, strict=True))
            likely = sum(row is not None and row["grade"] == LIKELY for row in rows_of)
            rows.append((f"{name} {value}", len(truths), len(fit), right, likely, mistaken))
            if name == "coin" and value not in HOPELESS:
                chosen, found, wrong = chosen + len(fit), found + right, wrong + mistaken
    headings = ("hidden miners", "sessions", f"with {ENOUGH_BLOCKS} blocks or more", "found", "likely", "wrong coin")
    return Table(headings, rows), [
        Bar(
            f"hidden miners found, {', '.join(HOPELESS)} left out",
            f"{found} of {chosen}, {wrong} with a wrong coin",
            None,
        ),
        Bar("hidden miners found with moved lists", f"{moved} of {4 * len(sessions):,}", moved == 0),
    ]


def _pick(quiet: Quiet, site: str) -> Quiet:
    here = [table.filter(pc.equal(table.column("site"), site)) for table in (quiet.profiles, quiet.pushes)]
    return Quiet(*here)
