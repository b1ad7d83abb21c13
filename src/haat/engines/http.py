"""HTTP calls to one server of ours over connections that stay: for engines that speak HTTP, inside a deadline.

A call is one write and the reads of its answer; a general client's comfort costs some three times the CPU, and a parser
that takes any server's answer another time as much as the call (ADR 29, docs/reference/figures.md).
Not for URLs that others choose: those go through fetch.py. Source: RFC 9112.
"""

import asyncio
import re
import ssl
from collections.abc import Mapping
from contextlib import suppress
from typing import Final, NamedTuple

_READ_BYTES: Final = 1 << 18
_MOST_BYTES: Final = 64 << 20
_BROKEN: Final = (OSError, EOFError)
_STATUS: Final = re.compile(rb"HTTP/1\.([01]) ([1-5]\d\d)(?: [^\r\n]*)?\Z")
_TARGET: Final = re.compile(r"/[!-~]*")
_END: Final = b"\r\n"
_BODILESS: Final = frozenset({204, 304})


class Response(NamedTuple):
    """What the server said."""

    status: int
    body: bytes


class _Head(NamedTuple):
    """The first lines of an answer."""

    status: int
    chunked: bool
    size: int | None  # None: to the end of the connection, unless it is chunked
    stays: bool  # the connection, for another call


class _Connection:
    """One connection, used by one call at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer
        self.answered = False  # whether a byte of the present answer came
        self.used = False
        self.stays = False  # whether another call may follow

    async def exchange(self, request: bytes) -> Response:
        """Send it and read the answer. Raises: one of _BROKEN, then this connection is of no more use."""
        self.answered = self.stays = False
        self.writer.write(request)
        await self.writer.drain()
        try:
            while (head := _head(await self._reader.readuntil(_END + _END))).status < 200:
                self.answered = True
            self.answered = True
            body = await self._body(head)
        except asyncio.IncompleteReadError as error:
            self.answered = self.answered or bool(error.partial)
            raise
        except asyncio.LimitOverrunError as error:
            raise OSError("a line of the answer is too long") from error
        self.used, self.stays = True, head.stays and not self.writer.is_closing()
        return Response(head.status, body)

    async def _body(self, head: _Head) -> bytes:
        if head.chunked:
            return await self._chunks()
        if head.size is not None:
            _check(head.size)
            return await self._reader.readexactly(head.size)
        content = await self._reader.read(_MOST_BYTES + 1)
        while received := await self._reader.read(_READ_BYTES):
            content += received
            _check(len(content))
        return content

    async def _chunks(self) -> bytes:
        content: list[bytes] = []
        total = 0
        while size := _hex((await self._reader.readuntil(_END)).partition(b";")[0].strip()):
            total += size
            _check(total)
            content.append(await self._reader.readexactly(size))
            if await self._reader.readexactly(2) != _END:
                raise OSError("a part of the answer is longer than it says")
        while await self._reader.readuntil(_END) != _END:  # fields behind the body
            pass
        return b"".join(content)


def _head(text: bytes) -> _Head:
    """Raises: OSError for what is no answer."""
    first, *lines = text[:-4].split(_END)
    found = _STATUS.match(first)
    if found is None:
        raise OSError("the answer is not HTTP/1")
    status, chunked, size, stays = int(found[2]), False, None, found[1] == b"1"
    for line in lines:
        name, colon, value = line.partition(b":")
        name, value = name.lower(), value.strip()
        if not colon or not name or name != name.strip():
            raise OSError("a field of the answer has no name")
        if name == b"content-length":
            if not value.isdigit() or size not in (None, int(value)):
                raise OSError("the answer's length is no number")
            size = int(value)
        elif name == b"transfer-encoding":
            if value.lower() != b"chunked":
                raise OSError("the answer is encoded in another way than chunked")
            chunked = True
        elif name == b"connection" and b"close" in value.lower():
            stays = False
    if status in _BODILESS or status < 200:
        chunked, size = False, 0
    return _Head(status, chunked, size, stays and (chunked or size is not None))


def _hex(text: bytes) -> int:
    if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", text):
        raise OSError("a part of the answer does not say how long it is")
    return int(text, 16)


def _check(size: int) -> None:
    if size > _MOST_BYTES:
        raise OSError("the answer is too long")


class HttpCalls:
    """Calls to one server, at most so many at a time. Belongs to one event loop."""

    def __init__(self, host: str, port: int, *, secure: bool, headers: Mapping[str, str], most: int) -> None:
        self._host, self._port = host, port
        self._tls = ssl.create_default_context() if secure else None
        name = f"[{host}]" if ":" in host else host
        fields = {"host": f"{name}:{port}", **headers}
        self._fields = "".join(f"{field}: {value}\r\n" for field, value in fields.items())
        self._turn = asyncio.Semaphore(most)
        self._idle: list[_Connection] = []
        self._open: set[_Connection] = set()
        self._closed = False

    async def close(self) -> None:
        """Break all connections; later calls raise OSError."""
        self._closed = True
        for connection in list(self._open):
            self._drop(connection)
            with suppress(OSError):
                await connection.writer.wait_closed()

    async def call(
        self, method: str, target: str, body: bytes = b"", content_type: str = "", *, again: bool
    ) -> Response:
        """One call; the caller sets the deadline. `again`: it may be sent twice, which is done when a connection that
        was kept turns out to be closed. Raises: OSError or EOFError: nobody knows then whether it was done; ValueError
        for a target with spaces or the like.
        """
        if not _TARGET.fullmatch(target):
            raise ValueError("a target has characters that must be escaped")
        kind = f"content-type: {content_type}\r\n" if content_type else ""
        head = f"{method} {target} HTTP/1.1\r\n{self._fields}{kind}content-length: {len(body)}\r\n\r\n"
        request = head.encode() + body
        async with self._turn:
            connection = await self._connected()
            try:
                return await self._exchanged(connection, request)
            except _BROKEN:
                if not (again and connection.used and not connection.answered):
                    raise
            return await self._exchanged(await self._connected(fresh=True), request)

    async def _exchanged(self, connection: _Connection, request: bytes) -> Response:
        try:
            response = await connection.exchange(request)
        except BaseException:  # also a deadline: its answer would be taken for the next call's
            self._drop(connection)
            raise
        if connection.stays and not self._closed:
            self._idle.append(connection)
        else:
            self._drop(connection)
        return response

    async def _connected(self, *, fresh: bool = False) -> _Connection:
        if self._closed:
            raise OSError("closed")
        if fresh:  # what broke one kept connection broke the others
            for connection in self._idle:
                self._drop(connection)
            self._idle.clear()
        while self._idle:
            connection = self._idle.pop()
            if not connection.writer.is_closing():
                return connection
            self._drop(connection)
        reader, writer = await asyncio.open_connection(self._host, self._port, ssl=self._tls, limit=_READ_BYTES)
        connection = _Connection(reader, writer)
        self._open.add(connection)
        return connection

    def _drop(self, connection: _Connection) -> None:
        self._open.discard(connection)
        connection.writer.transport.abort()
