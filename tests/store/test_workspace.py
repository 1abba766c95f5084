import dataclasses
import json
import subprocess
import sys

import alembic.op
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from paicha.kernel.errors import StoreError
from paicha.store.database import open_database
from paicha.store.runs import (
    Run,
    RunInput,
    Subject,
    find_inputs,
    list_runs,
    read_states,
    read_subjects,
    record_run,
    update_states,
    update_subjects,
)
from paicha.store.schema import METADATA
from paicha.store.workspace import open_workspace

RUN = Run("r-1", "traffic", 1, 2, "default", "0" * 64, "duckdb", 3, 4)
INPUT = RunInput("abc", "a.pcap", "f" * 64, "default", "pcap", 10, 1)


def test_migrations_make_what_the_schema_says(tmp_path):
    engine = open_database(f"sqlite:///{tmp_path / 'paicha.db'}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_a_database_of_a_newer_program_is_refused(tmp_path):
    url = f"sqlite:///{tmp_path / 'paicha.db'}"
    with open_database(url).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer paicha"):
        open_database(url)


def test_a_run_is_recorded_once(tmp_path):
    with open_workspace(tmp_path / "w") as workspace, workspace.engine.begin() as connection:
        assert record_run(connection, RUN, [INPUT])
        assert not record_run(connection, RUN, [INPUT])
        assert list_runs(connection) == [RUN]
        assert find_inputs(connection, ["abc", "def"]) == {"abc": INPUT}


def test_more_inputs_are_found_than_one_statement_takes(tmp_path):
    inputs = [dataclasses.replace(INPUT, key=f"k{number}") for number in range(1201)]
    with open_workspace(tmp_path / "w") as workspace, workspace.engine.begin() as connection:
        record_run(connection, RUN, inputs)
        assert find_inputs(connection, (item.key for item in inputs)) == {item.key: item for item in inputs}


def test_the_newest_state_of_a_sensor_is_one_runs(tmp_path):
    later = dataclasses.replace(RUN, run="r-2")
    with open_workspace(tmp_path / "w") as workspace, workspace.engine.begin() as connection:
        for run, states in ((RUN, [("a", "pcap"), ("b", "pcap")]), (later, [("b", "pcap")])):
            record_run(connection, run, [])
            update_states(connection, run, states)
        assert read_states(connection, "traffic") == {("a", "pcap"): "r-1", ("b", "pcap"): "r-2"}
        assert read_states(connection, "power") == {}


def test_a_database_of_the_first_version_keeps_its_states(tmp_path):
    url = f"sqlite:///{tmp_path / 'paicha.db'}"
    with open_database(url).begin() as connection:
        record_run(connection, RUN, [INPUT])
        record_run(connection, dataclasses.replace(RUN, run="r-2"), [INPUT, dataclasses.replace(INPUT, reader=None)])
        for name in ("states", "watched_files", "announcements"):
            connection.execute(text(f"DROP TABLE {name}"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    with open_database(url).connect() as connection:
        assert read_states(connection, "traffic") == {("default", "pcap"): "r-2"}


def test_subjects_grow_and_never_shrink(tmp_path):
    with open_workspace(tmp_path / "w") as workspace, workspace.engine.begin() as connection:
        update_subjects(connection, "traffic", [Subject("s", "10.0.0.1", 50, 60, 3, None)])
        update_subjects(connection, "traffic", [Subject("s", "10.0.0.1", 40, 55, 1, "r-2")])
        assert read_subjects(connection, "traffic") == {("s", "10.0.0.1"): Subject("s", "10.0.0.1", 40, 60, 3, "r-2")}


def test_a_directory_with_other_things_is_no_workspace(tmp_path):
    (tmp_path / "thesis.doc").write_text("")
    with pytest.raises(StoreError, match="is not a workspace"), open_workspace(tmp_path):
        pass


@pytest.mark.parametrize("left", [".paicha-workspace.4711", "paicha-workspace"])
def test_a_workspace_whose_making_was_interrupted_is_made_by_the_next(tmp_path, left):
    (tmp_path / left).write_bytes(b"1\n")
    with open_workspace(tmp_path) as workspace:
        assert workspace.runs.is_dir()
        assert workspace.list_pending() == []


def test_a_database_that_fails_is_told_in_one_line(tmp_path):
    with (
        pytest.raises(StoreError) as caught,
        open_workspace(tmp_path / "w") as workspace,
        workspace.engine.begin() as connection,
    ):
        connection.execute(text("SELECT 1 FROM nothing\nWHERE a = 1"))
    assert "\n" not in str(caught.value)
    assert "SELECT" not in str(caught.value)
    (tmp_path / "w" / "paicha.db").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError) as caught, open_workspace(tmp_path / "w"):
        pass
    assert "\n" not in str(caught.value)


def test_a_name_that_is_no_utf_8_is_refused(tmp_path):
    with pytest.raises(StoreError, match="UTF-8"), open_workspace(tmp_path / "w\udcff"):
        pass


def test_an_unfinished_run_leaves_its_request_and_no_run(tmp_path):
    with open_workspace(tmp_path / "w") as workspace:
        workspace.accept("t1", {"inputs": ["a.pcap"]})
        (workspace.begin_run("r-1") / "findings.parquet").write_bytes(b"half")
    with open_workspace(tmp_path / "w") as workspace:
        assert workspace.list_pending() == [{"inputs": ["a.pcap"]}]
        assert not workspace.find_run("r-1").exists()
        directory = workspace.begin_run("r-1")
        assert list(directory.iterdir()) == []
        (directory / "findings.parquet").write_bytes(b"whole")
        assert (workspace.finish_run("r-1") / "findings.parquet").read_bytes() == b"whole"
        workspace.dismiss("t1")
        assert workspace.list_pending() == []


def test_the_second_program_waits_for_the_first(tmp_path):
    code = (
        "import sys, pathlib\n"
        "from paicha.store.workspace import open_workspace\n"
        "with open_workspace(pathlib.Path(sys.argv[1]), on_wait=lambda: print('waits', flush=True)):\n"
        "    print('has it', flush=True)\n"
    )
    with open_workspace(tmp_path / "w"):
        second = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "w")], stdout=subprocess.PIPE, text=True)
        assert second.stdout.readline() == "waits\n"
    assert second.communicate(timeout=30)[0] == "has it\n"
    assert json.dumps(second.returncode) == "0"


def test_a_workspace_that_lost_its_database_is_refused(tmp_path):
    with open_workspace(tmp_path / "w") as workspace:
        workspace.begin_run("r-1")
        workspace.finish_run("r-1")
    (tmp_path / "w" / "paicha.db").unlink()
    with pytest.raises(StoreError, match="database is gone"), open_workspace(tmp_path / "w"):
        pass


def test_half_a_migration_is_none(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path / 'paicha.db'}"
    create = alembic.op.create_table
    made = []

    def create_and_die(name, *columns, **options):
        if made:
            raise KeyboardInterrupt
        made.append(name)
        return create(name, *columns, **options)

    monkeypatch.setattr(alembic.op, "create_table", create_and_die)
    with pytest.raises(KeyboardInterrupt):
        open_database(url)
    monkeypatch.undo()
    with open_database(url).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
