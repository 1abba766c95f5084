"""Benches for the tests of readers."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parent))
from reading_bench import Bench


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


@pytest.fixture(scope="session")
def session_bench(tmp_path_factory):
    return Bench(tmp_path_factory.mktemp("logs"))
