import json

import pytest

from paicha.app.progress import Silence
from paicha.app.request import ScreenRequest
from paicha.app.screening import run_screening
from paicha.simulate.province import write_province


@pytest.fixture(scope="session")
def province(tmp_path_factory):
    """A simulated province: its directory and its truth."""
    directory = tmp_path_factory.mktemp("province")
    return directory, write_province(directory, 3)


@pytest.fixture
def ask(province):
    """A function that makes a request on parts of the province."""
    directory, _ = province

    def make(*names, **changes):
        values = {
            "units": str(directory / "units.csv"),
            "indicators": (str(directory / "indicators.csv"),),
        } | changes
        return ScreenRequest("traffic", tuple(("default", str(directory / name)) for name in names), **values)

    return make


@pytest.fixture
def screen_it():
    """A function that screens and returns the documents and the outcome."""

    def run(request, workspace=None):
        with run_screening(request, workspace, Silence(), "tester") as outcome:
            lines = outcome.documents.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines], outcome

    return run
