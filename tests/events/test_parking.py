"""What a person can do with parked events: list, replay, discard."""

from collections.abc import Sequence

import pytest

from haat.errors import Invalid, NotFound, Unavailable
from haat.events.envelope import Event
from haat.events.parking import DiscardParked, ListParked, ParkedGone, ReplayParked, UnknownConsumer
from tests.events.world import Collect, World, allow


async def parked_world(world: World, *numbers: int) -> Collect:
    """A consumer that refused all these."""
    handler = Collect()

    def refuse(events: Sequence[Event]) -> None:
        raise Invalid("no title")

    handler.before = refuse
    await world.publish(*numbers)
    await world.flow(handler).drain()
    handler.calls.clear()
    return handler


async def test_replay_runs_them_again_and_closes_them(world: World) -> None:
    handler = await parked_world(world, 1, 2, 3)
    handler.before = allow
    waiting = await ListParked(world.parking)()
    replay = ReplayParked(world.parking, {"collect": handler})
    done = await replay([parked.seq for parked in waiting[:2]])
    assert [one.done for one in done] == [True, True]
    assert len(await ListParked(world.parking)()) == 1
    assert len(await ListParked(world.parking)(state="replayed")) == 2
    assert [one.done for one in await replay.all()] == [True]
    assert sorted(handler.numbers) == [1, 2, 3]
    assert await replay.all() == []


async def test_what_fails_again_stays_with_its_new_reason(world: World) -> None:
    handler = await parked_world(world, 1, 2)

    def partly(events: Sequence[Event]) -> None:
        if len(handler.calls) == 1:
            raise KeyError("colour")

    handler.before = partly
    done = await ReplayParked(world.parking, {"collect": handler}).all("collect")
    assert [one.done for one in done] == [False, True]
    assert "colour" in done[0].reason
    (left,) = await ListParked(world.parking)()
    assert (left.code, left.tries) == ("KeyError", 11)


async def test_an_engine_that_is_down_keeps_it_parked_and_says_so(world: World) -> None:
    handler = await parked_world(world, 1)

    def down(events: Sequence[Event]) -> None:
        raise Unavailable("search is down")

    handler.before = down
    (done,) = await ReplayParked(world.parking, {"collect": handler}).all()
    assert (done.done, done.reason) == (False, "search is down")
    assert len(await ListParked(world.parking)()) == 1


async def test_nothing_runs_when_one_cannot(world: World) -> None:
    handler = await parked_world(world, 1, 2)
    handler.before = allow
    first, second = await ListParked(world.parking)()
    with pytest.raises(NotFound):
        await ReplayParked(world.parking, {"collect": handler})([first.seq, 999])
    with pytest.raises(UnknownConsumer, match="known are: other"):
        await ReplayParked(world.parking, {"other": handler})([first.seq])
    assert await DiscardParked(world.parking)([second.seq]) == 1
    with pytest.raises(ParkedGone):
        await ReplayParked(world.parking, {"collect": handler})([first.seq, second.seq])
    assert handler.calls == []


async def test_discarded_ones_are_kept_but_no_longer_wait(world: World) -> None:
    await parked_world(world, 1, 2)
    first, second = await ListParked(world.parking)()
    with pytest.raises(NotFound):
        await DiscardParked(world.parking)([first.seq, 999])
    assert len(await ListParked(world.parking)()) == 2
    assert await DiscardParked(world.parking)([first.seq, second.seq]) == 2
    assert await DiscardParked(world.parking)([first.seq]) == 0
    assert await ListParked(world.parking)() == []
    assert len(await ListParked(world.parking)(state="discarded", consumer="collect")) == 2
