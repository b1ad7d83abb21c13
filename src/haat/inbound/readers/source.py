"""A raw feed file as bytes: unpacked if it is gzip, its encoding found, its lines bounded."""

import codecs
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, Protocol

from haat.inbound.model import Limits, Notes, Unreadable


class Bytes(Protocol):
    """What readers need of a stream."""

    def read(self, size: int = -1, /) -> bytes:
        """At most so many bytes; none at the end."""

    def readline(self, size: int = -1, /) -> bytes:
        """At most so many bytes, up to a line feed."""


_PACKED: Final = {
    b"PK\x03\x04": "a zip archive (or an Excel file)",
    b"PK\x05\x06": "an empty zip archive",
    b"PK\x07\x08": "a spanned zip archive",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"7z\xbc\xaf": "a 7-zip archive",
    b"Rar!": "a rar archive",
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x7fELF": "a program",
}
_BOMS: Final = (
    (codecs.BOM_UTF32_LE, ""),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, ""),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HEAD_BYTES: Final = 8


class _Unpacked(io.RawIOBase):
    """A gzip stream that stops when it unpacks to more than any text does."""

    def __init__(self, packed: IO[bytes], size_bytes: int) -> None:
        self._stream = gzip.GzipFile(fileobj=packed)
        self._left = max(Limits.UNPACKED_FLOOR_BYTES, size_bytes * Limits.UNPACKED_RATIO)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # BufferedReader passes nothing else
        try:
            found = self._stream.read(len(buffer))
        except (EOFError, OSError, zlib.error) as error:
            raise Unreadable(f"The gzip file is broken: {error}.") from error
        self._left -= len(found)
        if self._left < 0:
            raise Unreadable("This gzip file unpacks to far more than a feed does; reading was ended.")
        buffer[: len(found)] = found
        return len(found)


class Source:
    """One opened feed: `stream` stands after the byte order mark."""

    def __init__(self, stream: Bytes, encoding: str, notes: Notes, tell: Callable[[], int]) -> None:
        self.stream = stream
        self.tell = tell  # bytes of the file behind us, packed as they are
        self.encoding = encoding  # "" : UTF-8, and Latin-1 for lines that are not
        self.notes = notes

    def lines(self) -> "Lines":
        """Its physical lines as text."""
        return Lines(self)

    def chunks(self, size: int = 1 << 16) -> Iterator[bytes]:
        """Its bytes."""
        while chunk := self.stream.read(size):
            yield chunk


class LineTooLong(Exception):
    """A physical line is over the limit; it was skipped, and reading may go on."""


class Lines:
    """Physical lines as text, line feeds kept; never holds more than one.

    Raises LineTooLong and UnicodeError for single lines: the next call goes on behind them.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._wide = _Wide(source.stream, source.encoding) if source.encoding.startswith("utf-16") else None
        self.number = 0
        self.record_bytes = 0  # since the reader last took a row

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        line = self._wide.readline() if self._wide else self._narrow()
        if not line:
            raise StopIteration
        self.number += 1
        self.record_bytes += len(line)
        if isinstance(line, str):
            return line
        return self._text(line)

    def _narrow(self) -> bytes:
        stream = self._source.stream
        line = stream.readline(Limits.LINE_BYTES)
        if len(line) == Limits.LINE_BYTES and not line.endswith(b"\n"):
            while more := stream.readline(1 << 16):
                if more.endswith(b"\n"):
                    break
            self.number += 1
            raise LineTooLong
        return line

    def _text(self, line: bytes) -> str:
        if self._source.encoding not in ("", "utf-8"):
            return line.decode(self._source.encoding)
        try:
            return line.decode()
        except UnicodeDecodeError:
            if self._source.encoding:
                raise
            self._source.notes.latin1_lines += 1
            self._source.notes.encoding = "utf-8, some lines latin-1"
            return line.decode("latin-1")


class _Wide:
    """Lines of UTF-16, decoded piece by piece."""

    def __init__(self, stream: Bytes, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._held = ""
        self._ended = False

    def readline(self) -> str:
        while (end := self._held.find("\n")) < 0 and not self._ended:
            if len(self._held) > Limits.LINE_BYTES:
                raise Unreadable("A line of this UTF-16 file is longer than any row may be.")
            chunk = self._stream.read(1 << 16)
            self._ended = not chunk
            try:
                self._held += self._decoder.decode(chunk, final=self._ended)
            except UnicodeDecodeError as error:
                raise Unreadable("The file begins like UTF-16 but is not.") from error
        end = len(self._held) if end < 0 else end + 1
        line, self._held = self._held[:end], self._held[end:]
        return line


def _refuse_packed(head: bytes) -> None:
    for magic, what in _PACKED.items():
        if head.startswith(magic):
            raise Unreadable(f"This is {what}. Send the feed as plain text or as .gz.")


@contextmanager
def open_source(path: Path, notes: Notes, encoding: str = "") -> Iterator[Source]:
    """A feed file, opened. Raises: Unreadable for archives, programs, pictures, UTF-32 and broken gzip."""
    with path.open("rb") as file:
        stream: io.BufferedReader = file
        head = stream.peek(_HEAD_BYTES)[:_HEAD_BYTES]
        if head.startswith(b"\x1f\x8b"):
            stream = io.BufferedReader(_Unpacked(file, path.stat().st_size), 1 << 18)
            head = stream.peek(_HEAD_BYTES)[:_HEAD_BYTES]
            if head.startswith(b"\x1f\x8b"):
                raise Unreadable("This is gzip inside gzip. Pack it once.")
        _refuse_packed(head)
        found = encoding
        for mark, name in _BOMS:
            if head.startswith(mark):
                if not name:
                    raise Unreadable("This is UTF-32. Send UTF-8.")
                stream.read(len(mark))
                found = name
                break
        if found:
            try:
                notes.encoding = codecs.lookup(found).name
            except LookupError as error:
                raise Unreadable(f"{found!r} is no known encoding.") from error
        yield Source(stream, found, notes, file.tell)
