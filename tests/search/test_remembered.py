"""The same question to the same snapshot is answered from memory, until something it hangs on is another."""

import random
from pathlib import Path

from haat.search.find import Answer
from haat.search.model import SearchRequest
from tests.conftest import ManualClock
from tests.search.test_brute_force import changed_reach
from tests.search.test_paging import PIN, disturb, loaded
from tests.search.world import Search


async def ask(search: Search, visitor: str | None = None) -> Answer:
    return await search.find.answer(SearchRequest(q="lamp", pincode=PIN, limit=5, visitor=visitor))


async def test_it_is_one_answer_for_everybody_and_every_visitor_is_counted(tmp_path: Path, clock: ManualClock) -> None:
    search = await loaded(tmp_path, clock)
    first = await ask(search, "ann")
    assert first.page.hits
    assert not first.asked_again
    second = await ask(search, "bob")
    assert second is first
    assert second.asked_again
    assert [visitor for visitor, _ in search.published] == ["ann", "bob"]


async def test_a_commit_and_a_change_of_lanes_make_it_anew(tmp_path: Path, clock: ManualClock) -> None:
    search = await loaded(tmp_path, clock)
    first = await ask(search)
    await disturb(search, random.Random(1))
    second = await ask(search)
    assert second is not first
    reach = search.market.serviceability.reach
    search.market.serviceability.reach = changed_reach(reach, dict(reach.codes))
    third = await ask(search)
    assert third is not second
    assert await ask(search) is third


async def test_other_dates_make_it_anew(tmp_path: Path, clock: ManualClock) -> None:
    search = await loaded(tmp_path, clock)
    first = await ask(search)
    clock.advance(3 * 86_400)
    second = await ask(search)
    assert second is not first
    assert [hit.eta for hit in second.page.hits] != [hit.eta for hit in first.page.hits]


async def test_the_cursor_of_a_remembered_page_lasts_as_long_as_that_of_a_new_one(
    tmp_path: Path, clock: ManualClock
) -> None:
    search = await loaded(tmp_path, clock)
    await ask(search)
    clock.advance(290)
    remembered = await ask(search)
    assert remembered.asked_again
    await disturb(search, random.Random(1))
    clock.advance(200)
    page = await search(q="lamp", pincode=PIN, limit=5, cursor=remembered.page.next)
    assert not page.restarted
