"""NetFlow and IPFIX records in nfcapd files, versions 1 and 2, read by the `nfdump` program."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tempfile
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from paicha.kernel.errors import InputError, OutputError
from paicha.kernel.reader import Reader
from paicha.kernel.rule import Title
from paicha.packs.traffic.readers.blocks import make_block, read_blocks
from paicha.packs.traffic.readers.flow_records import lay_out, read_records
from paicha.packs.traffic.readers.pairing import Pieces
from paicha.packs.traffic.readers.rows import Target
from paicha.packs.traffic.tables import FLOWS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paicha.kernel.reader import Reading, Sink, Source

PROGRAM = "nfdump"
_MAGIC = (b"\x0c\xa5", b"\xa5\x0c")
_ELEMENTS = ("ts", "te", "pr", "sa", "da", "sp", "dp", "flg", "ipkt", "ibyt", "opkt", "obyt")
_FORMAT = "fmt:" + ",".join(f"%{element}" for element in _ELEMENTS)
"""Output elements that versions 1.6 and 1.7 both have; `fmt:` prints milliseconds where `csv` drops them."""


def recognises(source: Source) -> bool:
    """Return whether the content is an nfcapd file of version 1 or 2, of either byte order."""
    magic, version = source.head[:2], source.head[2:4]
    return magic in _MAGIC and version in {b"\x01\0", b"\x02\0", b"\0\x01", b"\0\x02"}


def read(sources: Sequence[Source], sink: Sink, reading: Reading) -> None:
    """Read the records of a site and pair the directions over all files.

    Raises:
        InputError: the program is not installed.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        raise InputError(
            "nfcapd files are read by the program nfdump, which is not installed",
            where=str(sources[0].path),
            remedy="install it (Debian: apt install nfdump), or give the CSV of `nfdump -r FILE -o csv`",
        )
    pieces = Pieces(reading)
    layout = lay_out(_ELEMENTS)
    for source in sources:
        with tempfile.TemporaryDirectory() as directory:
            path = source.path if source.compression is None else _unpack(source, sink, Path(directory))
            command = [program, "-q", "-N", "-6", "-r", str(path.resolve()), "-o", _FORMAT]
            printed = replace(source, open=partial(_print, command, source, reading), compression=None)
            for block in read_blocks(printed, sink, replace(reading, advance=lambda _: None)):
                data = block.data.replace(b"No matching flows\n", b"")
                read_records(
                    make_block(data, block.first_line), layout, Target(source, sink, reading, "record"), pieces, 0.0
                )
        reading.advance(source.size)
    pieces.write(sink)


def _unpack(source: Source, sink: Sink, directory: Path) -> Path:
    """Return a file with the decompressed content; where the compressed data are cut, with what precedes."""
    path = directory / "nfcapd"
    try:
        with source.open() as packed, path.open("wb") as unpacked:
            while part := cast("io.BufferedReader", packed).read1(1 << 16):
                unpacked.write(part)
    except InputError as error:
        sink.fail(source, error)
    except OSError as error:
        raise OutputError(f"could not be unpacked: {error.strerror}", where=str(source.path)) from error
    return path


class _Printed(io.RawIOBase):
    """What the program prints; its complaints, or its being too slow, are an `InputError` at the end."""

    def __init__(self, command: list[str], where: Path, limit: int) -> None:
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 -- closed with the stream
        self._where, self._limit, self._is_late = where, limit, False
        self._is_at_end, self._is_empty = False, True
        environment = {"TZ": "UTC", "LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath)}
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._complaints, env=environment
        )
        self._timer = threading.Timer(limit, self._stop)
        self._timer.daemon = True
        self._timer.start()

    def _stop(self) -> None:
        self._is_late = True
        self._process.kill()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        stdout = cast("io.BufferedReader", self._process.stdout)
        count = stdout.readinto1(buffer)  # type: ignore[arg-type]  # the buffer protocol has no type before 3.12
        if count == 0 and (self._is_at_end or self._is_empty):
            self._check()
        # An error together with the last bytes would cost these bytes: it waits for the next step.
        self._is_at_end, self._is_empty = count == 0, self._is_empty and count == 0
        return count

    def _check(self) -> None:
        status = self._process.wait()
        self._timer.cancel()
        self._complaints.seek(0)
        complaint = self._complaints.readline(500).decode("utf-8", "replace").strip()
        if self._is_late:
            complaint = f"it took longer than {self._limit} s"
        if status != 0 or complaint:
            what = f"nfdump could not read it to the end: {complaint or f'it ended with status {status}'}"
            raise InputError(what, where=str(self._where), remedy="see `nfdump -v FILE`")

    def close(self) -> None:
        if not self.closed:
            self._timer.cancel()
            if self._process.poll() is None:
                self._process.kill()
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._complaints.close()
        super().close()


def _print(command: list[str], source: Source, reading: Reading) -> BinaryIO:
    """Return the stream of what the program prints."""
    return io.BufferedReader(_Printed(command, source.path, reading.policy.netflow.program_seconds), 1 << 20)


NFCAPD_READER = Reader("nfcapd", Title("nfcapd files", "nfcapd 流记录文件"), (FLOWS,), recognises, read)
"""Reads nfcapd files of versions 1 and 2 where the program nfdump is installed."""
