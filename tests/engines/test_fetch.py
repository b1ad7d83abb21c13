"""The one way out: which URLs are refused, and what a hostile server cannot do."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haat.engines.fetch import Fetcher, FetchFailed, NotFetched, UnsafeUrl, is_public, target_of

LOOPBACK = (ip_network("127.0.0.0/8"),)
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def a_server(serve: Serve) -> AsyncIterator[int]:
    handlers: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        handlers.add(task)
        try:
            await serve(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in handlers:
            task.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)
        await server.wait_closed()


def answering(*parts: bytes) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for part in parts:
            writer.write(part)
        await writer.drain()

    return serve


def a_fetcher(port: int, answers: Sequence[str] = ("127.0.0.1",), **options: object) -> Fetcher:
    async def resolver(host: str, port: int) -> Sequence[str]:
        return answers

    settings = {"allowed": LOOPBACK, "deadline_s": 5.0, **options}
    return Fetcher(resolver=resolver, ports=frozenset({port}), **settings)  # type: ignore[arg-type]  # a test's options


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.1/",
        "http://017700000001/",
        "http://127.0.0.1./",
        "http://0/",
        "http://0.0.0.0/",
        "http://[::1]/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[64:ff9b:1::a00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[2001:0:0:0:0:0:80ff:fffe]/",
        "http://[fe80::1]/",
        "http://[fe80::1%25eth0]/",
        "http://[fc00::1]/",
        "http://[ff02::1]/",
        "http://10.1.2.3/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        "http://198.18.0.1/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://user@example.com/",
        "http://example.com@127.0.0.1/",
        "http://user:secret@example.com/",
        "http://example.com:6379/",
        "http://example.com:22/",
        "http://example.com:0/",
        "http://example.com:99999/",
        "http://example.com:x/",
        "https://１２７.0.0.1/",
        "http://ⓛocalhost/",
        "http://bücher.example/",
        "http://exa mple.com/",
        "http://example.com\\@127.0.0.1/",
        "http://example.com/\r\nHost: 127.0.0.1",
        "http://exam%70le.com/",
        "http:///",
        "http://",
        "http://-/",
        "http://a..b/",
        "//example.com/",
        "example.com",
        "",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_INFO",
        "ftp://example.com/",
        "javascript:alert(1)",
        "data:text/plain,x",
        "http://[::1/",
        "http://[127.0.0.1]/",
        "http://" + "a" * 3_000,
    ],
)
async def test_p1_p2_p3_urls_that_lead_elsewhere_are_refused_and_nothing_is_connected(url: str) -> None:
    async def resolver(host: str, port: int) -> Sequence[str]:
        raise AssertionError(f"{host} was looked up")

    with pytest.raises(UnsafeUrl):
        await Fetcher(resolver=resolver)(url)


@pytest.mark.parametrize(
    "answers",
    [["127.0.0.1"], ["10.0.0.1"], ["::1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:10.0.0.1"], ["fe80::1%eth0"], ["x"]],
)
async def test_p3_a_name_with_one_private_address_is_refused(answers: list[str]) -> None:
    with pytest.raises(UnsafeUrl):
        await a_fetcher(80, answers, allowed=())("http://pictures.example/")


async def test_p4_the_name_is_looked_up_once_and_the_connection_goes_to_what_was_judged() -> None:
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert f"Host: pictures.example:{port}".encode() in head
        assert head.startswith(b"GET /a.png?b=1 HTTP/1.1\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()

    async with a_server(serve) as port:
        fetcher = Fetcher(resolver=rebinding, allowed=LOOPBACK, ports=frozenset({port}))
        fetched = await fetcher(f"http://pictures.example:{port}/a.png?b=1")
    assert (fetched.content, fetched.content_type) == (b"ok", "image/png")
    assert asked == ["pictures.example"]


async def test_p5_redirects_are_not_followed() -> None:
    answer = b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    async with a_server(answering(answer)) as port:
        with pytest.raises(NotFetched, match="redirects"):
            await a_fetcher(port)(f"http://h.example:{port}/")


@pytest.mark.parametrize(
    ("head", "error"),
    [
        (b"404 Not Found\r\nContent-Length: 0", NotFetched),
        (b"204 No Content", NotFetched),
        (b"500 Oops\r\nContent-Length: 0", FetchFailed),
        (b"429 Slow\r\nContent-Length: 0", FetchFailed),
        (b"200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0", NotFetched),
        (b"200 OK\r\nContent-Length: 1001", NotFetched),
        (b"200 OK\r\nContent-Length: -1", FetchFailed),
        (b"200 OK\r\nX: " + b"y" * 200_000, FetchFailed),
    ],
)
async def test_p5_p6_other_answers_are_told_apart(head: bytes, error: type[Exception]) -> None:
    async with a_server(answering(b"HTTP/1.1 " + head + b"\r\n\r\n")) as port:
        with pytest.raises(error):
            await a_fetcher(port, max_bytes=1_000)(f"http://h.example:{port}/")


async def test_p6_an_endless_body_is_cut_off() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 10_000)
            await writer.drain()

    async with a_server(serve) as port:
        with pytest.raises(NotFetched, match="larger"):
            await a_fetcher(port, max_bytes=50_000)(f"http://h.example:{port}/")


@pytest.mark.parametrize(
    "first", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nslow"]
)
async def test_p6_a_slow_drip_meets_the_deadline(first: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(first)
        await writer.drain()
        await asyncio.Event().wait()

    async with a_server(serve) as port:
        with pytest.raises(FetchFailed, match="within"):
            await a_fetcher(port, deadline_s=0.2)(f"http://h.example:{port}/")


async def test_a_side_that_hangs_up_or_is_not_there_is_a_failure_of_the_moment() -> None:
    async with a_server(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")) as port:
        with pytest.raises(FetchFailed):
            await a_fetcher(port)(f"http://h.example:{port}/")
    with pytest.raises(FetchFailed):
        await a_fetcher(port)(f"http://h.example:{port}/")
    with pytest.raises(FetchFailed):
        await a_fetcher(port, [])(f"http://h.example:{port}/")


async def test_tls_is_asked_for_by_the_name_and_a_side_without_it_fails() -> None:
    async with a_server(answering(b"HTTP/1.1 200 OK\r\n\r\n")) as port:
        with pytest.raises(FetchFailed):
            await a_fetcher(port, deadline_s=0.3)(f"https://h.example:{port}/")


def test_public_addresses_are_public() -> None:
    for text in ("8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::808:808", "2a00:1450::1"):
        assert is_public(ip_address(text)), text


def test_the_usual_urls_are_taken_apart() -> None:
    assert target_of("https://CDN.example/a%20b.jpg?x=1#part") == (True, "cdn.example", 443, "/a%20b.jpg?x=1")
    assert target_of("http://cdn.example").authority == "cdn.example"
    assert target_of("http://[2606:4700::1111]:443/").authority == "[2606:4700::1111]:443"
    assert target_of("http://xn--bcher-kva.example/").host == "xn--bcher-kva.example"


@given(st.ip_addresses(v=4))
def test_p3_an_ipv4_address_is_judged_the_same_in_every_ipv6_dress(address: object) -> None:
    plain = is_public(address)  # type: ignore[arg-type]  # hypothesis types it loosely
    number = int(address)  # type: ignore[call-overload]  # likewise
    for dressed in (0xFFFF << 32 | number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80):
        assert is_public(ip_address(dressed.to_bytes(16, "big"))) <= plain
