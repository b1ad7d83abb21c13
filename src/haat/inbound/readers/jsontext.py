"""JSON Lines and JSON documents as rows. A document's list is split element by element, never held whole."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import msgspec

from haat.inbound.model import Limits, Refusal, Row, Unreadable
from haat.inbound.readers.delimited import TOO_LONG
from haat.inbound.readers.source import LineTooLong, Source

_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)  # prices never pass through binary fractions
_OUTSIDE: Final = re.compile(rb'["{}\[\],\n]')
_INSIDE: Final = re.compile(rb'["\\\n]')


def _depth(value: Any, left: int) -> bool:
    """Whether value nests at most `left` deep."""
    if left <= 0:
        return False
    for inner in value.values() if isinstance(value, dict) else value:
        kind = type(inner)
        if (kind is dict or kind is list) and not _depth(inner, left - 1):
            return False
    return True


def row_of(line: int, text: bytes) -> Row | Refusal:
    """One JSON object as a row; nulls are left out."""
    try:
        value = _DECODER.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, ArithmeticError) as error:
        return Refusal(line, "", f"This is not JSON: {error}.")
    except RecursionError:
        return Refusal(line, "", "This JSON nests too deep.")
    if not isinstance(value, dict):
        return Refusal(line, "", "A row is a JSON object: {…}.")
    if not _depth(value, Limits.JSON_DEPTH):
        return Refusal(line, "", f"This JSON nests deeper than {Limits.JSON_DEPTH}.")
    return Row(line, {key: found for key, found in value.items() if found is not None})


def read_lines(source: Source) -> Iterator[Row | Refusal]:
    """Rows of JSON Lines; blank lines do not count."""
    if not source.encoding:
        source.encoding = "utf-8"  # JSON has no Latin-1 (RFC 8259 §8.1)
    lines = source.lines()
    while True:
        first = lines.number + 1
        try:
            line = next(lines)
        except StopIteration:
            return
        except LineTooLong:
            yield Refusal(first, "", TOO_LONG)
        except UnicodeError:
            yield Refusal(first, "", "This row is not UTF-8.")
        else:
            if not line.isspace():
                yield row_of(first, line.encode("utf-8", "surrogatepass"))


class _Splitter:
    """Cuts the elements out of one JSON list as its bytes come."""

    def __init__(self) -> None:
        self.held = bytearray()  # the element so far
        self.depth = 0  # inside the element
        self.line = 1
        self.first = 1  # line the element began on
        self.in_text = False
        self.ended = False
        self.commas = 0
        self.skip = 0  # bytes of the next chunk that a backslash escapes

    def feed(self, chunk: bytes) -> Iterator[tuple[int, bytes]]:
        """Elements that end in this chunk. Raises: Unreadable."""
        at, start, self.skip = self.skip, 0, 0
        while match := (_INSIDE if self.in_text else _OUTSIDE).search(chunk, at):
            at = match.end()
            mark = match[0]
            if mark == b"\n":
                self.line += 1
            elif mark == b'"':
                self.in_text = not self.in_text
            elif mark == b"\\":
                self.skip = max(0, at + 1 - len(chunk))  # what is escaped may come with the next chunk
                at += 1
            elif mark in b"{[":
                self.depth += 1
            elif mark in b"}]":
                self.depth -= 1
                if self.depth < 0:
                    yield from self._end(chunk[start : at - 1], mark, chunk[at:])
                    return
            elif self.depth == 0:
                self.commas += 1
                yield self._cut(chunk[start : at - 1])
                start = at
        self.held += chunk[start:]
        if len(self.held) > Limits.LINE_BYTES:
            raise Unreadable(f"The element from line {self.first} is larger than a row may be.")

    def _cut(self, tail: bytes) -> tuple[int, bytes]:
        element = bytes(self.held) + tail
        lead = len(element) - len(element.lstrip())
        found = self.first + element.count(b"\n", 0, lead), element.strip()
        self.held.clear()
        self.first = self.line
        return found

    def _end(self, tail: bytes, mark: bytes, rest: bytes) -> Iterator[tuple[int, bytes]]:
        if mark != b"]":
            raise Unreadable(f"The list is closed by the wrong bracket on line {self.line}.")
        found = self._cut(tail)
        if found[1] or self.commas:
            yield found
        self.ended = True
        self.held += rest


def read_document(source: Source) -> Iterator[Row | Refusal]:
    """Rows of one JSON document: a list of objects, or one object.

    Raises: Unreadable when it is neither, or is broken outside its elements.
    """
    if source.encoding.startswith("utf-16"):
        raise Unreadable("JSON must be UTF-8.")
    chunks = source.chunks()
    head = b""
    for chunk in chunks:
        head += chunk
        if head.strip():
            break
    lead = head[: len(head) - len(head.lstrip())]
    body = head.lstrip()
    if body.startswith(b"{"):
        yield from _single(lead.count(b"\n") + 1, body, chunks)
    elif body.startswith(b"["):
        yield from _elements(lead.count(b"\n") + 1, body[1:], chunks)
    else:
        raise Unreadable("A JSON feed is a list of objects, [{…}, …], or one object.")


def _single(line: int, body: bytes, chunks: Iterator[bytes]) -> Iterator[Row | Refusal]:
    for chunk in chunks:
        body += chunk
        if len(body) > Limits.LINE_BYTES:
            raise Unreadable("One JSON object is larger than a row may be. Send a list, or JSON Lines.")
    yield row_of(line, body)


def _elements(line: int, body: bytes, chunks: Iterator[bytes]) -> Iterator[Row | Refusal]:
    splitter = _Splitter()
    splitter.line = splitter.first = line
    rest = body
    while rest or (rest := next(chunks, b"")):
        for first, element in splitter.feed(rest):
            yield row_of(first, element) if element else Refusal(first, "", "There is nothing between two commas.")
        rest = b""
        if splitter.ended:
            tail = bytes(splitter.held) + next(chunks, b"")
            if tail.strip():
                raise Unreadable(f"There is more after the list's end on line {splitter.line}.")
            return
    raise Unreadable("The list is not closed: the file seems cut off.")
