"""HTTP calls to one server of ours over connections that stay: for engines that speak HTTP, inside a deadline.

A call is one write and the reads of its answer; a general client's comfort costs some three times the CPU (ADR 29).
Not for URLs that others choose: those go through fetch.py. Source: RFC 9112, by h11.
"""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from typing import Final, NamedTuple

import h11

_READ_BYTES: Final = 1 << 18
_MOST_BYTES: Final = 64 << 20
_BROKEN: Final = (OSError, EOFError, h11.RemoteProtocolError)


class Response(NamedTuple):
    """What the server said."""

    status: int
    body: bytes


class _Connection:
    """One connection, used by one call at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer
        self._state = h11.Connection(h11.CLIENT)
        self.answered = False  # whether a byte of the present answer came
        self.used = False

    async def exchange(self, request: h11.Request, body: bytes) -> Response:
        """Send it and read the answer. Raises: one of _BROKEN, then this connection is of no more use."""
        self.answered = False
        parts = [self._state.send(request), self._state.send(h11.Data(data=body)) if body else b""]
        parts.append(self._state.send(h11.EndOfMessage()))
        self.writer.write(b"".join(part for part in parts if part))
        await self.writer.drain()
        status, size, content = 0, 0, []
        while True:
            event = self._state.next_event()
            if event is h11.NEED_DATA:
                received = await self._reader.read(_READ_BYTES)
                self.answered = self.answered or bool(received)
                self._state.receive_data(received)
            elif isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                content.append(bytes(event.data))
                size += len(event.data)
                if size > _MOST_BYTES:
                    raise OSError("the answer is too long")
            elif isinstance(event, h11.EndOfMessage):
                break
            elif isinstance(event, h11.ConnectionClosed):
                raise EOFError("closed before an answer")
        self.used = True
        return Response(status, b"".join(content))

    def reusable(self) -> bool:
        """Whether another call may follow."""
        if self._state.our_state is not h11.DONE or self._state.their_state is not h11.DONE:
            return False
        self._state.start_next_cycle()
        return not self.writer.is_closing()


class HttpCalls:
    """Calls to one server, at most so many at a time. Belongs to one event loop."""

    def __init__(self, host: str, port: int, *, secure: bool, headers: Mapping[str, str], most: int) -> None:
        self._host, self._port = host, port
        self._tls = ssl.create_default_context() if secure else None
        name = f"[{host}]" if ":" in host else host
        self._headers = [("host", f"{name}:{port}"), *headers.items()]
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
        was kept turns out to be closed. Raises: OSError, EOFError or h11.RemoteProtocolError: nobody knows then
        whether it was done.
        """
        headers = [*self._headers, ("content-length", str(len(body)))]
        if content_type:
            headers.append(("content-type", content_type))
        request = h11.Request(method=method, target=target, headers=headers)
        async with self._turn:
            connection = await self._connected()
            try:
                return await self._exchanged(connection, request, body)
            except _BROKEN:
                if not (again and connection.used and not connection.answered):
                    raise
            return await self._exchanged(await self._connected(fresh=True), request, body)

    async def _exchanged(self, connection: _Connection, request: h11.Request, body: bytes) -> Response:
        try:
            response = await connection.exchange(request, body)
        except BaseException:  # also a deadline: its answer would be taken for the next call's
            self._drop(connection)
            raise
        if connection.reusable() and not self._closed:
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
