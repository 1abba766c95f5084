"""Every command of the guide works, in the order in which it stands there, and prints what is shown."""

import contextlib
import io
import json
import re
import shutil
import subprocess
import sys

from pages import Shown, Step, read_page, read_steps

from paicha.cli.main import run

EXAMPLE = re.compile(r"f-[0-9a-f]{20}")


def carry_out(words):
    """Run a command line in this process and return its exit status and what it printed."""
    if words[0] != "paicha":
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=30)
        return done.returncode, done.stdout, done.stderr
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    before = sys.argv
    sys.argv = list(words)
    status = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            run()
    except SystemExit as end:
        status = end.code or 0
    finally:
        sys.argv = before
    return status, *(read_back(stream) for stream in (out, err))


def read_back(stream):
    stream.flush()
    return stream.buffer.getvalue().decode()


def find_session(file):
    """The id of a finding that a capture shows, in place of the guide's example."""
    findings = json.loads(file.read_text(encoding="utf-8"))["findings"]
    return next(f["id"] for f in findings if f["subject"] == "10.70.8.102" and f["evidence"].get("packets"))


def test_every_command_of_the_guide_works(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("PAICHA_WORKSPACE", "PAICHA_ENGINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PAICHA_LANG", "en")
    monkeypatch.setenv("COLUMNS", "200")
    steps = read_steps(read_page("docs/guide.md"))
    assert sum(isinstance(step, Step) for step in steps) > 30
    for step in steps:
        if isinstance(step, Shown):
            (tmp_path / step.name).write_text(step.text, encoding="utf-8")
            continue
        if shutil.which(step.words[0]) is None and step.words[0] != "paicha":
            continue
        words = [find_session(tmp_path / "result.json") if EXAMPLE.fullmatch(word) else word for word in step.words]
        status, out, err = carry_out(words)
        assert status == step.status, (step.line, status, err[-2000:])
        assert "Traceback" not in err
        missing = [word for word in step.output if word not in out + err]
        assert not missing, (step.line, missing, (out + err)[-2000:])
        if step.target:
            (tmp_path / step.target).write_text(out, encoding="utf-8")
