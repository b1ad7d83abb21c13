"""A process of buyers who order, pay and cancel, again and again: `python -m tests.faults.shoppers <log>`.

The first line on standard input says where and what (`Task`); at its end everybody finishes what is begun. Whoever gets
no answer, or one that promises nothing (5xx), sends the same request with the same key to the next replica, until it is
answered. What was acknowledged is in the log and on disk before its buyer goes on.
"""

import asyncio
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final

import msgspec

from tests.faults.buyers import PAUSE_S, Server, ask

GIVE_UP_S: Final = 120.0
TRY_S: Final = 15.0  # a replica whose server was killed under it answers sooner


class Task(msgspec.Struct):
    """What a process of buyers is told."""

    ports: list[int]  # of the replicas
    gateway_port: int
    gateway_key: str
    tokens: list[str]  # one for each buyer
    skus: list[str]
    address: dict[str, str]
    seed: str


class Buyers:
    """All buyers of a process, and what they were told."""

    def __init__(self, task: Task, log: int) -> None:
        self.task = task
        self.stop = asyncio.Event()
        self._log = log
        self._gateway = Server("127.0.0.1", task.gateway_port)

    def note(self, what: str, **said: Any) -> None:
        """Durable when it returns."""
        os.write(self._log, f"{json.dumps({'what': what, 'at_s': time.monotonic(), **said})}\n".encode())
        os.fsync(self._log)

    async def insist(self, number: int, asked: dict[str, Any]) -> tuple[int, Any, int]:
        """Status and body of the first answer that is one, and the answers that were none."""
        ports, turns, odd = self.task.ports, 0, Counter[int]()
        async with asyncio.timeout(GIVE_UP_S):
            while True:
                server = Server("127.0.0.1", ports[(number + turns) % len(ports)])
                try:
                    async with asyncio.timeout(TRY_S):
                        status, body = await ask(server, asked)
                except (OSError, EOFError, ValueError, IndexError):  # TimeoutError is an OSError
                    status, body = 0, ""
                if 200 <= status < 500:
                    if odd:
                        self.note("insisted", path=asked["path"], odd=odd)
                    return status, body, turns
                odd[status] += 1
                turns += 1
                await asyncio.sleep(PAUSE_S)  # until somebody is there again

    async def gateway(self, method: str, path: str, body: object = None) -> Any:
        """What the gateway answers; nobody kills it."""
        headers = {"authorization": f"Bearer {self.task.gateway_key}"}
        asked = {"method": method, "path": f"/v1{path}", "headers": headers, "body": body}
        status, answer = await ask(self._gateway, asked)
        assert status == 200, (path, status, answer)
        return json.loads(answer)

    async def buy(self, number: int) -> None:
        """One buyer, until it is time to go."""
        chance = random.Random(f"{self.task.seed} {number}")
        turn = 0
        while not self.stop.is_set():
            turn += 1
            await self._order(number, f"{self.task.seed}-{number}-{turn}", chance)

    async def _order(self, number: int, name: str, chance: random.Random) -> None:
        method = chance.choice(("cod", "upi"))
        headers = {"idempotency-key": name, "authorization": f"Bearer {self.task.tokens[number]}"}
        body = {
            "checkout_id": sha256(name.encode()).hexdigest()[:20],
            "lines": [{"sku": sku, "quantity": 1} for sku in chance.sample(self.task.skus, 2)],
            "address": self.task.address,
            "payment": {"method": method},
        }
        asked = {"method": "POST", "path": "/api/v1/orders", "headers": headers, "body": body}
        status, answer, turns = await self.insist(number, asked)
        if status not in (200, 201):
            self.note("refused", name=name, status=status, body=answer)
            return
        order = json.loads(answer)
        self.note("ordered", name=name, id=order["id"], resent=turns)
        if turns:
            status, answer, _ = await self.insist(number, asked)
            self.note("again", name=name, status=status, id=json.loads(answer).get("id"))
        if method == "upi":
            await self._pay(number, order, chance)
        else:
            self.note("placed", id=order["id"])
        if chance.random() < 0.25:
            await self._cancel(number, order["id"], headers)

    async def _pay(self, number: int, order: dict[str, Any], chance: random.Random) -> None:
        page = {"method": "GET", "path": f"/pay/{order['payment']['id']}"}
        status, body, _ = await self.insist(number, page)
        if status != 303:
            self.note("refused", name="pay", status=status, body=body)
            return
        intent = await self.gateway("GET", f"/intents/by-reference/{order['payment']['id']}")
        if chance.random() < 0.1:  # leaves, and comes back to pay
            status, body, _ = await self.insist(number, page)
            assert status == 303, body
        await self.gateway("POST", f"/intents/{intent['id']}/act", {"action": "approve"})
        self.note("paid", id=order["id"])
        if chance.random() < 0.8:  # else only the webhook tells
            await self.insist(number, {"method": "GET", "path": f"{page['path']}/return"})

    async def _cancel(self, number: int, order_id: str, headers: dict[str, str]) -> None:
        cancel = {"method": "POST", "path": f"/api/v1/orders/{order_id}/cancel", "headers": headers}
        status, body, _ = await self.insist(number, cancel)
        if status == 200:
            self.note("cancelled", id=order_id)
        else:
            self.note("refused", name="cancel", status=status, body=body)


async def main(arguments: Sequence[str]) -> None:
    task = msgspec.json.decode(sys.stdin.readline(), type=Task)
    buyers = Buyers(task, os.open(arguments[0], os.O_WRONLY | os.O_CREAT | os.O_APPEND))
    async with asyncio.TaskGroup() as group:
        for number in range(len(task.tokens)):
            group.create_task(buyers.buy(number))
        await asyncio.to_thread(sys.stdin.read)
        buyers.stop.set()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
