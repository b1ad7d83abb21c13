"""Engines that go away and come back while a shop is open: they stand in front of its ports."""

import inspect
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from haat import settings
from haat.app import open_shop
from haat.errors import Unavailable
from haat.shop import Shop
from tests.api.conftest import Tokens
from tests.conftest import ManualClock

HOME = "560034"
ADDRESS = {"name": "Meera Krishnan", "phone": "9845012345", "line1": "14, 3rd Cross, Koramangala", "pincode": HOME}
PAGE = {"accept": "text/html"}


class Standing:
    """In front of one port: every call is refused while its engine is away."""

    def __init__(self, name: str, port: Any, doors: "Doors") -> None:
        self._name, self._port, self._doors = name, port, doors

    def __getattr__(self, what: str) -> Any:
        found = getattr(self._port, what)
        if inspect.iscoroutinefunction(found):

            async def waited(*args: Any, **more: Any) -> Any:
                self._doors.pass_by(self._name)
                return await found(*args, **more)

            return waited
        if self._name == "search" and what in ("view", "recall", "keep"):

            def asked(*args: Any) -> Any:
                self._doors.pass_by(self._name)
                return found(*args)

            return asked
        return found


@dataclass
class Doors:
    """Names of engines that are away; how often each was asked meanwhile."""

    away: set[str] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)

    def around(self, name: str, port: Any, /) -> Any:
        return Standing(name, port, self)

    def pass_by(self, name: str) -> None:
        if name in self.away:
            self.refused[name] += 1
            raise Unavailable(f"{name} is away.")


@dataclass
class Open:
    """An open shop with a browser and a signed-in buyer."""

    shop: Shop
    doors: Doors
    clock: ManualClock
    client: httpx2.AsyncClient
    who: dict[str, str]

    async def page(self, path: str) -> httpx2.Response:
        return await self.client.get(path, headers=PAGE)

    async def api(self, path: str, **params: str) -> httpx2.Response:
        return await self.client.get(f"/api/v1{path}", params=params, headers=self.who)

    async def skus(self) -> list[str]:
        """What is to be had at home, paid at the door."""
        hits = (await self.api("/search", pincode=HOME, limit="40")).json()["hits"]
        asked = {"lines": [{"sku": hit["sku"], "quantity": 1} for hit in hits], "pincode": HOME, "method": "cod"}
        lines = (await self.client.post("/api/v1/orders/quote", json=asked)).json()["lines"]
        return [line["sku"] for line in lines if not line.get("problem")]

    async def order(self, sku: str, checkout: str) -> httpx2.Response:
        lines = [{"sku": sku, "quantity": 1}]
        body = {"checkout_id": checkout, "lines": lines, "address": ADDRESS, "payment": {"method": "cod"}}
        return await self.client.post("/api/v1/orders", json=body, headers=self.who | {"idempotency-key": checkout})


@asynccontextmanager
async def opened(folder: Path, doors: Doors | None = None) -> AsyncIterator[Open]:
    """A shop on the data of a folder. What is away already is away from the beginning."""
    doors, clock = doors or Doors(), ManualClock()
    async with open_shop(settings.load({"HAAT_DATA_DIR": str(folder)}), clock, around=doors.around) as shop:
        if not doors.away:
            await shop.upkeep.step()
        transport = httpx2.ASGITransport(shop.edge, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://shop.example") as client:
            who = Tokens.header((await shop.create_token("user"))[1])
            await client.post("/pin", data={"pincode": HOME, "next": "/"})
            yield Open(shop, doors, clock, client, who)
