"""Times of blocks out of mining in clear text, and into a screening of other captures."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from paicha.app.blocks import Block, find_blocks, merge_blocks, save_blocks, write_blocks
from paicha.app.progress import Silence
from paicha.app.request import ScreenRequest
from paicha.app.screening import run_screening
from paicha.kernel.errors import InputError, OutputError
from paicha.registry.blocks import read_blocks

ROOT = Path(__file__).resolve().parents[2]
CJS = Path(os.environ.get("PAICHA_SHARED", ROOT.parent / "shared")) / "captures" / "mining" / "cjs"


def seen(time, height=None, previous=None):
    return {"time": time, "height": height, "previous": previous}


def test_a_block_stands_once_at_its_earliest_sight():
    sessions = [
        ("XMR", [seen(5_000_000, 7, "aa"), seen(9_000_000, 8, "bb")]),
        ("XMR", [seen(4_000_000, None, "aa"), seen(9_500_000, 8), seen(12_000_000, None, "cc")]),
        ("BTC", [seen(1_000_000, 7, "aa")]),
    ]
    assert list(merge_blocks(sessions)) == [
        Block("BTC", 1_000_000, 7),
        Block("XMR", 4_000_000, 7),
        Block("XMR", 9_000_000, 8),
        Block("XMR", 12_000_000, None),
    ]


def test_what_is_written_is_read_again(tmp_path):
    blocks = (Block("XMR", 1_613_757_861_123_456, 2_300_000), Block("ZEC", 1_613_757_862_000_000, None))
    save_blocks(blocks, tmp_path / "b.csv")
    read = read_blocks(tmp_path / "b.csv", None, hours=8.0)
    assert read.rows == tuple((block.coin, block.time, block.height) for block in blocks)
    assert read.rejected == ()
    assert write_blocks(()) == "coin,time,height\n"
    with pytest.raises(OutputError):
        save_blocks(blocks, tmp_path / "none" / "b.csv")


def test_what_holds_no_capture_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no file"):
        find_blocks([tmp_path], "default", None, Silence())
    (tmp_path / "a.txt").write_text("nothing")
    with pytest.raises(InputError):
        find_blocks([tmp_path], "default", None, Silence())


@pytest.mark.shared
def test_blocks_of_one_capture_are_found_in_another(tmp_path):
    first, second = CJS / "1613757861_D4Ij2.pcap", CJS / "1613759102_1bM5i.pcap"
    if not first.exists():
        pytest.skip("the real captures are not beside the project")
    found = find_blocks([first], "default", None, Silence())
    assert (found.sessions, found.nameless, {block.coin for block in found.blocks}) == (1, 0, {"XMR"})
    assert [block.height for block in found.blocks] == list(range(2_294_253, 2_294_474))
    save_blocks(found.blocks, tmp_path / "xmr.csv")
    request = ScreenRequest("traffic", (("s", str(second)),), blocks=(("XMR", str(tmp_path / "xmr.csv")),))
    with run_screening(request, None, Silence(), "test") as outcome:
        document = json.loads(outcome.documents.read_text(encoding="utf-8"))
    rules = {finding["rule"]: finding for finding in document["findings"]}
    told, read = rules["traffic.block-times"], rules["traffic.mining-session"]
    assert (told["grade"], told["counted_in"], told["evidence"]["coin"]) == ("likely", read["id"], "XMR")
    assert told["evidence"]["blocks_followed"] == told["evidence"]["blocks"] > 10
