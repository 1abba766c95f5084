import os
import subprocess
import sys
from pathlib import Path

import pytest

from paicha.simulate.province import write_province

PROGRAM = (sys.executable, "-c", "from paicha.cli.main import run; run()")


@pytest.fixture(scope="session")
def province(tmp_path_factory):
    directory = tmp_path_factory.mktemp("province")
    return directory, write_province(directory, 5)


@pytest.fixture
def paicha(tmp_path):
    """A function that runs the command line in a clean environment and returns what it printed."""

    def run(*arguments, status=0, **environment):
        values = {k: v for k, v in os.environ.items() if not k.startswith(("PAICHA_", "LC_", "LANG"))}
        values |= {"COLUMNS": "120", "PYTHONIOENCODING": "utf-8"} | environment
        command = [*PROGRAM, *map(str, arguments)]
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=tmp_path, env=values, timeout=120, check=False
        )
        assert done.returncode == status, (done.returncode, done.stdout[-2000:], done.stderr[-2000:])
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def root():
    return Path(__file__).resolve().parents[2]
