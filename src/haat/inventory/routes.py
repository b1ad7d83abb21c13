"""The seller's offers and stock, and what operators do about stock."""

from typing import Annotated

import msgspec
from litestar import Request, Response, Router, get, post, put
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from haat.http.headers import IDEMPOTENCY_KEY, IF_MATCH, etag, idempotency_key, if_match
from haat.http.identity import call_of, needs_operator, needs_seller, seller_of_call
from haat.http.signing import Signer
from haat.inventory.change_offer import SetOffer
from haat.inventory.change_stock import ChangeStock, Count, Delta, MovementReason
from haat.inventory.model import MAX_BUCKETS, MAX_PRICE_MINOR, MAX_UNITS, Offer, Place, StockRow, TaxClass, Terms
from haat.inventory.ports import OfferStore
from haat.inventory.spread_stock import SpreadStock

SkuText = Annotated[str, Meta(min_length=3, max_length=120, description="<seller code>.<your own code>")]
WarehouseText = Annotated[str, Meta(min_length=1, max_length=40, description="The id of a warehouse (whs_…)")]
Note = Annotated[str, Meta(max_length=150)]
PriceMinor = Annotated[int, Meta(ge=1, le=MAX_PRICE_MINOR, description="In the smallest unit of the shop's currency")]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]
Cursor = Annotated[str, QueryParameter(max_length=2000)]

SellerRequest = Request[object, object, State]


class OfferBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a seller may say about an offer. `price_minor` null lists the sku without selling it."""

    price_minor: PriceMinor | None
    tax_class: TaxClass = "standard"
    active: bool = True

    def terms(self) -> Terms:
        """The body as the use case takes it."""
        return Terms(self.price_minor, self.tax_class, self.active)


class NewOfferBody(OfferBody, kw_only=True):
    """A first offer for a sku."""

    sku: SkuText


class MovementBody(msgspec.Struct, forbid_unknown_fields=True):
    """A delta: units received, or corrected with a reason."""

    sku: SkuText
    warehouse: WarehouseText
    reason: MovementReason
    units: Annotated[int, Meta(ge=-MAX_UNITS, le=MAX_UNITS, description="Signed and not 0")]
    note: Note = ""


class CountBody(msgspec.Struct, forbid_unknown_fields=True):
    """A count, for a row whose version the caller names in If-Match (`"v0"` when there is none yet)."""

    on_hand: Annotated[int, Meta(ge=0, le=MAX_UNITS)]
    note: Note = ""


class BucketsBody(msgspec.Struct, forbid_unknown_fields=True):
    """Over how many rows the units of a sku in each warehouse are spread. 1: the ordinary way."""

    buckets: Annotated[int, Meta(ge=1, le=MAX_BUCKETS)]


class SpreadView(msgspec.Struct):
    """A sku as it is spread, with its stock summed over the rows of each warehouse."""

    sku: str
    buckets: int
    stock: list["StockView"]


class StockView(msgspec.Struct):
    """Units of a sku in a warehouse."""

    warehouse: str
    on_hand: int
    held: int
    free: int
    version: int

    @classmethod
    def of(cls, row: StockRow) -> "StockView":
        """The view of a row."""
        return cls(row.warehouse, row.on_hand, row.held, row.free, row.version)


class OfferView(msgspec.Struct):
    """An offer as its seller sees it."""

    sku: str
    item_id: str
    price_minor: int | None
    currency: str
    tax_class: str
    active: bool
    version: int
    stock: list[StockView]

    @classmethod
    def of(cls, offer: Offer) -> "OfferView":
        """The view of an offer."""
        return cls(
            sku=offer.sku,
            item_id=offer.item_id,
            price_minor=offer.price_minor,
            currency=offer.currency,
            tax_class=offer.tax_class,
            active=offer.active,
            version=offer.version,
            stock=[StockView.of(row) for row in offer.stock],
        )


class OfferList(msgspec.Struct):
    """A page of offers, by sku."""

    offers: list[OfferView]
    next: str | None


def inventory_routes(set_offer: SetOffer, change_stock: ChangeStock, store: OfferStore, signer: Signer) -> Router:
    """/seller/offers and /seller/stock."""

    @get("/offers", summary="Your offers")
    async def list_offers(request: SellerRequest, limit: Limit = 50, cursor: Cursor = "") -> OfferList:
        seller = seller_of_call(request)
        purpose = f"offers:{seller}"
        after = signer.open_cursor(purpose, cursor).decode() if cursor else ""
        offers = await store.offers_of_seller(seller, after, limit + 1)
        shown = offers[:limit]
        following = signer.sign(purpose, shown[-1].sku.encode()) if len(offers) > limit else None
        return OfferList([OfferView.of(offer) for offer in shown], following)

    @get("/offers/{sku:str}", summary="One offer with its stock")
    async def get_offer(request: SellerRequest, sku: FromPath[str]) -> Response[OfferView]:
        offer = await set_offer.get(seller_of_call(request), sku)
        return Response(OfferView.of(offer), headers={"etag": etag(offer.version)})

    @post("/offers", summary="Offer a sku")
    async def post_offer(request: SellerRequest, data: JSONBody[NewOfferBody]) -> Response[OfferView]:
        seller = seller_of_call(request)
        offer = await set_offer.create(seller, data.sku, data.terms())
        return Response(OfferView.of(offer), headers={"etag": etag(offer.version)})

    @put("/offers/{sku:str}", summary="Change an offer you have read (If-Match)", opt=IF_MATCH)
    async def put_offer(request: SellerRequest, sku: FromPath[str], data: JSONBody[OfferBody]) -> Response[OfferView]:
        seller = seller_of_call(request)
        offer = await set_offer.change(seller, sku, data.terms(), if_match(request))
        return Response(OfferView.of(offer), headers={"etag": etag(offer.version)})

    @post("/stock/movements", summary="Receive or correct units (Idempotency-Key)", opt=IDEMPOTENCY_KEY)
    async def post_movement(request: SellerRequest, data: JSONBody[MovementBody]) -> Response[StockView]:
        seller, key = seller_of_call(request), idempotency_key(request)
        row, replayed = await change_stock.move(
            seller, Place(data.sku, data.warehouse), Delta(data.units, data.reason, data.note), key
        )
        headers = {"etag": etag(row.version), **({"idempotency-replayed": "true"} if replayed else {})}
        return Response(StockView.of(row), headers=headers)

    @put("/stock/{sku:str}/{warehouse:str}", summary="Set a count you have read (If-Match)", opt=IF_MATCH)
    async def put_stock(
        request: SellerRequest, sku: FromPath[str], warehouse: FromPath[str], data: JSONBody[CountBody]
    ) -> Response[StockView]:
        seller = seller_of_call(request)
        row = await change_stock.set(seller, Place(sku, warehouse), Count(data.on_hand, data.note), if_match(request))
        return Response(StockView.of(row), headers={"etag": etag(row.version)})

    handlers = [list_offers, get_offer, post_offer, put_offer, post_movement, put_stock]
    return Router("/seller", route_handlers=handlers, guards=[needs_seller], tags=["seller"])


def stock_routes(spread_stock: SpreadStock) -> Router:
    """/admin/stock."""

    @put("/stock/{sku:str}/buckets", summary="Spread a sku that many buy at once over several rows")
    async def put_buckets(request: SellerRequest, sku: FromPath[str], data: JSONBody[BucketsBody]) -> SpreadView:
        grant = call_of(request.scope).grant  # type: ignore[arg-type]  # a TypedDict of ASGI keys
        offer = await spread_stock(sku, data.buckets, f"operator:{grant.token_id if grant is not None else ''}"[:64])
        return SpreadView(offer.sku, offer.buckets, [StockView.of(row) for row in offer.stock])

    return Router("/admin", route_handlers=[put_buckets], guards=[needs_operator], tags=["operator"])
