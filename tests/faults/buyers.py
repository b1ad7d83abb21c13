"""A process full of buyers: `python -m tests.faults.buyers <host> <port> <log>`, waves of requests on standard input.

A line is a wave: a JSON list of requests that all go out together, each on a connection of its own. Every answer is
written to the log and to disk before anything else happens with it. A request that gets no answer, because the server
died, is sent again as it was until it gets one, as a browser's buyer would.
"""

import asyncio
import contextlib
import json
import os
import sys
from typing import Any, NamedTuple

GIVE_UP_S = 90.0
PAUSE_S = 0.05


class Server(NamedTuple):
    """Where it is."""

    host: str
    port: int


async def ask(server: Server, asked: dict[str, Any]) -> tuple[int, str]:
    """Status and body. Raises: OSError, EOFError when there is no answer."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    try:
        body = json.dumps(asked["body"]).encode() if asked.get("body") is not None else b""
        lines = [f"{asked['method']} {asked['path']} HTTP/1.1", f"host: {server.host}:{server.port}"]
        lines += [f"{name}: {value}" for name, value in asked.get("headers", {}).items()]
        lines += ["content-type: application/json", f"content-length: {len(body)}", "connection: close", "", ""]
        writer.write("\r\n".join(lines).encode() + body)
        await writer.drain()
        head, _, content = (await reader.read()).partition(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        if len(content) != int(fields.get(b"content-length", len(content))) or not head:
            raise EOFError("the answer was torn off")
        return int(head.split(b" ", 2)[1]), content.decode()
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def answered(server: Server, asked: dict[str, Any], log: int) -> None:
    """Ask until there is an answer, and keep it."""
    tries, answer = 0, None
    async with asyncio.timeout(GIVE_UP_S):
        while answer is None:
            tries += 1
            try:
                answer = await ask(server, asked)
            except (OSError, EOFError, ValueError, IndexError):
                await asyncio.sleep(PAUSE_S)  # until the server is there again
    status, body = answer
    line = {"name": asked["name"], "status": status, "body": body, "tries": tries}
    os.write(log, f"{json.dumps(line)}\n".encode())
    os.fsync(log)


async def shop(server: Server, log: int) -> None:
    """All waves, one after the other."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        async with asyncio.TaskGroup() as group:
            for asked in json.loads(line):
                group.create_task(answered(server, asked, log))


def main() -> None:
    host, port, log = sys.argv[1:]
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    asyncio.run(shop(Server(host, int(port)), file))


if __name__ == "__main__":
    main()
