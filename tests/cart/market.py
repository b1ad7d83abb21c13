"""A cart and a wishlist over the shop of the orders tests, and the HTTP edge around them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx2
from litestar import Litestar
from prometheus_client import CollectorRegistry

from haat.cart.adapters.sql import SqlCartStore
from haat.cart.adapters.tables import LINE as CARTS
from haat.cart.consumers import CartsOfOrders
from haat.cart.count_units import CountUnits
from haat.cart.lines_of_cart import LinesOfCart
from haat.cart.merge_carts import MergeCarts
from haat.cart.model import Wanted
from haat.cart.put_line import PutLine
from haat.cart.read_cart import ReadCart
from haat.cart.remove_line import RemoveLine
from haat.cart.routes import cart_routes
from haat.cart.take_out import TakeOut
from haat.events.envelope import Event, decode
from haat.events.outbox import Outbox
from haat.http.edge import Edge
from haat.http.identity import Grant
from haat.http.problems import Problems
from haat.http.server import Edges, Readiness, web_app
from haat.orders.model import Wanted as OrderWanted
from haat.orders.plan import Facts, read_facts
from haat.orders.quote import Quote
from haat.wishlist.adapters.sql import SqlWishStore
from haat.wishlist.adapters.tables import LINE as WISHES
from haat.wishlist.put_wish import PutWish
from haat.wishlist.read_wishlist import ReadWishlist
from haat.wishlist.remove_wish import RemoveWish
from haat.wishlist.routes import wishlist_routes
from tests.orders.world import World
from tests.sql import SQL, asked


async def authenticate(token: str) -> Grant | None:
    grants = {
        "asha": Grant("user", user="usr_asha"),
        "ravi": Grant("user", user="usr_ravi"),
        "op": Grant("operator"),
        "acme": Grant("seller", "acme"),
    }
    return grants.get(token)


async def ready() -> Readiness:
    return Readiness(True, [])


class Market:
    """What app.py joins, on the databases of one test."""

    def __init__(self, path: Path, world: World) -> None:
        self.world = world
        self.database = SQL.database(CARTS.joined(WISHES), path, world.clock)
        self.store = SqlCartStore(self.database, Outbox("haat/cart", world.ids))
        self.put = PutLine(self.store, world.offers.offers_by_sku, world.ids)
        self.remove = RemoveLine(self.store)
        self.merge = MergeCarts(self.store, world.ids)
        self.take_out = TakeOut(self.store, world.ids)
        self.consumer = CartsOfOrders(self.take_out)
        self.lines_of = LinesOfCart(self.store)
        self.count = CountUnits(self.store)
        self.read = ReadCart(self.store, self._quote, self._facts, "INR")
        self.wishes = SqlWishStore(self.database, Outbox("haat/wishlist", world.ids))
        self.put_wish = PutWish(self.wishes, world.catalogue)
        self.remove_wish = RemoveWish(self.wishes)
        self.read_wishes = ReadWishlist(
            self.wishes, world.catalogue, world.offers.offers_of, world.live, world.clock, "INR"
        )
        edges = Edges(
            world.signer, world.ids, authenticate, Problems("https://shop.example"), CollectorRegistry(), https=True
        )
        api = [
            cart_routes(self.read, self.put, self.remove, world.ids),
            wishlist_routes(self.read_wishes, self.put_wish, self.remove_wish, world.ids),
        ]
        app: tuple[Edge, Litestar] = web_app(api, [], ready, edges)
        self.edge, self.litestar = app

    async def _quote(self, wanted: Sequence[Wanted], pincode: str | None, /) -> Quote:
        return await self.world.quotes([OrderWanted(line.sku, line.quantity) for line in wanted], pincode)

    async def _facts(self, items: Mapping[str, str], /) -> Mapping[str, Facts]:
        return read_facts(await self.world.catalogue(sorted(set(items.values()))), items)

    def browser(self, token: str = "") -> httpx2.AsyncClient:
        """A client with a cookie jar of its own."""
        transport = httpx2.ASGITransport(self.edge, raise_app_exceptions=False)
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return httpx2.AsyncClient(transport=transport, base_url="https://shop.example/api/v1", headers=headers)

    async def leave(self, sku: str, units: int) -> None:
        """Somebody else buys all but so many."""
        await self.world.database.transact(asked("UPDATE stock SET on_hand = ? WHERE sku = ?", units, sku))

    async def events(self) -> list[Event]:
        """What waits for the relay."""
        return [decode(row.value) for row in await self.store.unsent(1000)]
