"""What the tree itself must keep to: sizes, names, and nothing that belongs elsewhere."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
FORBIDDEN_NAMES = {"utils", "helpers", "manager", "base", "common", "misc"}


def list_tracked():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_module_is_long():
    long = {str(p.relative_to(ROOT)): n for p in SOURCES if (n := len(p.read_text().splitlines())) > 400}
    assert long == {}


def list_functions(path):
    nodes = ast.walk(ast.parse(path.read_text()))
    return [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_no_function_is_long():
    lengths = {
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}": node.end_lineno - node.body[0].end_lineno
        for path in SOURCES
        for node in list_functions(path)
    }
    assert {name: length for name, length in lengths.items() if length > 60} == {}


def test_modules_are_named_for_what_they_hold():
    assert [str(p) for p in SOURCES if p.stem in FORBIDDEN_NAMES] == []


def test_nothing_is_promised_or_hidden():
    marks = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    assert [str(p) for p in SOURCES if marks.search(p.read_text())] == []


def test_locks_name_no_host():
    for name in ("requirements.lock", "requirements-dev.lock"):
        assert not re.search(r"://|file:|@ ", (ROOT / name).read_text())


def test_tracked_files_hold_no_path_of_a_machine():
    paths = re.compile(rb"/home/[a-z]+/|/root/|/Users/[A-Za-z]+/|/work/")
    found = [
        str(p) for p in list_tracked() if p.suffix != ".lock" and p != Path(__file__) and paths.search(p.read_bytes())
    ]
    assert found == []
