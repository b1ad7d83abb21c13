"""Look-ups that go out together: few calls, no old answers, nobody left behind."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from haat.engines.together import Together
from haat.errors import Unavailable


class Shelf:
    """What is looked up; its calls wait until they are let go."""

    def __init__(self) -> None:
        self.values = {f"k{n}": n for n in range(100)}
        self.calls: list[list[str]] = []
        self.gate = asyncio.Event()
        self.fails = False

    async def __call__(self, keys: Sequence[str]) -> Mapping[str, int]:
        self.calls.append(list(keys))
        found = {key: self.values[key] for key in keys if key in self.values}
        await self.gate.wait()
        if self.fails:
            raise Unavailable("gone")
        return found


async def turns() -> None:
    """Let what can go on go on."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_is_asked_meanwhile_is_one_call() -> None:
    shelf = Shelf()
    together = Together(shelf, most_keys=50, calls=1)
    first = asyncio.create_task(together(["k0"]))
    await turns()
    others = [asyncio.create_task(together([f"k{n % 10}", f"k{n % 5}"])) for n in range(200)]
    await turns()
    assert shelf.calls == [["k0"]]
    shelf.gate.set()
    assert await first == {"k0": 0}
    for n, other in enumerate(others):
        assert await other == {f"k{n % 10}": n % 10, f"k{n % 5}": n % 5}
    assert len(shelf.calls) == 2


async def test_nobody_is_given_what_was_read_before_they_asked() -> None:
    shelf = Shelf()
    together = Together(shelf, most_keys=50, calls=1)
    before = asyncio.create_task(together(["k1"]))
    await turns()
    shelf.values["k1"] = 77
    after = asyncio.create_task(together(["k1"]))
    await turns()
    shelf.gate.set()
    assert await before == {"k1": 1}
    assert await after == {"k1": 77}


async def test_a_call_has_as_many_keys_as_it_may_and_unknown_ones_are_missing() -> None:
    shelf = Shelf()
    shelf.gate.set()
    together = Together(shelf, most_keys=4, calls=1)
    asked = [together([f"k{n}", f"k{n + 1}"]) for n in range(0, 12, 2)]
    answers = await asyncio.gather(*asked, together([f"k{n}" for n in range(20, 30)]), together(["none"]))
    assert [len(answer) for answer in answers] == [2] * 6 + [10, 0]
    assert max(len(call) for call in shelf.calls[:3]) == 4
    assert ["none"] in shelf.calls or any("none" in call for call in shelf.calls)


async def test_an_error_is_everybodys_and_the_next_are_asked_again() -> None:
    shelf = Shelf()
    shelf.fails = True
    shelf.gate.set()
    together = Together(shelf, most_keys=50, calls=1)
    said = await asyncio.gather(*(together(["k1"]) for _ in range(5)), return_exceptions=True)
    assert all(isinstance(one, Unavailable) for one in said)
    shelf.fails = False
    assert await together(["k1"]) == {"k1": 1}


async def test_who_leaves_is_passed_over_and_too_many_are_refused() -> None:
    shelf = Shelf()
    together = Together(shelf, most_keys=50, calls=1, waiting=2)
    first = asyncio.create_task(together(["k1"]))
    await turns()
    gone, stays = asyncio.create_task(together(["k2"])), asyncio.create_task(together(["k3"]))
    await turns()
    with pytest.raises(Unavailable):
        await together(["k4"])
    gone.cancel()
    await turns()
    shelf.gate.set()
    assert await first == {"k1": 1}
    assert await stays == {"k3": 3}
    assert shelf.calls == [["k1"], ["k3"]]
