"""Read damaged inputs until the time is over: `python -m bench.fuzz_case TARGET METHOD SECONDS PLACE`."""

from __future__ import annotations

import faulthandler
import importlib
import json
import random
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

CASE_SECONDS = 20
FIRST_SECONDS = 150
"""The first case may wait for the packet loop to be compiled."""
PLAIN = ("paicha.reference.addresses", "paicha.packs.traffic.policy")
"""Imported before: numba compiles nothing that is instrumented."""
GUIDING = (
    "paicha.packs.traffic.stratum.tracker",
    "paicha.packs.traffic.readers.eve",
    "paicha.packs.traffic.readers.flow_table",
    "paicha.packs.traffic.readers.nfdump",
    "paicha.packs.traffic.readers.report_list",
    "paicha.packs.traffic.readers.zeek",
)
"""The code whose branches guide atheris."""
LARGEST_SEED = 200_000
WARM_CASES = 20
INTERESTING = (b"\x00", b"\xff", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00", b"\x00\x00\x00\x00")
WORDS = (
    b"{",
    b"}",
    b'"',
    b"[",
    b"\n",
    b"\t",
    b",",
    b"#fields\t",
    b"\\u0000",
    b"1e999",
    b"-1",
    b"null",
    b"\xef\xbb\xbf",
)


def make_reader(place: Path) -> Callable[[bytes], None]:
    """Return a function that reads one input as a screening does; it raises what a user must never see."""
    from paicha.engine.backend import open_duck
    from paicha.engine.load import load
    from paicha.engine.policy import load_policy
    from paicha.engine.sources import Given, describe_source
    from paicha.kernel.reader import Reading
    from paicha.packs.traffic.pack import PACK

    duck = open_duck(place / "spill")
    policy = load_policy(PACK, "default").values
    given = {spec.name: spec.arrow.empty_table() for spec in PACK.given}
    reading = Reading(policy=policy, duck=duck, is_inside=PACK.tell_inside(given, policy))

    limit = FIRST_SECONDS

    def read(data: bytes) -> None:
        nonlocal limit
        path = place / "case"
        path.write_bytes(data)
        faulthandler.dump_traceback_later(limit, exit=True)
        limit = CASE_SECONDS
        with tempfile.TemporaryDirectory(dir=place) as directory:
            source = describe_source(Given(path, "fuzz"), 0)
            # an InputError is told as the input's outcome; any other exception ends this process
            load(PACK, [source], Path(directory), reading, {})
        faulthandler.cancel_dump_traceback_later()

    return read


def damage(data: bytes, rng: random.Random, seeds: list[bytes]) -> bytes:
    """Return the data with one to eight changes: bytes set, cut out, doubled, inserted, or taken from another seed."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        place = rng.randrange(len(changed) + 1)
        size = min(1 << rng.randrange(8), len(changed) - place)
        kind = rng.randrange(6)
        if kind == 0 and size:
            changed[place] = rng.randrange(256)
        elif kind == 1:
            del changed[place : place + size]
        elif kind == 2:
            changed[place:place] = changed[place : place + size] * rng.randint(1, 4)
        elif kind == 3:
            word = rng.choice(INTERESTING + WORDS)
            changed[place : place + len(word)] = word
        elif kind == 4:
            changed[place:place] = rng.choice(WORDS)
        else:
            other = rng.choice(seeds)
            start = rng.randrange(len(other) + 1)
            changed[place : place + size] = other[start : start + size]
    return bytes(changed[: rng.randrange(len(changed) + 1)] if rng.random() < 0.1 else changed)


def find_peak() -> int:
    """Return the peak memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    target, method, seconds, place = sys.argv[1], sys.argv[2], float(sys.argv[3]), Path(sys.argv[4])
    if method == "atheris":
        run_atheris(target, seconds, place)
        return
    from bench.fuzz_seeds import make_seeds

    read, seeds, rng = make_reader(place), make_seeds(target), random.Random(1)
    for seed in seeds:
        read(seed)
    cases, settled, end = 0, find_peak(), time.monotonic() + seconds
    while time.monotonic() < end:
        read(damage(rng.choice(seeds), rng, seeds))
        cases += 1
        settled = find_peak() if cases == WARM_CASES else settled
    (place / "told.json").write_text(json.dumps({"cases": cases, "growth": find_peak() - settled}))


def run_atheris(target: str, seconds: float, place: Path) -> None:
    """Let atheris choose what to damage by the branches that it reaches."""
    import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]  # no part of the project

    for name in PLAIN:
        importlib.import_module(name)
    with atheris.instrument_imports(include=["paicha"]):
        for name in GUIDING:
            importlib.import_module(name)
    read = make_reader(place)
    from bench.fuzz_seeds import make_seeds

    corpus = place / "corpus"
    corpus.mkdir()
    cases, settled = 0, 0
    for number, seed in enumerate(make_seeds(target)):
        (corpus / str(number)).write_bytes(seed[:LARGEST_SEED])

    def count(data: bytes) -> None:
        nonlocal cases, settled
        read(data)
        cases += 1
        settled = find_peak() if cases == WARM_CASES else settled
        if cases % WARM_CASES == 0:
            (place / "told.json").write_text(json.dumps({"cases": cases, "growth": max(0, find_peak() - settled)}))

    options = [
        f"-max_total_time={int(seconds)}",
        "-rss_limit_mb=4096",
        f"-max_len={LARGEST_SEED}",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], str(corpus), *options, f"-artifact_prefix={place}/"], count)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
