"""Large simulated inputs, kept in bench-data/ (or $PAICHA_BENCH_DATA) and made once."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from paicha.simulate.bulk import write_bulk_pcap

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("PAICHA_BENCH_DATA", ROOT / "bench-data"))
SHARED = Path(os.environ.get("PAICHA_SHARED", ROOT.parent / "shared"))
CAPTURES = SHARED / "captures"
SPARE_BYTES = 2 << 30


class NoRoomError(Exception):
    """The disk has no room for an input."""


@dataclass(frozen=True, slots=True)
class Capture:
    """A simulated capture and what is in it."""

    path: Path
    packets: int
    flows: int
    bytes: int

    @property
    def mean_bytes(self) -> float:
        """Mean bytes of a packet, record headers left out."""
        return (self.bytes - 24) / self.packets - 16


def make_file(name: str, write: Callable[[Path], None], expected_bytes: int) -> Path:
    """Return a file in bench-data/, written now unless it is there, whole or not at all.

    Raises:
        NoRoomError: the disk is too full for it.
    """
    DATA.mkdir(parents=True, exist_ok=True)
    path = DATA / name
    if not path.exists():
        if shutil.disk_usage(DATA).free < expected_bytes + SPARE_BYTES:
            raise NoRoomError(f"{name} needs {expected_bytes / 1e9:.1f} GB in {DATA}; set PAICHA_BENCH_DATA")
        partial = path.with_name(f"partial-{name}")
        write(partial)
        partial.rename(path)
    return path


def make_capture(
    name: str, *, size: int | None = None, packets: int | None = None, live_flows: int = 2000, is_few: bool = False
) -> Capture:
    """Return an ordinary simulated capture of so many bytes or packets, made once."""
    facts = DATA / f"{name}.json"

    def write(path: Path) -> None:
        made = write_bulk_pcap(path, bytes=size, packets=packets, live_flows=live_flows, is_few_flows=is_few)
        facts.write_text(json.dumps({"packets": made.packets, "flows": made.flows, "bytes": made.bytes}))

    path = make_file(f"{name}.pcap", write, size or 700 * (packets or 0))
    return Capture(path, **json.loads(facts.read_text()))
