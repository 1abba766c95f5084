"""New files told from those that a watch has had before."""

import dataclasses
import gzip

import pyarrow as pa
import pytest

from paicha.app.candidates import describe_candidate, sift
from paicha.app.finished_files import list_directories
from paicha.app.packs import find_pack
from paicha.simulate.captures import CaptureFormat, write_capture
from paicha.simulate.frames import Packet
from paicha.store.runs import Run, RunInput, record_run
from paicha.store.watching import write_watched
from paicha.store.workspace import open_workspace

DAY_US = 86_400_000_000


@pytest.fixture
def describe(tmp_path):
    """A function that describes every file of the sensor's directory, by name."""

    def run():
        (files,) = list_directories(tmp_path / "sensor", lambda path, error: None)
        found = (describe_candidate(entry, "default", find_pack("traffic")) for entry in files)
        return {one.path.rpartition("/")[2]: one for one in found if one is not None}

    (tmp_path / "sensor").mkdir()
    return run


@pytest.fixture
def write(tmp_path):
    """A function that writes a capture of so many packets."""

    def make(name, count, compression=None, first=20 * DAY_US):
        packets = [Packet(first + number, bytes([number % 256]) * 60) for number in range(count)]
        write_capture(tmp_path / "sensor" / name, packets, CaptureFormat(compression=compression))
        return tmp_path / "sensor" / name

    return make


@pytest.fixture
def connection(tmp_path):
    with open_workspace(tmp_path / "w") as workspace, workspace.engine.begin() as connection:
        yield connection


def test_a_capture_tells_its_own_time(write, describe):
    write("exit-20211110120000.pcap", 3)
    write("packed.pcap.gz", 3, "gz", 21 * DAY_US)
    found = describe()
    assert {name: one.time_us for name, one in found.items()} == {
        "exit-20211110120000.pcap": 20 * DAY_US,
        "packed.pcap.gz": 21 * DAY_US,
    }
    assert found["packed.pcap.gz"].is_packed


@pytest.mark.parametrize("compression", ["gz", "zst"])
@pytest.mark.parametrize("count", [3, 3000])
def test_a_compressed_copy_is_known_and_a_longer_one_is_new(write, describe, connection, compression, count):
    write("exit.pcap", count)
    write_watched(connection, [describe()["exit.pcap"].file])
    write(f"exit.pcap.{compression}", count, compression)
    assert [len(sift(connection, [one]).known) for one in describe().values()] == [1, 1]
    if compression == "gz":  # a stream of zstd does not tell its size
        write(f"exit.pcap.{compression}", count + 1, compression)
        assert len(sift(connection, [describe()[f"exit.pcap.{compression}"]]).new) == 1


def test_twins_in_one_batch_are_taken_once(write, describe, connection):
    write("exit.pcap", 3)
    write("exit.pcap.gz", 3, "gz")
    sifted = sift(connection, list(describe().values()))
    assert (len(sifted.new), len(sifted.known)) == (1, 1)


def test_a_shorter_file_in_its_place_is_new(write, describe, connection):
    write("exit.pcap", 3000)
    write_watched(connection, [describe()["exit.pcap"].file])
    write("exit.pcap", 2999)
    assert len(sift(connection, list(describe().values())).new) == 1


def test_a_file_of_an_earlier_run_is_told_from_it(write, describe, connection):
    write("exit.pcap", 3)
    candidate = describe()["exit.pcap"]
    counted = RunInput(candidate.file.key, candidate.path, "f" * 64, "default", "pcap", 3, 0)
    record_run(connection, Run("r-1", "traffic", 1, 2, "default", "0" * 64, "duckdb", 3, 4), [counted])
    assert sift(connection, [candidate]).told == ((candidate, "r-1", counted),)
    elsewhere = dataclasses.replace(candidate, file=dataclasses.replace(candidate.file, site="east"))
    assert sift(connection, [elsewhere]).new == (elsewhere,)


def test_a_damaged_file_stays_refused_and_a_good_copy_is_new(write, describe, connection, tmp_path):
    path = write("exit.pcap.zst", 3000, "zst")
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    damaged = describe()["exit.pcap.zst"]
    write_watched(connection, [dataclasses.replace(damaged.file, reason="cut")])
    assert sift(connection, [damaged]).known[0].file.reason == "cut"
    path.write_bytes(whole)
    assert len(sift(connection, list(describe().values())).new) == 1
    (tmp_path / "sensor" / "notes.txt").write_text("?")
    assert len(sift(connection, list(describe().values())).refused) == 1


def test_files_of_any_name_and_content_are_described(describe, tmp_path):
    contents = (b"", b"\x1f\x8b", gzip.compress(b""), pa.compress(b"x" * 99, "zstd", asbytes=True)[:9], bytes(70_000))
    for number, content in enumerate(contents):
        (tmp_path / "sensor" / f"{number}.pcap").write_bytes(content)
    (tmp_path / "sensor" / "\udcff.pcap").write_bytes(b"?")
    found = describe()
    assert len(found) == len(contents)  # the empty one holds nothing
    assert all(one.file.reason and one.file.path.encode() for one in found.values())
