"""`haat serve`: one process, one task group, an orderly end.

On SIGTERM or Ctrl-C readiness goes off first, requests in flight get up to ten seconds, then consumers and relay finish
the batch at hand, then engines close.
"""

import asyncio
import gc
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

import msgspec
import structlog
import uvicorn

from haat.errors import Conflict, Invalid, Problem
from haat.http.server import Engine, Readiness
from haat.http.shedding import unaccepted
from haat.settings import Settings
from haat.shop import Shop

log = structlog.get_logger("haat.serve")

GRACE_S: Final = 10


class Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the process has one place for them, below."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


def server(app: Any) -> Server:
    """A server for an ASGI app. Access lines come from the edge, so uvicorn's are off."""
    return Server(
        uvicorn.Config(
            app,
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=GRACE_S,
            timeout_keep_alive=30,
            h11_max_incomplete_event_size=65_536,
        )
    )


def listen(address: tuple[str, int], setting: str) -> socket.socket:
    """A bound socket. Raises: Conflict naming the setting when the port is taken or not ours to take."""
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    try:
        return socket.create_server(address, family=family, backlog=2048)
    except OSError as error:
        where = f"{address[0]}:{address[1]}"
        raise Conflict(f"Cannot listen on {where} ({error.strerror}). Stop what uses it, or set {setting}.") from error


def checked(roles: Sequence[str], known: Sequence[str]) -> Sequence[str]:
    """The roles, if all of them exist. Raises: Invalid."""
    unknown = [role for role in roles if role not in known]
    if unknown:
        raise Invalid(problems=[Problem(f"--only {role}", f"There is: {', '.join(known)}.") for role in unknown])
    return roles


def settle() -> None:
    """Tell the garbage collector that what there is stays: else it walks all of it again and again.

    Saves some 5 % of the CPU of a search. Objects outside cycles are freed as ever. Cost: one collection, 0.1 s.
    """
    gc.collect()
    gc.freeze()


async def serve(shop: Shop, roles: Sequence[str]) -> None:
    """Run these roles until a signal comes. `web` is one of them. Raises: Conflict when a port is taken."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    servers: list[tuple[Server, socket.socket]] = []
    if "web" in roles:
        settings = shop.settings
        sockets = [listen(settings.address, "HAAT_LISTEN"), listen(settings.admin_address, "HAAT_ADMIN_LISTEN")]
        shop.shedding.waiting = unaccepted(sockets[0])
        servers = [(server(shop.edge), sockets[0]), (server(shop.metrics), sockets[1])]
    settle()
    try:
        async with asyncio.TaskGroup() as group:
            for role in shop.roles:
                if role.name in roles:
                    group.create_task(role.run(stop), name=role.name)
            web = [group.create_task(one.serve(sockets=[bound])) for one, bound in servers]
            watch = group.create_task(_stop_with(web, stop))
            await stop.wait()
            log.info("stopping")
            shop.stopping.set()
            for one, _ in servers:
                one.should_exit = True
            watch.cancel()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            with suppress(ValueError, NotImplementedError):
                loop.remove_signal_handler(number)


async def _stop_with(tasks: Sequence[asyncio.Task[None]], stop: asyncio.Event) -> None:
    """A server that ends by itself (its port is taken) ends the process."""
    if tasks:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        stop.set()


async def readiness_of(settings: Settings) -> list[Engine]:
    """The engines as the running server sees them; one entry says so if it does not answer."""
    host, port = settings.address
    try:
        async with asyncio.timeout(3):
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(b"GET /readyz HTTP/1.1\r\nHost: doctor\r\nConnection: close\r\n\r\n")
            answer = await reader.read()
            writer.close()
        return msgspec.json.decode(answer.partition(b"\r\n\r\n")[2], type=Readiness).engines
    except (OSError, TimeoutError, msgspec.MsgspecError) as error:
        return [Engine("server", False, f"{host}:{port} does not answer ({type(error).__name__})")]
