"""Calls over kept connections, against a server of a few lines that does what the test says."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from haat.engines.http import HttpCalls

Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@asynccontextmanager
async def calls(handle: Handle, most: int = 4) -> AsyncIterator[HttpCalls]:
    """Calls to a server whose every connection is handled so."""

    async def handled(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handle(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handled, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    http = HttpCalls("127.0.0.1", port, secure=False, headers={"x-who": "us"}, most=most)
    try:
        yield http
    finally:
        await http.close()
        server.close()
        await server.wait_closed()


async def request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    size = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
    return head + await reader.readexactly(size)


async def test_calls_share_a_connection_and_say_what_they_are_given() -> None:
    seen: list[bytes] = []
    connections = 0

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while True:
            seen.append(await request(reader))
            writer.write(OK)

    async with calls(echo) as http:
        for _ in range(3):
            assert await http.call("POST", "/_bulk?x=1", b'{"a":1}', "application/json", again=True) == (200, b"ok")
    assert connections == 1
    assert seen[0].startswith(b"POST /_bulk?x=1 HTTP/1.1\r\n")
    assert seen[0].endswith(b'{"a":1}')
    for header in (b"host: 127.0.0.1:", b"x-who: us\r\n", b"content-type: application/json\r\n"):
        assert header in seen[0].lower()


async def test_answers_of_any_shape_are_read_whole() -> None:
    body = b"x" * 700_000
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (body[:10], body[10:])) + b"0\r\n\r\n"
    answers = iter(
        [
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + chunks,
            b"HTTP/1.1 404 Not Found\r\ncontent-length: %d\r\n\r\n" % len(body) + body,
            b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
            b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + body,
        ]
    )

    async def shapes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await request(reader)
            writer.write(answer)
            await writer.drain()
        writer.close()

    async with calls(shapes) as http:
        found = [await http.call("GET", "/", again=True) for _ in range(4)]
    assert found == [(200, body), (404, body), (200, b"ok"), (200, body)]


async def one_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Keeps a connection, and closes it after the first answer."""
    await request(reader)
    writer.write(OK)


async def test_a_kept_connection_that_was_closed_is_replaced_if_the_call_may_be_sent_twice() -> None:
    async with calls(one_answer) as http:
        for _ in range(5):
            assert (await http.call("GET", "/", again=True)).status == 200


async def test_a_call_that_must_not_be_sent_twice_is_not() -> None:
    requests = 0
    asked = asyncio.Event()

    async def closes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        await request(reader)
        requests += 1
        writer.write(OK)
        await request(reader)
        requests += 1
        asked.set()

    async with calls(closes) as http:
        await http.call("PUT", "/", again=False)
        with pytest.raises((OSError, EOFError)):
            await http.call("PUT", "/", again=False)
        await asked.wait()
    assert requests == 2


async def test_half_an_answer_is_an_error_and_is_not_asked_again() -> None:
    requests = 0

    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        await request(reader)
        requests += 1
        writer.write(OK[:-1])

    async with calls(half) as http:
        with pytest.raises((OSError, EOFError)):
            await http.call("GET", "/", again=True)
    assert requests == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/2 200 OK\r\ncontent-length: 0\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: two\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 1\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\n: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 600_000,
    ],
)
async def test_what_is_no_answer_is_an_error(answer: bytes) -> None:
    async def babbles(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request(reader)
        writer.write(answer)
        await writer.drain()

    async with calls(babbles) as http:
        with pytest.raises((OSError, EOFError)):
            await http.call("GET", "/", again=False)


async def test_an_answer_without_a_body_and_fields_behind_one_leave_the_connection_as_it_was() -> None:
    connections = 0
    answers = [
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2;x=1\r\nok\r\n0\r\nx-sum: 1\r\n\r\n",
        OK,
    ]

    async def kept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        for answer in answers:
            await request(reader)
            writer.write(answer)

    async with calls(kept) as http:
        found = [await http.call("DELETE", "/", again=False) for _ in answers]
    assert found == [(204, b""), (200, b"ok"), (200, b"ok")]
    assert connections == 1


@pytest.mark.parametrize("target", ["/a b", "/a\r\nx: y", "/é", "a", ""])
async def test_a_target_that_would_be_read_as_something_else_is_refused(target: str) -> None:
    async with calls(one_answer) as http:
        with pytest.raises(ValueError, match="escaped"):
            await http.call("GET", target, again=True)


async def test_a_call_that_was_given_up_leaves_no_answer_for_the_next() -> None:
    first = asyncio.Event()

    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            if b"GET /late " in await request(reader):
                first.set()
                continue  # its answer never comes
            writer.write(OK)

    async with calls(late) as http:
        call = asyncio.create_task(http.call("GET", "/late", again=True))
        await first.wait()
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        assert await http.call("GET", "/", again=True) == (200, b"ok")


async def test_no_more_calls_at_a_time_than_allowed() -> None:
    inside = most = 0
    release = asyncio.Event()
    two = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal inside, most
        while True:
            await request(reader)
            inside += 1
            most = max(most, inside)
            if inside == 2:
                two.set()
            await release.wait()
            inside -= 1
            writer.write(OK)

    async with calls(slow, most=2) as http:
        tasks = [asyncio.create_task(http.call("GET", "/", again=True)) for _ in range(6)]
        await two.wait()
        release.set()
        assert [(await task).status for task in tasks] == [200] * 6
    assert most == 2


async def test_after_closing_nothing_is_called() -> None:
    async with calls(one_answer) as http:
        await http.close()
        with pytest.raises(OSError, match="closed"):
            await http.call("GET", "/", again=True)
