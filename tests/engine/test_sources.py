import gzip
import os
from pathlib import Path

import pyarrow as pa
import pytest

from paicha.engine.sources import Given, describe_source, find_inputs, hash_file
from paicha.kernel.errors import InputError

CONTENT = b"".join(b"line %d of a log that is long enough to fill a block\n" % n for n in range(20_000))


def compress_zstd(content):
    return pa.compress(content, codec="zstd", asbytes=True)


def describe(path):
    return describe_source(Given(path, "s"), 0)


@pytest.mark.parametrize(("pack", "name"), [(bytes, None), (gzip.compress, "gzip"), (compress_zstd, "zstd")])
def test_content_is_the_same_however_it_is_packed(tmp_path, pack, name):
    # The ending says nothing: only content counts.
    path = tmp_path / "data.txt"
    path.write_bytes(pack(CONTENT))
    source = describe(path)
    assert source.compression == name
    assert CONTENT.startswith(source.head)
    assert len(source.head) == 65_536
    with source.open() as stream:
        assert stream.read() == CONTENT


def test_members_one_after_the_other_are_one_stream(tmp_path):
    path = tmp_path / "data.gz"
    path.write_bytes(gzip.compress(b"first\n") + gzip.compress(b"second\n"))
    with describe(path).open() as stream:
        assert stream.read() == b"first\nsecond\n"


@pytest.mark.parametrize("pack", [gzip.compress, compress_zstd])
@pytest.mark.parametrize("kept", [0.3, 0.7, 0.999])
def test_a_cut_stream_is_an_error_after_what_precedes_the_cut(tmp_path, pack, kept):
    path = tmp_path / "data"
    packed = pack(CONTENT)
    path.write_bytes(packed[: int(len(packed) * kept)])
    parts = []

    def read_all(stream):
        while block := stream.read1(10_000):
            parts.append(block)

    with describe(path).open() as stream, pytest.raises(InputError, match="cut or damaged"):
        read_all(stream)
    assert CONTENT.startswith(b"".join(parts))


def test_directories_are_walked_in_order_and_hidden_files_left(tmp_path):
    for name in ("b/2.log", "a/1.log", "b/.hidden", "3.log"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    found = [item.path.relative_to(tmp_path).as_posix() for item in find_inputs([Given(tmp_path, "s")])]
    assert found == ["3.log", "a/1.log", "b/2.log"]


def test_what_cannot_be_read_is_told_where_it_is_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name, word in (("nothing", "no such file"), ("pipe", "no regular file")):
        source = describe(tmp_path / name)
        assert source.head == b""
        with pytest.raises(InputError, match=word):
            source.open()
        with pytest.raises(InputError, match=word):
            hash_file(tmp_path / name)


def test_a_loop_of_links_ends(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "again").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "a" / "1.log").write_text("x")
    assert len(list(find_inputs([Given(tmp_path, "s")]))) == 1


@pytest.mark.parametrize("pack", [gzip.compress, compress_zstd])
def test_little_is_lost_before_a_cut(tmp_path, pack):
    path = tmp_path / "data"
    content = os.urandom(600_000)
    packed = pack(content)
    path.write_bytes(packed[:400_000])
    parts = []

    def read_all(stream):
        while block := stream.read(50_000):
            parts.append(block)

    with describe(path).open() as stream, pytest.raises(InputError):
        read_all(stream)
    assert len(b"".join(parts)) > 200_000


def test_links_are_followed_once_and_what_leads_nowhere_is_told(tmp_path):
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "1.log").write_text("x")
    (tmp_path / "given").mkdir()
    for name, target in (("a", "../store"), ("b", "../store"), ("gone.log", "nothing"), ("loop", ".")):
        (tmp_path / "given" / name).symlink_to(target)
    found = [item.path for item in find_inputs([Given(tmp_path / "given", "s")])]
    assert [path.relative_to(tmp_path / "given").as_posix() for path in found] == ["gone.log", "a/1.log"]
    with pytest.raises(InputError, match="no such file"):
        describe(found[0]).open()


def test_a_directory_that_may_not_be_read_is_told(tmp_path, monkeypatch):
    closed = tmp_path / "closed"
    closed.mkdir()
    (tmp_path / "1.log").write_text("x")
    scan = os.scandir

    def refuse(path):
        if str(path) == str(closed):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert [item.path.name for item in find_inputs([Given(tmp_path, "s")])] == ["1.log", "closed"]


def test_a_site_named_by_a_path_of_any_bytes_is_text(tmp_path):
    path = tmp_path / "a\udcff.log"
    path.write_text("x")
    assert describe_source(Given(path, str(path)), 0).site.endswith("a\\udcff.log")


def test_directories_given_by_a_relative_path(tmp_path, monkeypatch):
    (tmp_path / "site" / "day").mkdir(parents=True)
    (tmp_path / "site" / "day" / "1.log").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    assert [item.path for item in find_inputs([Given(Path("site"), "s")])] == [Path("site/day/1.log")]


def test_the_head_of_a_small_cut_file_is_all_that_it_unpacks_to(tmp_path):
    content = os.urandom(30_000)
    path = tmp_path / "small.gz"
    path.write_bytes(gzip.compress(content)[:20_000])
    head = describe(path).head
    assert len(head) > 19_000
    assert content.startswith(head)
