"""The one way out: a safe GET of a URL that somebody else chose. No other module opens a connection to such a URL.

P1 only http and https, only on the allowed ports, never with a user name, never a name that is not plain ASCII
P2 an address is written the usual way (four decimal numbers, or IPv6 in brackets): no octal, hex or short forms
P3 every address a name resolves to is public, else nothing is connected; addresses inside IPv6 (mapped, 6to4, NAT64,
   Teredo) are judged by the IPv4 address they stand for
P4 the name is resolved once, and the connection goes to an address that was judged: a second answer changes nothing
P5 redirects are not followed, compressed bodies not unpacked, nothing is sent but the request
P6 at most `max_bytes` and `deadline_s` in all, however slowly it comes

Source: RFC 6890 and the IANA special-purpose address registries; RFC 9112 for the message format (by h11).
"""

import asyncio
import re
import ssl
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, NamedTuple, Protocol
from urllib.parse import urlsplit

import h11

from haat.errors import Invalid, Unavailable

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_BYTES: Final = 10_000_000
DEADLINE_S: Final = 10.0
MAX_URL_CHARS: Final = 2_048
WEB_PORTS: Final = frozenset({80, 443})
_READ_BYTES: Final = 65_536
_MOST_ADDRESSES: Final = 3  # tried one after the other when a host has several
_URL: Final = re.compile(r"[\x21-\x7e]+")
_HOST: Final = re.compile(
    r"(?=.{1,253}\.?$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.?"
)
_NUMERIC: Final = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)")
_NAT64: Final = IPv6Network("64:ff9b::/96")
_NEVER: Final = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "::/128", "::1/128", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2620:4f:8000::/48",
        "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip  # a list of networks reads better in rows


class UnsafeUrl(Invalid):
    """This URL is not one we go to. Nothing was connected."""

    code, title = "unsafe-url", "We do not fetch from this address"


class NotFetched(Invalid):
    """The other side answered, but not with what was asked for: 404, a redirect, too much, compressed."""

    code, title = "not-fetched", "There was nothing to fetch"


class FetchFailed(Unavailable):
    """The other side did not answer, or not in time. Later it may."""

    code, title = "fetch-failed", "The other side does not answer"


class Resolver(Protocol):
    """Names to addresses."""

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """The addresses of a host, best first. Raises: OSError when there are none."""


class Target(NamedTuple):
    """A URL taken apart, none of it left to interpretation."""

    secure: bool
    host: str  # lower case, ASCII; an IPv6 address without its brackets
    port: int
    path: str  # with the query

    @property
    def authority(self) -> str:
        """The Host header's value."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == (443 if self.secure else 80) else f"{name}:{self.port}"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was there."""

    content: bytes
    content_type: str


async def resolve(host: str, port: int) -> Sequence[str]:
    """The machine's own resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, proto=6)  # 6: TCP
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def target_of(url: str, ports: Collection[int] = WEB_PORTS) -> Target:
    """Take a URL apart. Raises: UnsafeUrl for all but a plain http(s) URL on an allowed port."""
    if len(url) > MAX_URL_CHARS or not _URL.fullmatch(url) or "\\" in url:
        raise UnsafeUrl(
            f"A URL has at most {MAX_URL_CHARS} visible ASCII characters: write other letters as %XX, "
            "and a name in another script in its xn-- form."
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UnsafeUrl("This is not a URL.") from error
    if parts.scheme not in ("http", "https"):
        raise UnsafeUrl("Only http and https URLs are fetched.")
    if "@" in parts.netloc:
        raise UnsafeUrl("A URL with a user name in it is not fetched.")
    secure = parts.scheme == "https"
    port = (443 if secure else 80) if port is None else port
    if port not in ports:
        raise UnsafeUrl(f"Port {port} is not fetched from.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(secure, _host((parts.hostname or "").lower(), bracketed="[" in parts.netloc), port, path)


def _host(host: str, *, bracketed: bool) -> str:
    if bracketed:
        try:
            return str(IPv6Address(host))
        except ValueError as error:
            raise UnsafeUrl("Between brackets there is an IPv6 address, without a zone.") from error
    if not _HOST.fullmatch(host):
        raise UnsafeUrl("This is not the name of a host.")
    # Whatever ends in a number is read as an address somewhere (WHATWG URL, section 3.5: "ends in a number")
    if _NUMERIC.fullmatch(host.rstrip(".").rpartition(".")[2]):
        try:
            return str(IPv4Address(host))
        except ValueError as error:
            raise UnsafeUrl("Write an IPv4 address as four decimal numbers.") from error
    return host


def embedded(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, else the address itself."""
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
        if address.teredo is not None:
            return address.teredo[1]
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return inner
        if int(address) >> 32 == 0 and int(address) > 1:  # ::a.b.c.d, deprecated by RFC 4291 section 2.5.5.1
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, for all an address can tell."""
    if address.version == 6 and address.scope_id is not None:
        return False
    inner = embedded(address)
    return inner.is_global and not inner.is_multicast and not any(inner in network for network in _NEVER)


@cache
def _tls() -> ssl.SSLContext:
    """Checks certificates and names. Made when first needed: reading the authorities takes 20 to 200 ms."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches. Promises in the module's docstring.

    `allowed` are networks reached although they are not public: the operator's own picture server, a test's loopback.
    """

    resolver: Resolver = resolve
    allowed: Sequence[Network] = ()
    ports: frozenset[int] = WEB_PORTS
    max_bytes: int = MAX_BYTES
    deadline_s: float = DEADLINE_S
    tls: ssl.SSLContext | None = None  # None: the machine's authorities

    async def __call__(self, url: str) -> Fetched:
        """The body of a 200 answer.

        Raises: UnsafeUrl (not ours to ask), NotFetched (asked; not to be had like this), FetchFailed (perhaps later).
        """
        target = target_of(url, self.ports)
        try:
            async with asyncio.timeout(self.deadline_s):
                addresses = await self._addresses(target)
                return await self._get(target, addresses)
        except TimeoutError as error:
            raise FetchFailed(f"{target.host} did not answer within {self.deadline_s:g} s.") from error
        except (OSError, h11.RemoteProtocolError, ssl.CertificateError) as error:
            raise FetchFailed(f"{target.host}: {type(error).__name__}") from error

    async def _addresses(self, target: Target) -> Sequence[Address]:
        try:
            texts: Sequence[str] = [str(ip_address(target.host))]
        except ValueError:
            texts = await self.resolver(target.host, target.port)
        try:
            addresses = [ip_address(text) for text in texts]
        except ValueError as error:
            raise UnsafeUrl("The name does not resolve to addresses.") from error
        for address in addresses:
            if not self._may_reach(address):
                raise UnsafeUrl("The address is private, local or reserved.")
        if not addresses:
            raise FetchFailed(f"{target.host} has no address.")
        return addresses

    def _may_reach(self, address: Address) -> bool:
        inner = embedded(address)
        if any(inner.version == network.version and inner in network for network in self.allowed):
            return True
        return is_public(address)

    async def _get(self, target: Target, addresses: Sequence[Address]) -> Fetched:
        reader, writer = await self._connect(target, addresses)
        try:
            connection = h11.Connection(h11.CLIENT)
            headers = [
                ("Host", target.authority),
                ("User-Agent", "haat"),
                ("Accept", "*/*"),
                ("Accept-Encoding", "identity"),
                ("Connection", "close"),
            ]
            request = h11.Request(method="GET", target=target.path, headers=headers)
            writer.write((connection.send(request) or b"") + (connection.send(h11.EndOfMessage()) or b""))
            await writer.drain()
            return await self._answer(connection, reader)
        finally:
            writer.close()
            with suppress(OSError):
                writer.transport.abort()  # nothing more is wanted of a side that may be slow on purpose

    async def _connect(
        self, target: Target, addresses: Sequence[Address]
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        tls = (self.tls or await asyncio.to_thread(_tls)) if target.secure else None
        failure: OSError = OSError("no address")
        for address in addresses[:_MOST_ADDRESSES]:
            try:
                return await asyncio.open_connection(
                    str(address),
                    target.port,
                    ssl=tls,
                    server_hostname=target.host if target.secure else None,
                )
            except OSError as error:  # the next address may answer
                failure = error
        raise failure

    async def _answer(self, connection: h11.Connection, reader: asyncio.StreamReader) -> Fetched:
        content_type = ""
        body = bytearray()
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(await reader.read(_READ_BYTES))
            elif isinstance(event, h11.Response):
                content_type = self._accepted(event)
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > self.max_bytes:
                    raise NotFetched(f"It is larger than {self.max_bytes} bytes.")
            elif isinstance(event, (h11.EndOfMessage, h11.ConnectionClosed)):
                return Fetched(bytes(body), content_type)

    def _accepted(self, response: h11.Response) -> str:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in response.headers}
        status = response.status_code
        if 300 <= status < 400:
            raise NotFetched("The address redirects: name the place it leads to.")
        if status >= 500 or status == 429:
            raise FetchFailed(f"The other side answered {status}.")
        if status != 200:
            raise NotFetched(f"The other side answered {status}.")
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise NotFetched("The answer is compressed, which was not asked for.")
        if int(headers.get("content-length", "0")) > self.max_bytes:
            raise NotFetched(f"It is larger than {self.max_bytes} bytes.")
        return headers.get("content-type", "")
