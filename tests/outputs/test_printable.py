import json
from pathlib import Path

import pytest

from paicha.outputs.printable import make_all_printable
from paicha.outputs.screening_json import dump
from paicha.outputs.screening_text import make_inputs
from paicha.outputs.terminal import open_console


@pytest.mark.parametrize(
    "text", ["fe80::a:b:1", "2001:db8::a:ab:o", "某单位[/b]", "[red]x", "a[/b]/c.pcap", ":smile:", "江川大学"]
)
def test_what_others_wrote_is_printed_as_it_is(capsys, text):
    item = {"path": text, "reader": None, "records": 1, "rejected": 0}
    open_console().print(make_inputs({"inputs": [item]}, "en"))
    assert text in capsys.readouterr().out


def test_nothing_that_others_wrote_steers_the_terminal():
    hostile = {"worker\x1b[2J": ["rig\r\n\x9b31m", "\u202egpj", "\u2028", "\udcff"]}
    text = json.dumps(make_all_printable(hostile), ensure_ascii=False)
    assert text.isprintable()
    assert make_all_printable({"a": [1, None, 2.5, True, "矿池 – ☃"]}) == {"a": [1, None, 2.5, True, "矿池 – ☃"]}


def test_names_of_any_bytes_are_json_in_utf_8(tmp_path):
    path = str(Path("/data") / "sur\udcff中.pcap")
    text = dump({"path": path})
    assert json.loads(text.encode()) == {"path": path}
