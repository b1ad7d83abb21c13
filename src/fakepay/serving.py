"""The gateway alone, as a process of its own."""

import asyncio
from pathlib import Path

from fakepay.app import FakePay


def serve(
    path: Path | str,
    key: str,
    secret: str,
    *,
    host: str = "127.0.0.1",
    port: int = 8090,
    webhook_url: str = "",
    base_url: str = "",
) -> None:
    """Run the gateway until SIGINT or SIGTERM. `base_url`: how browsers reach it, by default this host and port.

    Raises: SystemExit when the port cannot be had.
    """
    asyncio.run(
        _serve(FakePay(path, key, secret, webhook_url=webhook_url, base_url=base_url or _url(host, port)), host, port)
    )


async def _serve(pay: FakePay, host: str, port: int) -> None:
    import uvicorn

    config = uvicorn.Config(pay.asgi, host=host, port=port, lifespan="off", access_log=False, server_header=False)
    stop = asyncio.Event()
    running = asyncio.create_task(pay.run(stop))
    try:
        await uvicorn.Server(config).serve()
    finally:
        stop.set()
        await running
        await pay.aclose()


def _url(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
