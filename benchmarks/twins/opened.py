"""The shop under a twin: the same engines and use cases as `haat serve` opens, on a data directory of its own."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import uvloop

from haat.app import open_shop
from haat.http import logs
from haat.serve import server, settle
from haat.settings import load
from haat.shop import Shop

MakeApp = Callable[[Shop], Awaitable[Any]]


async def _serve(make: MakeApp, port: int) -> None:
    logs.configure(json=True, level="warning")
    async with open_shop(load(os.environ), fetch_pictures=False) as shop:
        await shop.serviceability.refresh()
        await shop.upkeep.step()
        app = await make(shop)
        settle()
        running = server(app)  # uvicorn with exactly the settings of `haat serve`
        running.config.host, running.config.port = "127.0.0.1", port
        await running.serve()


def main(make: MakeApp) -> None:
    """Serve on the port given as the only argument until the process is ended."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(make, int(sys.argv[1])))
