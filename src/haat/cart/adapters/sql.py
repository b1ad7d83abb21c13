"""CartStore on the carts database.

A change is decided on what a brief read showed, and its unit begins with a guarded UPDATE of the cart's version. If the
guard refuses, somebody was faster: the next unit locks the carts, reads them and decides again, so it cannot lose.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Final, TypeVar

import msgspec
from sqlalchemy import BindParameter, bindparam, delete, func, insert, select, update

from haat.cart.adapters.tables import CART, CART_LINE
from haat.cart.messages import CartChanged
from haat.cart.model import Cart, CartLine, Step
from haat.cart.ports import Decide
from haat.engines.sql import Database, Statement, Tx
from haat.engines.sql.inbox import fresh
from haat.engines.sql.outgoing import SqlOutgoing
from haat.engines.sql.ports import Refused, Row
from haat.events.outbox import Outbox

T = TypeVar("T")

_TRIES: Final = 5  # after the first: each is lost only to another's first write of the same cart or mark
_BRIEF_OWNERS: Final = 4
_CART_COLUMNS: Final = len(CART.c)

_OWNERS: Final[BindParameter[str]] = bindparam("owners", expanding=True)
_CARTS: Final = Statement(select(CART).where(CART.c.owner.in_(_OWNERS)).order_by(CART.c.owner))
_CARTS_LOCKED: Final = Statement(select(CART).where(CART.c.owner.in_(_OWNERS)).order_by(CART.c.owner).with_for_update())
_LINES_ORDER = (CART_LINE.c.owner, CART_LINE.c.added_ms, CART_LINE.c.sku)
_LINES: Final = Statement(select(CART_LINE).where(CART_LINE.c.owner.in_(_OWNERS)).order_by(*_LINES_ORDER))
_LINES_LOCKED: Final = Statement(
    select(CART_LINE).where(CART_LINE.c.owner.in_(_OWNERS)).order_by(*_LINES_ORDER).with_for_update()
)
_ONE_CART: Final = Statement(  # what one tab asks: once, and without a list to render
    select(CART, CART_LINE)
    .select_from(CART.outerjoin(CART_LINE, CART_LINE.c.owner == CART.c.owner))
    .where(CART.c.owner == bindparam("by_owner"))
    .order_by(CART_LINE.c.added_ms, CART_LINE.c.sku)
)
_UNITS: Final = Statement(
    select(func.coalesce(func.sum(CART_LINE.c.units), 0)).where(CART_LINE.c.owner == bindparam("by_owner"))
)
_ADD_CART: Final = Statement(insert(CART), *CART.c.keys())
_BUMP: Final = Statement(
    update(CART)
    .where(CART.c.owner == bindparam("by_owner"), CART.c.version == bindparam("expects"))
    .values(
        checkout_id=bindparam("new_checkout"),
        version=bindparam("new_version"),
        pincode=bindparam("new_pincode"),
        changed_ms=bindparam("now_ms"),
    )
)
_AT = (CART_LINE.c.owner == bindparam("by_owner"), CART_LINE.c.sku == bindparam("by_sku"))
_ADD_LINE: Final = Statement(insert(CART_LINE), *CART_LINE.c.keys())
_SET_UNITS: Final = Statement(update(CART_LINE).where(*_AT).values(units=bindparam("new_units")))
_DROP_LINE: Final = Statement(delete(CART_LINE).where(*_AT))


class _Moved(Exception):
    """A cart is not what it was when the change was decided. The unit keeps nothing."""


class SqlCartStore(SqlOutgoing):
    """CartStore, and the outbox of its database."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        super().__init__(database)
        self._database = database
        self._outbox = outbox

    async def carts(self, owners: Sequence[str]) -> Mapping[str, Cart]:
        """See CartStore."""
        return (await self._look(owners))[0]

    async def units(self, owner: str) -> int:
        """See CartStore."""

        def count_units(tx: Tx) -> int:
            row = _UNITS.first(tx, {"by_owner": owner})
            return int(row[0]) if row else 0  # MySQL sums to a Decimal

        return await self._database.read(count_units, brief=True)

    async def change(
        self, owners: Sequence[str], decide: Decide, known: Mapping[str, Cart] | None = None
    ) -> Mapping[str, Cart]:
        """See CartStore."""
        before, now_ms = (known, 0) if known is not None else await self._look(owners)
        if not decide(before, now_ms):
            return before

        def change_cart(tx: Tx) -> Mapping[str, Cart]:
            return self._write(tx, before, decide(before, tx.now_ms))

        def change_locked_cart(tx: Tx) -> Mapping[str, Cart]:
            locked = _read(tx, owners, _CARTS_LOCKED, _LINES_LOCKED)
            return self._write(tx, locked, decide(locked, tx.now_ms))

        try:
            return await self._database.transact(change_cart)
        except (_Moved, Refused):
            return await self._insist(change_locked_cart)

    async def change_once(
        self, marks: Sequence[str], owners: Sequence[str], decide_for: Callable[[Collection[str]], Decide]
    ) -> None:
        """See CartStore."""

        def change_carts_once(tx: Tx) -> None:
            new = fresh(tx, "cart", marks)
            if new:
                locked = _read(tx, owners, _CARTS_LOCKED, _LINES_LOCKED)
                self._write(tx, locked, decide_for(new)(locked, tx.now_ms))

        await self._insist(change_carts_once)

    async def _look(self, owners: Sequence[str]) -> tuple[Mapping[str, Cart], int]:
        def look(tx: Tx) -> tuple[Mapping[str, Cart], int]:
            found = _read_one(tx, owners[0]) if len(owners) == 1 else _read(tx, owners, _CARTS, _LINES)
            return found, tx.now_ms

        return await self._database.read(look, brief=len(owners) <= _BRIEF_OWNERS)

    async def _insist(self, unit: Callable[[Tx], T]) -> T:
        """Run a unit that locks what it decides on. Only a row's first insert can still lose to another's."""
        for _ in range(_TRIES):
            with suppress(Refused):
                return await self._database.transact(unit)
        return await self._database.transact(unit)

    def _write(self, tx: Tx, before: Mapping[str, Cart], steps: Sequence[Step]) -> Mapping[str, Cart]:
        """Write what the steps lead to and their events; all carts as they are then. Raises: _Moved, Refused."""
        after = {step.after.owner: step.after for step in steps}
        _ADD_CART.many(tx, [_row(cart) for owner, cart in after.items() if owner not in before])
        bumps = [_bump(before[owner], cart) for owner, cart in after.items() if owner in before]
        if bumps and _BUMP.many(tx, bumps) != len(bumps):
            raise _Moved
        _write_lines(tx, before, after.values())
        self._outbox.add(tx, [(step.after.owner, _message(step)) for step in steps])
        return {**before, **after}


def _read_one(tx: Tx, owner: str) -> dict[str, Cart]:
    """The cart of one owner. One statement."""
    rows = _ONE_CART.all(tx, {"by_owner": owner})
    lines = [CartLine(*row[_CART_COLUMNS + 1 :]) for row in rows if row[_CART_COLUMNS] is not None]
    return {owner: _cart(rows[0][:_CART_COLUMNS], lines)} if rows else {}


def _read(tx: Tx, owners: Sequence[str], carts: Statement, lines: Statement) -> dict[str, Cart]:
    """The carts of these owners. Two statements."""
    wanted = {"owners": sorted(set(owners))}
    rows = carts.all(tx, wanted)
    if not rows:
        return {}
    by_owner: dict[str, list[CartLine]] = {}
    for owner, *line in lines.all(tx, wanted):
        by_owner.setdefault(owner, []).append(CartLine(*line))
    return {row[0]: _cart(row, by_owner.get(row[0], ())) for row in rows}


def _cart(row: Row, lines: Sequence[CartLine]) -> Cart:
    owner, checkout_id, version, pincode, created_ms, changed_ms = row
    return Cart(
        owner=owner,
        checkout_id=checkout_id,
        version=version,
        pincode=pincode,
        created_ms=created_ms,
        changed_ms=changed_ms,
        lines=tuple(lines),
    )


def _write_lines(tx: Tx, before: Mapping[str, Cart], carts: Iterable[Cart]) -> None:
    """What differs between the lines that are there and those that shall be. A statement for each kind of change."""
    drops, sets, adds = [], [], []
    for cart in carts:
        old = {line.sku: line for line in before[cart.owner].lines} if cart.owner in before else {}
        new = {line.sku: line for line in cart.lines}
        drops += [{"by_owner": cart.owner, "by_sku": sku} for sku in old if sku not in new]
        for sku, line in new.items():
            if sku not in old:
                adds.append({"owner": cart.owner, **msgspec.structs.asdict(line)})
            elif old[sku].units != line.units:
                sets.append({"by_owner": cart.owner, "by_sku": sku, "new_units": line.units})
    _DROP_LINE.many(tx, drops)
    _SET_UNITS.many(tx, sets)
    _ADD_LINE.many(tx, adds)


def _row(cart: Cart) -> dict[str, object]:
    return {
        "owner": cart.owner,
        "checkout_id": cart.checkout_id,
        "version": cart.version,
        "pincode": cart.pincode,
        "created_ms": cart.created_ms,
        "changed_ms": cart.changed_ms,
    }


def _bump(before: Cart, after: Cart) -> dict[str, object]:
    return {
        "by_owner": before.owner,
        "expects": before.version,
        "new_checkout": after.checkout_id,
        "new_version": after.version,
        "new_pincode": after.pincode,
        "now_ms": after.changed_ms,
    }


def _message(step: Step) -> CartChanged:
    cart = step.after
    return CartChanged(
        owner=cart.owner,
        version=cart.version,
        change=step.change,
        sku=step.sku,
        item_id=step.item_id,
        units=step.units,
        lines=len(cart.lines),
        pincode=cart.pincode,
        other=step.other,
        at_ms=cart.changed_ms,
    )
