"""The inbox: an event acts once per consumer, in the transaction of its effect."""

import asyncio

import pytest

from haat.events.inbox import forget, fresh
from tests.contracts.database import Oops
from tests.events.world import World


async def test_an_id_is_fresh_once_per_consumer(world: World) -> None:
    store = world.stores[0]
    assert await store.transact(lambda tx: fresh(tx, "mail", ["e1", "e2", "e1"])) == {"e1", "e2"}
    assert await store.transact(lambda tx: fresh(tx, "mail", ["e2", "e3"])) == {"e3"}
    assert await store.transact(lambda tx: fresh(tx, "lake", ["e1", "e2"])) == {"e1", "e2"}
    assert await store.transact(lambda tx: fresh(tx, "mail", [])) == set()


async def test_an_effect_that_failed_leaves_its_events_fresh(world: World) -> None:
    def unit(tx: object) -> None:
        fresh(tx, "mail", ["e1"])  # type: ignore[arg-type]  # a Tx
        raise Oops

    with pytest.raises(Oops):
        await world.stores[0].transact(unit)
    assert await world.stores[0].transact(lambda tx: fresh(tx, "mail", ["e1"])) == {"e1"}


async def test_of_many_that_act_on_the_same_events_each_event_is_fresh_once(world: World) -> None:
    ids = [f"e{n}" for n in range(20)]
    answers = await asyncio.gather(*(world.stores[0].transact(lambda tx: fresh(tx, "mail", ids)) for _ in range(10)))
    assert sum(len(answer) for answer in answers) == 20


async def test_forget_deletes_only_older_ones(world: World) -> None:
    store = world.stores[0]
    await store.transact(lambda tx: fresh(tx, "mail", ["old"]))
    world.clock.advance(10)
    await store.transact(lambda tx: fresh(tx, "mail", ["new"]))
    assert await store.transact(lambda tx: forget(tx, tx.now_ms)) == 1
    assert await store.transact(lambda tx: fresh(tx, "mail", ["old", "new"])) == {"old"}
