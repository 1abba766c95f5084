import gzip

import pyarrow.parquet as pq
import pytest
import toy

from paicha.engine.backend import open_duck
from paicha.engine.load import load
from paicha.engine.sources import Given, describe_source
from paicha.kernel.reader import Reading


@pytest.fixture
def load_files(tmp_path):
    def run(files, states=None):
        sources = []
        for number, (name, content) in enumerate(files):
            path = tmp_path / name
            if content is not None:
                path.write_bytes(content)
            sources.append(describe_source(Given(path, "s"), number))
        out = tmp_path / "tables"
        out.mkdir(exist_ok=True)
        with open_duck(tmp_path / "spill") as duck:
            reading = Reading(policy=toy.POLICY, duck=duck, is_inside=lambda texts: [True for _ in texts])
            return load(toy.PACK, sources, out, reading, states or {})

    return run


def count_rows(loaded):
    return sum(pq.read_metadata(path).num_rows for path in loaded.tables["doors"])


def test_every_record_is_accepted_or_rejected_with_its_place(load_files):
    loaded = load_files([("a", b"doors\nli,10,key\nnonsense\nwang,20,forced\n")])
    count = loaded.inputs[0].count
    assert (count.accepted, count.rejected) == (2, 1)
    assert count.rejects == [("line 3", "not who,time,kind", 1)]
    assert count_rows(loaded) == 2


def test_the_same_content_twice_is_read_once(load_files):
    loaded = load_files([("a", b"doors\nli,10,key\n"), ("b", b"doors\nli,10,key\n")])
    assert count_rows(loaded) == 1
    assert loaded.inputs[1].same_as == str(loaded.inputs[0].source.path)


def test_what_is_cut_before_its_first_byte_is_told_as_cut(load_files):
    packed = gzip.compress(b"doors\nli,10,key\n")
    loaded = load_files([("a", packed[:9]), ("b", gzip.compress(b""))])
    errors = [str(item.count.error) for item in loaded.inputs]
    assert "cut or damaged" in errors[0]
    assert "is empty" in errors[1]


def test_an_unknown_format_and_an_empty_file_are_told_and_the_rest_is_read(load_files):
    loaded = load_files([("a", b"?"), ("b", b""), ("c", b"doors\nli,10,key\n"), ("missing", None)])
    errors = [str(item.count.error) if item.count.error else None for item in loaded.inputs]
    assert "no format that paicha reads" in errors[0]
    assert "is empty" in errors[1]
    assert errors[2] is None
    assert "no such file" in errors[3]
    assert count_rows(loaded) == 1


def test_a_state_goes_to_the_reader_of_its_site_and_comes_back(load_files):
    loaded = load_files([("a", b"doors\nli,10,key\n")], {("s", "doors"): b"5", ("other", "doors"): b"9"})
    assert loaded.states == {("s", "doors"): b"6"}


def test_files_that_differ_in_the_middle_alone_keep_keys_of_their_own(load_files):
    begin, end = b"doors\n" + b"li,10,key\n" * 7000, b"wang,20,key\n" * 6000
    loaded = load_files([("a", begin + b"xu,1,key\n" + end), ("b", begin + b"hu,1,key\n" + end)])
    keys = {item.source.key for item in loaded.inputs}
    rows = pq.read_table(loaded.tables["doors"][0], columns=["source"]).column("source")
    assert len(set(rows.to_pylist())) == 2
    assert set(rows.to_pylist()) == keys
