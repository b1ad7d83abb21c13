"""WishStore on the carts database."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import BigInteger, BindParameter, Integer, String, and_, bindparam, delete, func, insert, or_, select
from sqlalchemy import update as update_of

from haat.engines.sql import Database, Statement, Tx
from haat.engines.sql.ports import Refused, Row
from haat.events.outbox import Outbox
from haat.wishlist.adapters.tables import WISH
from haat.wishlist.messages import WishChanged
from haat.wishlist.model import Wish, WishlistFull

T = TypeVar("T")

_TRIES: Final = 5  # a new wish can lose its insert to the same wish from another tab, and is then found there

_OWNERS: Final[BindParameter[Any]] = bindparam("owners", expanding=True)
_ITEMS: Final[BindParameter[Any]] = bindparam("items", expanding=True)
_AT = (WISH.c.owner == bindparam("by_owner"), WISH.c.item_id == bindparam("by_item"))
_OF: Final = Statement(
    select(WISH.c.item_id, WISH.c.sku, WISH.c.tell_back, WISH.c.added_ms)
    .where(WISH.c.owner == bindparam("by_owner"))
    .order_by(WISH.c.added_ms.desc(), WISH.c.item_id)
)
_ONE: Final = Statement(
    select(WISH.c.item_id, WISH.c.sku, WISH.c.tell_back, WISH.c.added_ms).where(*_AT).with_for_update()
)
_OF_BOTH: Final = Statement(
    select(WISH).where(WISH.c.owner.in_(_OWNERS)).order_by(WISH.c.owner, WISH.c.item_id).with_for_update()
)
_there = (
    select(func.count().label("wishes")).where(WISH.c.owner == bindparam("by_owner", type_=String)).subquery("there")
)
_ADD: Final = Statement(
    insert(WISH).from_select(
        ["owner", "item_id", "sku", "tell_back", "added_ms"],
        select(
            bindparam("by_owner", type_=String),
            bindparam("by_item", type_=String),
            bindparam("new_sku", type_=String),
            bindparam("new_tell_back", type_=Integer),
            bindparam("now_ms", type_=BigInteger),
        )
        .select_from(_there)
        .where(_there.c.wishes < bindparam("most", type_=Integer)),
    )
)
# Here those that others have not committed are waited for; the count inside `_ADD` does not see them everywhere.
_HOW_MANY: Final = Statement(select(WISH.c.item_id).where(WISH.c.owner == bindparam("by_owner")).with_for_update())
_CHANGE: Final = Statement(
    update_of(WISH).where(*_AT).values(sku=bindparam("new_sku"), tell_back=bindparam("new_tell_back"))
)
_GIVE: Final = Statement(update_of(WISH).where(*_AT).values(owner=bindparam("new_owner")))
_DROP: Final = Statement(delete(WISH).where(*_AT))
_WAITING: Final = Statement(
    select(WISH.c.item_id, WISH.c.owner, WISH.c.sku)
    .where(
        WISH.c.tell_back == 1,
        WISH.c.item_id.in_(_ITEMS),
        or_(
            WISH.c.item_id > bindparam("after_item"),
            and_(WISH.c.item_id == bindparam("after_item"), WISH.c.owner > bindparam("after_owner")),
        ),
    )
    .order_by(WISH.c.item_id, WISH.c.owner)
    .limit(bindparam("most"))
)


class WaitingRow(NamedTuple):
    """Somebody who wants to be told when an item is back."""

    item_id: str
    owner: str
    sku: str | None


class SqlWishStore:
    """WishStore. Its events are in the outbox of the database, which the cart's store shows the relay."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox

    async def of(self, owner: str) -> Sequence[Wish]:
        """See WishStore."""

        def wishes_of(tx: Tx) -> list[Wish]:
            return [_wish(row) for row in _OF.all(tx, {"by_owner": owner})]

        return await self._database.read(wishes_of, brief=True)

    async def put(self, owner: str, item_id: str, sku: str | None, *, tell_back: bool, most: int) -> Wish:
        """See WishStore."""

        def put_wish(tx: Tx) -> Wish:
            at = {"by_owner": owner, "by_item": item_id}
            row = _ONE.first(tx, at)
            before = _wish(row) if row else None
            new_sku = sku or (before.sku if before else None)
            added_ms = before.added_ms if before else tx.now_ms
            wish = Wish(item_id=item_id, sku=new_sku, tell_back=tell_back, added_ms=added_ms)
            if wish == before:
                return wish
            said = {**at, "new_sku": new_sku, "new_tell_back": int(tell_back), "now_ms": tx.now_ms, "most": most}
            if before is not None:
                _CHANGE.one(tx, said)
            elif _ADD.one(tx, said) == 0 or len(_HOW_MANY.all(tx, {"by_owner": owner})) > most:
                raise WishlistFull(f"A wishlist has room for {most} items. Remove some first.", most=most)
            self._say(tx, owner, wish, "put")
            return wish

        return await self._insist(put_wish)

    async def remove(self, owner: str, item_id: str) -> bool:
        """See WishStore."""

        def remove_wish(tx: Tx) -> bool:
            at = {"by_owner": owner, "by_item": item_id}
            row = _ONE.first(tx, at)
            if row is None:
                return False
            _DROP.one(tx, at)
            self._say(tx, owner, _wish(row), "removed")
            return True

        return await self._database.transact(remove_wish)

    async def merge(self, guest: str, user: str) -> int:
        """See WishStore."""

        def merge_wishes(tx: Tx) -> int:
            lists: dict[str, dict[str, Wish]] = {guest: {}, user: {}}
            for owner, *row in _OF_BOTH.all(tx, {"owners": sorted({guest, user})}):
                lists[owner][row[0]] = _wish(row)
            mine, theirs = lists[user], lists[guest]
            new = [wish for item_id, wish in theirs.items() if item_id not in mine]
            both = [_together(mine[item_id], wish) for item_id, wish in theirs.items() if item_id in mine]
            _GIVE.many(tx, [{"by_owner": guest, "by_item": wish.item_id, "new_owner": user} for wish in new])
            _CHANGE.many(
                tx,
                [
                    {"by_owner": user, "by_item": w.item_id, "new_sku": w.sku, "new_tell_back": int(w.tell_back)}
                    for w in both
                ],
            )
            _DROP.many(tx, [{"by_owner": guest, "by_item": wish.item_id} for wish in both])
            for wish in (*new, *both):
                self._say(tx, user, wish, "merged", guest)
            return len(theirs)

        return await self._insist(merge_wishes) if guest != user else 0

    async def waiting(self, item_ids: Sequence[str], after: tuple[str, str], limit: int) -> Sequence[WaitingRow]:
        """See WishStore."""
        if not item_ids:
            return []
        asked = {"items": list(item_ids), "after_item": after[0], "after_owner": after[1], "most": limit}

        def who_waits(tx: Tx) -> list[WaitingRow]:
            return [WaitingRow(*row) for row in _WAITING.all(tx, asked)]

        return await self._database.read(who_waits)

    def _say(self, tx: Tx, owner: str, wish: Wish, change: str, other: str = "") -> None:
        message = WishChanged(
            owner=owner,
            item_id=wish.item_id,
            change=change,
            sku=wish.sku,
            tell_back=wish.tell_back,
            other=other,
            at_ms=tx.now_ms,
        )
        self._outbox.add(tx, [(owner, message)])

    async def _insist(self, unit: Callable[[Tx], T]) -> T:
        for _ in range(_TRIES):
            with suppress(Refused):
                return await self._database.transact(unit)
        return await self._database.transact(unit)


def _wish(row: Row | Sequence[Any]) -> Wish:
    item_id, sku, tell_back, added_ms = row
    return Wish(item_id=item_id, sku=sku, tell_back=bool(tell_back), added_ms=added_ms)


def _together(mine: Wish, theirs: Wish) -> Wish:
    return Wish(
        item_id=mine.item_id,
        sku=mine.sku or theirs.sku,
        tell_back=mine.tell_back or theirs.tell_back,
        added_ms=mine.added_ms,
    )
