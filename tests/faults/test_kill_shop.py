"""Two processes for the web, two for the work behind it, one SQL server, and kill -9 for any of them while people buy.

What was acknowledged is there as it was acknowledged; what was not is found or made once when it is sent again; and the
shop recovers by itself. `make faults` kills fifty times; small (FAULTS=small), six times.
"""

import os
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

import pytest

from tests.corner import on_servers
from tests.faults.apart import Shop, Shoppers, apart

FULL = os.environ.get("HAAT_TEST_FAULTS", "") == "full"
RUN_NUMBER = int(os.environ.get("HAAT_TEST_RUN_NUMBER", "1"))
pytestmark = [pytest.mark.fault, pytest.mark.timeout(1_800), pytest.mark.xdist_group("crowd")]
KILLS = 50 if FULL else 6
CHECKED = 10 if FULL else 3  # kills between two looks at the running shop
BUYERS = 12
SKUS = 12


@pytest.fixture(scope="module", params=on_servers("mysql", "mariadb"))
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    with apart(request.param, SKUS) as shop:
        yield shop


def victims(shop: Shop) -> list[tuple[str, Callable[[], None], Callable[[], None]]]:
    """Who is killed by turns: name, how, and how it comes back. Every second one is the server."""
    server = ("server", shop.server.kill, shop.server.up)
    web = [(f"web {n}", one.kill, one.start) for n, one in enumerate(shop.crowd.replicas)]
    work = [(f"worker {n}", one.kill, one.start) for n, one in enumerate(shop.crowd.workers)]
    return [server, web[0], server, work[0], server, web[1], server, work[1]]


def kill_by_turns(shop: Shop, buyers: Shoppers, chance: random.Random) -> dict[str, float]:
    """The longest, by victim, from a kill until it is back and somebody has an order again."""
    worst: dict[str, float] = {}
    for number, (name, kill, back) in zip(range(KILLS), cycle(victims(shop))):
        before = buyers.count("ordered")
        enough = before + chance.randrange(5, 40)
        shop.until("people buy", lambda: buyers.count("ordered") >= enough)  # noqa: B023 -- waited for here
        time.sleep(chance.uniform(0, 0.05))  # the moment is what is tried here
        kill()
        died_s = time.monotonic()
        back()
        shop.until("somebody has an order", lambda: buyers.notes("ordered")[-1]["at_s"] > died_s)  # noqa: B023
        who = name.partition(" ")[0]
        worst[who] = max(worst.get(who, 0.0), time.monotonic() - died_s)
        if number % CHECKED == CHECKED - 1:
            shop.crowd.verified()
    return worst


def test_whoever_is_killed_what_was_acknowledged_is_there_and_nothing_is_twice(shop: Shop) -> None:
    before = {row[0] for row in shop.crowd.rows("SELECT id FROM orders")}
    with shop.shoppers(BUYERS, f"kills-{RUN_NUMBER}") as buyers:
        worst = kill_by_turns(shop, buyers, random.Random(RUN_NUMBER))
        buyers.finish()
        notes = buyers.notes()
    took_s = shop.until("nothing is under way", shop.at_rest)
    as_acknowledged(shop, notes, before)
    told = Counter(note["what"] for note in notes)
    resent = [note for note in notes if note["what"] == "ordered" and note["resent"]]
    print(
        f"{KILLS} kills, run number {RUN_NUMBER}: {told['ordered']} orders acknowledged, {len(resent)} of them sent "
        f"again; {told['paid']} paid, {told['cancelled']} cancelled; back after at most "
        + ", ".join(f"{worst[who]:.1f} s ({who})" for who in sorted(worst))
        + f"; at rest {took_s:.1f} s after the last"
    )
    assert resent, "no kill came in the middle"


def as_acknowledged(shop: Shop, notes: list[dict[str, Any]], before: set[str]) -> None:
    """What is stored is what people were told."""
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for note in notes:
        by_kind.setdefault(note["what"], []).append(note)
    refused = [note for note in by_kind.get("refused", []) if note["name"] != "cancel"]
    assert not refused, refused[:5]
    stored = {row[0]: row[1] for row in shop.crowd.rows("SELECT id, state FROM orders") if row[0] not in before}
    ordered = {note["name"]: note["id"] for note in by_kind["ordered"]}
    assert len(set(ordered.values())) == len(by_kind["ordered"]), "each key has an order of its own"
    assert set(ordered.values()) == set(stored), "what was acknowledged is there, and nothing else"
    for note in by_kind.get("again", []):
        assert note["id"] == ordered[note["name"]], note
    cancelled = {note["id"] for note in by_kind.get("cancelled", [])}
    paid = {note["id"] for kind in ("paid", "placed") for note in by_kind.get(kind, [])}
    wrong = {one: state for one, state in stored.items() if state != ("CANCELLED" if one in cancelled else "PLACED")}
    assert not wrong, wrong
    assert paid == set(stored), "everybody has paid, or will at the door"
    statuses = set(re.findall(r'"status":(5\d\d)', shop.crowd.log()))
    assert statuses <= {"503"}, "who cannot be served is told to come again, and nothing else"
