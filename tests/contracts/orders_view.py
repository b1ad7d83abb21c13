"""What reads of orders promise (haat.orders.ports.OrdersView)."""

import datetime
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from haat.engines.system import SeededIds
from haat.errors import Unavailable
from haat.orders.model import Address, Event, Line, Order, Part, Shipment, Snapshot, Totals
from haat.orders.number import number_of
from haat.orders.ports import OrdersView
from tests.conftest import NOON_MS

Write = Callable[[Order], Awaitable[None]]


def order_of(order_id: str, owner: str, sellers: tuple[str, ...] = ("a",), state: Any = "CREATED") -> Order:
    """An order with a line of each of these sellers."""
    lines = [
        Line(
            line=number, sku=f"{seller}.X{number}", item_id=f"itm_{number}", seller=seller, title="Thing",
            picture="pic", units=number, price_minor=100, total_minor=100 * number, tax_class="gst-18", tax_bp=1_800,
            tax_minor=15 * number, offer_version=3,
        )
        for number, seller in enumerate(sellers, 1)
    ]  # fmt: skip
    day = datetime.date(2026, 11, 25)
    parts = [
        Part(part=x.line, line=x.line, sku=x.sku, item_id=x.item_id, warehouse="whs_1", units=x.units, offer_version=3,
             promised_on=day)
        for x in lines
    ]  # fmt: skip
    items_minor = sum(line.total_minor for line in lines)
    events = [Event(1, None, "CREATED", "", owner, NOON_MS)]
    if state != "CREATED":
        events.append(Event(2, "CREATED", state, "", owner, NOON_MS))
    return Order(
        id=order_id,
        number=number_of(order_id),
        owner=owner,
        checkout_id=order_id,
        state=state,
        reason="",
        version=len(events),
        totals=Totals(
            currency="INR",
            items_minor=items_minor,
            discount_minor=0,
            shipping_minor=4_000,
            tax_minor=sum(line.tax_minor for line in lines),
            total_minor=items_minor + 4_000,
        ),
        method="upi",
        on_late_payment="refund",
        pincode="560034",
        created_ms=NOON_MS,
        expires_ms=NOON_MS + 1 if state == "CREATED" else 0,
        extended=False,
        changed_ms=NOON_MS,
        replaces=None,
        snapshot=Snapshot(
            address=Address(name="Asha", phone="9845012345", line1="1 Lake Road", pincode="560034"),
            parts=parts,
            shipments=[Shipment(number=1, warehouse="whs_1", promised_on=day, parts=[part.part for part in parts])],
            payment_id="pay_1",
            shipping_classes={"a.X1": "heavy"},
        ),
        lines=lines,
        events=events,
    )


class OrdersViewContract:
    """Promises P1-P5. Engines bind by fixtures: `view`, `write` (an order at rest), `statements` (so far), `down`."""

    @pytest.fixture
    async def written(self, write: Write, ids: SeededIds) -> list[Order]:
        """Thirty orders of three owners and two sellers, the oldest first."""
        orders = [
            order_of(
                ids.new("ord"),
                f"crt_{i % 3}",
                [("a",), ("b",), ("a", "b"), ("b", "a", "a")][i % 4],
                "PLACED" if i % 5 == 0 else "CREATED",
            )
            for i in range(30)
        ]
        for order in orders:
            await write(order)
        return orders

    @pytest.mark.parametrize("limit", [1, 4, 100])
    async def test_p1_pages_are_newest_first_and_have_each_order_once(
        self, view: OrdersView, written: list[Order], limit: int
    ) -> None:
        found: list[str] = []
        while page := await view.recent("", found[-1] if found else "", limit):
            assert len(page) <= limit
            found.extend(order.id for order in page)
        assert found == [order.id for order in reversed(written)]

    async def test_p1_a_list_of_one_state_has_no_other(self, view: OrdersView, written: list[Order]) -> None:
        placed = [order.id for order in reversed(written) if order.state == "PLACED"]
        first = await view.recent("PLACED", "", 4)
        rest = await view.recent("PLACED", first[-1].id, 100)
        assert [order.id for order in (*first, *rest)] == placed

    async def test_p2_an_owner_sees_his_own(self, view: OrdersView, written: list[Order]) -> None:
        mine = [order for order in reversed(written) if order.owner == "crt_1"]
        first = await view.of_owner("crt_1", "", 6)
        rest = await view.of_owner("crt_1", first[-1].id, 100)
        assert [order.id for order in (*first, *rest)] == [order.id for order in mine]
        assert [order.lines for order in first] == [order.lines for order in mine[:6]]
        assert await view.of_owner("crt_9", "", 10) == []

    async def test_p2_a_seller_sees_his_lines(self, view: OrdersView, written: list[Order]) -> None:
        mine = [order for order in reversed(written) if any(line.seller == "a" for line in order.lines)]
        first = await view.of_seller("a", "", 5)
        rest = await view.of_seller("a", first[-1].id, 100)
        found = [*first, *rest]
        assert [order.id for order in found] == [order.id for order in mine]
        for shown, whole in zip(found, mine, strict=True):
            assert shown.lines == [line for line in whole.lines if line.seller == "a"]
        assert await view.of_seller("c", "", 10) == []

    async def test_p3_an_order_comes_as_it_was_written(self, view: OrdersView, written: list[Order]) -> None:
        for order in written:
            assert await view.order(order.id) == order
        assert await view.order("ord_none") is None

    async def test_p4_a_page_costs_three_statements_at_most(
        self, view: OrdersView, written: list[Order], statements: Callable[[], int]
    ) -> None:
        reads: list[tuple[Callable[[], Awaitable[object]], int]] = [
            (lambda: view.order(written[0].id), 3),
            (lambda: view.of_owner("crt_1", "", 100), 2),
            (lambda: view.of_seller("a", "", 100), 3),
            (lambda: view.recent("", "", 100), 2),
            (lambda: view.recent("PLACED", "", 100), 2),
        ]
        for read, most in reads:
            before = statements()
            await read()
            assert 0 < statements() - before <= most

    async def test_p5_without_a_database_nothing_is_known(
        self, view: OrdersView, down: Callable[[], Awaitable[None]]
    ) -> None:
        await down()
        reads: list[Callable[[], Awaitable[object]]] = [
            lambda: view.order("ord_1"),
            lambda: view.of_owner("crt_1", "", 1),
            lambda: view.of_seller("a", "", 1),
            lambda: view.recent("", "", 1),
        ]
        for read in reads:
            with pytest.raises(Unavailable):
                await read()
