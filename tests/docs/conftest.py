import json

import pytest

from paicha.app.progress import Silence
from paicha.app.request import ScreenRequest
from paicha.app.screening import run_screening
from paicha.simulate.province import write_province


@pytest.fixture(scope="session")
def document(tmp_path_factory):
    """The document of a screening of the simulated province, and of an input that nobody can read."""
    directory = tmp_path_factory.mktemp("documented")
    write_province(directory, 3)
    (directory / "torn.log").write_text("#separator \\x09\n#path\tconn\n#fields\tts\tuid\nx\n", encoding="utf-8")
    (directory / "twin.csv").write_bytes((directory / "flows" / "exit.csv").read_bytes())
    names = ("captures", "zeek", "eve.json", "flows", "lists", "torn.log", "twin.csv")
    request = ScreenRequest(
        "traffic",
        tuple(("default", str(directory / name)) for name in names),
        units=str(directory / "units.csv"),
        indicators=(str(directory / "indicators.csv"),),
    )
    with run_screening(request, None, Silence(), "tester") as outcome:
        return json.loads(outcome.documents.read_text(encoding="utf-8"))
