"""Deliverability for everyone; the network behind it for the operator."""

import datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, Router, get, patch, post
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from haat.http.headers import IF_MATCH, etag, if_match
from haat.http.identity import Call, needs_operator
from haat.http.read import Reply, read
from haat.http.signing import Signer
from haat.serviceability.ask import AskPincode, PincodeView
from haat.serviceability.hubs import HubPatch, Hubs, NewHub
from haat.serviceability.lanes import LanePatch, Lanes, NewLane
from haat.serviceability.model import HolidayRule, Hub, Lane, PinRule, Warehouse
from haat.serviceability.ports import NetworkStore, Row
from haat.serviceability.quote import AskQuote, Quoted, Reason, Wanted
from haat.serviceability.rules import HolidayRules, NewHoliday, PinRulePatch, PinRules, PinSheet
from haat.serviceability.warehouses import NewWarehouse, WarehousePatch, Warehouses

MAX_LINES: Final = 100
MAX_QUANTITY: Final = 1_000
_ENCODER: Final = msgspec.json.Encoder()
_KEY_JOINT: Final = "\n"  # in no key

OperatorRequest = Request[Any, Any, State]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]
Cursor = Annotated[str, QueryParameter(max_length=2000)]


class PincodeQuery(Struct, frozen=True):
    """Which PIN code."""

    pincode: Annotated[str, Meta(max_length=12)]


class LineBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A sku and how many of it."""

    sku: Annotated[str, Meta(min_length=1, max_length=160)]
    quantity: Annotated[int, Meta(ge=1, le=MAX_QUANTITY)] = 1


class QuoteBody(Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody would like to have, and where."""

    pincode: Annotated[str, Meta(max_length=12)]
    lines: Annotated[list[LineBody], Meta(min_length=1, max_length=MAX_LINES)]


class LineView(Struct, frozen=True):
    """What can be promised for one line. `shipments`: how many warehouses it comes from."""

    sku: str
    quantity: int
    deliverable: bool
    date: datetime.date | None
    cod: bool
    warehouses: int
    shipments: int
    reason: Reason | None
    detail: str

    @classmethod
    def of(cls, line: Quoted) -> "LineView":
        """The view of a line."""
        return cls(
            sku=line.sku,
            quantity=line.quantity,
            deliverable=line.deliverable,
            date=line.date,
            cod=line.cod,
            warehouses=line.warehouses,
            shipments=len(line.parts),
            reason=line.reason,
            detail=line.detail,
        )


class QuoteView(Struct, frozen=True):
    """All lines, in the order they were asked for. Nothing is reserved."""

    pincode: str
    lines: list[LineView]


class HolidayPatch(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the day is off."""

    off: bool


class WarehouseList(Struct, frozen=True):
    """A page of warehouses, by id."""

    warehouses: list[Warehouse]
    next: str | None


class HubList(Struct, frozen=True):
    """A page of hubs, by code."""

    hubs: list[Hub]
    next: str | None


class LaneList(Struct, frozen=True):
    """A page of the lanes that operators overruled, by origin and hub."""

    lanes: list[Lane]
    next: str | None


class PinRuleList(Struct, frozen=True):
    """A page of the PIN codes that operators overruled."""

    pincodes: list[PinRule]
    next: str | None


class HolidayList(Struct, frozen=True):
    """A page of the days that operators overruled, by region and day."""

    holidays: list[HolidayRule]
    next: str | None


def serviceability_routes(
    *,
    ask_pincode: AskPincode,
    ask_quote: AskQuote,
    warehouses: Warehouses,
    hubs: Hubs,
    lanes: Lanes,
    pin_rules: PinRules,
    holidays: HolidayRules,
    store: NetworkStore,
    signer: Signer,
) -> list[BaseRouteHandler | Router]:
    """/serviceability for everyone and /admin/{warehouses,hubs,lanes,pincodes,holidays}, under the API's prefix."""

    async def show_pincode(query: PincodeQuery, _: Call) -> Reply:
        return Reply(_ENCODER.encode(await ask_pincode(query.pincode)))

    @post(
        "/serviceability/quote", status_code=200, summary="What can be brought to a PIN code, and when", tags=["shop"]
    )
    async def post_quote(data: JSONBody[QuoteBody]) -> QuoteView:
        quote = await ask_quote(data.pincode, [Wanted(line.sku, line.quantity) for line in data.lines])
        return QuoteView(quote.pincode, [LineView.of(line) for line in quote.lines])

    pages = _Pages(store, signer)
    admin = [
        *_warehouse_routes(warehouses, pages),
        *_hub_routes(hubs, pages),
        *_lane_routes(lanes, pages),
        *_pincode_routes(pin_rules, pages),
        *_holiday_routes(holidays, pages),
    ]
    summary = "Whether we deliver to a PIN code, and how soon"
    return [
        read(
            "/serviceability/{pincode:str}",
            PincodeQuery,
            PincodeView,
            show_pincode,
            summary=summary,
            tags=["shop"],
            patterns={"pincode": "^[1-9][0-9]{5}$"},
        ),
        post_quote,
        Router("/admin", route_handlers=admin, guards=[needs_operator], tags=["operator"]),
    ]


class _Pages:
    """Pages of rows by key, with signed cursors."""

    def __init__(self, store: NetworkStore, signer: Signer) -> None:
        self._store = store
        self._signer = signer

    async def page(
        self, shape: type[Row], key: tuple[str, ...], limit: int, cursor: str
    ) -> tuple[list[Row], str | None]:
        """Rows behind the cursor, and the cursor of what follows them."""
        purpose = f"admin:{shape.__name__}"
        after = self._signer.open_cursor(purpose, cursor).decode().split(_KEY_JOINT) if cursor else ()
        rows = await self._store.page(shape, after, limit + 1)
        if len(rows) <= limit:
            return list(rows), None
        last = _KEY_JOINT.join(str(getattr(rows[limit - 1], name)) for name in key)
        return list(rows[:limit]), self._signer.sign(purpose, last.encode())


def _tagged(row: Row, status_code: int = 200) -> Response[Row]:
    return Response(row, headers={"etag": etag(row.version)}, status_code=status_code)


def _warehouse_routes(warehouses: Warehouses, pages: _Pages) -> list[BaseRouteHandler]:
    @get("/warehouses", summary="Warehouses")
    async def list_warehouses(limit: Limit = 50, cursor: Cursor = "") -> WarehouseList:
        return WarehouseList(*await pages.page(Warehouse, ("id",), limit, cursor))

    @post("/warehouses", summary="Open a warehouse")
    async def post_warehouse(data: JSONBody[NewWarehouse]) -> Response[Warehouse]:
        return _tagged(await warehouses.create(data), 201)

    @get("/warehouses/{warehouse:str}", summary="One warehouse, by id or code")
    async def get_warehouse(warehouse: FromPath[str]) -> Response[Warehouse]:
        return _tagged(await warehouses.read(warehouse))

    @patch("/warehouses/{warehouse:str}", summary="Change or close a warehouse you have read (If-Match)", opt=IF_MATCH)
    async def patch_warehouse(
        request: OperatorRequest, warehouse: FromPath[str], data: JSONBody[WarehousePatch]
    ) -> Response[Warehouse]:
        return _tagged(await warehouses.change(warehouse, data, if_match(request)))

    return [list_warehouses, post_warehouse, get_warehouse, patch_warehouse]


def _hub_routes(hubs: Hubs, pages: _Pages) -> list[BaseRouteHandler]:
    @get("/hubs", summary="Hubs")
    async def list_hubs(limit: Limit = 50, cursor: Cursor = "") -> HubList:
        return HubList(*await pages.page(Hub, ("code",), limit, cursor))

    @post("/hubs", summary="Open a hub; the PIN codes nearest to it become its own")
    async def post_hub(data: JSONBody[NewHub]) -> Response[Hub]:
        return _tagged(await hubs.create(data), 201)

    @get("/hubs/{hub:str}", summary="One hub")
    async def get_hub(hub: FromPath[str]) -> Response[Hub]:
        return _tagged(await hubs.read(hub))

    @patch("/hubs/{hub:str}", summary="Change or close a hub you have read (If-Match)", opt=IF_MATCH)
    async def patch_hub(request: OperatorRequest, hub: FromPath[str], data: JSONBody[HubPatch]) -> Response[Hub]:
        return _tagged(await hubs.change(hub, data, if_match(request)))

    return [list_hubs, post_hub, get_hub, patch_hub]


def _lane_routes(lanes: Lanes, pages: _Pages) -> list[BaseRouteHandler]:
    @get("/lanes", summary="Lanes that overrule the distance rule")
    async def list_lanes(limit: Limit = 50, cursor: Cursor = "") -> LaneList:
        return LaneList(*await pages.page(Lane, ("origin", "hub"), limit, cursor))

    @post("/lanes", summary="Overrule a lane from a warehouse to a hub, or a leg between hubs")
    async def post_lane(data: JSONBody[NewLane]) -> Response[Lane]:
        return _tagged(await lanes.create(data), 201)

    @get("/lanes/{origin:str}/{hub:str}", summary="One overruled lane")
    async def get_lane(origin: FromPath[str], hub: FromPath[str]) -> Response[Lane]:
        return _tagged(await lanes.read(origin, hub))

    @patch("/lanes/{origin:str}/{hub:str}", summary="Change or close a lane you have read (If-Match)", opt=IF_MATCH)
    async def patch_lane(
        request: OperatorRequest, origin: FromPath[str], hub: FromPath[str], data: JSONBody[LanePatch]
    ) -> Response[Lane]:
        return _tagged(await lanes.change(origin, hub, data, if_match(request)))

    return [list_lanes, post_lane, get_lane, patch_lane]


def _pincode_routes(rules: PinRules, pages: _Pages) -> list[BaseRouteHandler]:
    @get("/pincodes", summary="PIN codes that overrule the derived rule")
    async def list_pincodes(limit: Limit = 50, cursor: Cursor = "") -> PinRuleList:
        return PinRuleList(*await pages.page(PinRule, ("pincode",), limit, cursor))

    @get("/pincodes/{pincode:str}", summary="One PIN code: what was said of it, and what holds")
    async def get_pincode(pincode: FromPath[str]) -> Response[PinSheet]:
        sheet = await rules.read(pincode)
        return Response(sheet, headers={"etag": etag(sheet.rule.version)})

    @patch(
        "/pincodes/{pincode:str}",
        summary='Overrule a PIN code you have read (If-Match, `"v0"` the first time)',
        opt=IF_MATCH,
    )
    async def patch_pincode(
        request: OperatorRequest, pincode: FromPath[str], data: JSONBody[PinRulePatch]
    ) -> Response[PinRule]:
        return _tagged(await rules.change(pincode, data, if_match(request)))

    return [list_pincodes, get_pincode, patch_pincode]


def _holiday_routes(holidays: HolidayRules, pages: _Pages) -> list[BaseRouteHandler]:
    @get("/holidays", summary="Days that overrule the public calendar")
    async def list_holidays(limit: Limit = 50, cursor: Cursor = "") -> HolidayList:
        return HolidayList(*await pages.page(HolidayRule, ("region", "day"), limit, cursor))

    @post("/holidays", summary="Overrule a day for the country (region all) or a state")
    async def post_holiday(data: JSONBody[NewHoliday]) -> Response[HolidayRule]:
        return _tagged(await holidays.create(data), 201)

    @patch("/holidays/{region:str}/{day:date}", summary="Change a day you have read (If-Match)", opt=IF_MATCH)
    async def patch_holiday(
        request: OperatorRequest, region: FromPath[str], day: FromPath[datetime.date], data: JSONBody[HolidayPatch]
    ) -> Response[HolidayRule]:
        return _tagged(await holidays.change(region, day, off=data.off, expects=if_match(request)))

    return [list_holidays, post_holiday, patch_holiday]
