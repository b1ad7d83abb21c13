"""Crowds that want the same things at the same moment, over HTTP, from several processes; and a server that is killed.

`make faults` runs the sizes that the project promises; small (FAULTS=small), the same tests with fewer rounds.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import pairwise

import pytest

from tests.corner import corner, on_servers
from tests.faults.crowd import Answer, Crowded, crowded

pytestmark = [pytest.mark.fault, pytest.mark.timeout(1_800), pytest.mark.xdist_group("crowd")]
FULL = os.environ.get("HAAT_TEST_FAULTS", "") == "full"
RUN_NUMBER = int(os.environ.get("HAAT_TEST_RUN_NUMBER", "1"))
BUYERS, UNITS = 200, 50
ROUNDS = 20 if FULL else 2
KILLED_ROUNDS = 20 if FULL else 1
BASKET_ROUNDS = ROUNDS // 2
KEYS = 2_000 if FULL else 40
PLENTY = 10  # skus that never run out
PROCESSES = 3


@pytest.fixture(scope="module", params=["embedded", *on_servers("mysql", "mariadb")])
def shop(request: pytest.FixtureRequest) -> Iterator[Crowded]:
    """One process on embedded engines, or two on servers.

    At the end, when the servers have stopped and everything that waits is done, all is in order.
    """
    with ExitStack() as stack:
        embedded = request.param == "embedded"
        urls = {} if embedded else stack.enter_context(corner(request.param))
        yield stack.enter_context(stocked(urls, 1 if embedded else 2))


@contextmanager
def stocked(urls: Mapping[str, str], servers: int) -> Iterator[Crowded]:
    scarce = ROUNDS + KILLED_ROUNDS + 3 * BASKET_ROUNDS
    with crowded(3 * (scarce + PLENTY), urls, servers) as shop:
        assert len(shop.skus) >= scarce + PLENTY, len(shop.skus)
        shop.skus = shop.skus[: scarce + PLENTY]
        shop.stock(dict.fromkeys(shop.skus[:scarce], UNITS) | dict.fromkeys(shop.skus[scarce:], 100_000))
        shop.start()
        yield shop
        shop.stop()
        shop.drain()
        shop.verified(drained=True)
        assert '"status":5' not in shop.log(), "no request was answered with 5xx"


def fresh(shop: Crowded) -> str:
    """A sku of which nobody has bought."""
    return shop.skus.pop(0)


def exactly_the_units(shop: Crowded, sku: str, answers: list[Answer]) -> None:
    """Fifty were told that they have one, and have one; the others were told plainly that it is gone."""
    told = Counter(answer.status for answer in answers)
    assert set(told) <= {200, 201, 409}, f"{told}\n{shop.log()[-9_000:]}"
    placed = {answer.order_id for answer in answers if answer.status in (200, 201)}
    assert len(placed) == UNITS, told
    assert told[409] == BUYERS - UNITS
    for answer in answers:
        if answer.status == 409:
            assert answer.body["lines"][0]["sku"] == sku, answer.body
            assert answer.body["lines"][0]["pointer"] == "#/lines/0"
    assert shop.sold(sku) == UNITS
    stored = {row[0] for row in shop.rows("SELECT order_id FROM order_line WHERE sku = ?", sku)}
    assert stored == placed, "what was acknowledged is there, and nothing else"
    assert shop.rows("SELECT sku FROM stock WHERE held < 0 OR on_hand < 0 OR held > on_hand") == []
    shop.verified()


def test_two_hundred_buyers_for_fifty_units(shop: Crowded) -> None:
    took = []
    for _ in range(ROUNDS):
        sku = fresh(shop)
        with shop.crowd(PROCESSES) as crowd:
            began = time.monotonic()
            crowd.send([shop.order(f"{sku}-{n}", {sku: 1}) for n in range(BUYERS)])
            answers = crowd.answers()
            took.append(time.monotonic() - began)
        assert {answer.tries for answer in answers} == {1}
        exactly_the_units(shop, sku, answers)
    print(f"{ROUNDS} rounds of {BUYERS} buyers for {UNITS} units: {min(took):.2f} to {max(took):.2f} s each")


def test_two_hundred_buyers_for_fifty_units_while_the_server_is_killed(shop: Crowded) -> None:
    again = 0
    for number in range(KILLED_ROUNDS):
        sku, chance = fresh(shop), random.Random(f"{RUN_NUMBER} {number}")
        with shop.crowd(PROCESSES) as crowd:
            crowd.send([shop.order(f"{sku}-{n}", {sku: 1}) for n in range(BUYERS)])
            crowd.wait_for(chance.randrange(1, BUYERS - UNITS))
            time.sleep(chance.uniform(0, 0.03))  # the moment is what is tried here
            shop.kill()
            shop.start()
            answers = crowd.answers()
        again += sum(answer.tries > 1 for answer in answers)
        exactly_the_units(shop, sku, answers)
    print(f"{KILLED_ROUNDS} rounds with kill -9, run number {RUN_NUMBER}: {again} requests were sent again")
    assert again, "no kill came in the middle"


def test_baskets_in_opposite_orders_are_whole_or_not_at_all(shop: Crowded) -> None:
    for _ in range(BASKET_ROUNDS):
        skus = [fresh(shop) for _ in range(3)]
        with shop.crowd(PROCESSES) as crowd:
            crowd.send(
                [
                    shop.order(f"{skus[0]}-{n}", dict.fromkeys(skus if n % 2 else reversed(skus), 1))
                    for n in range(BUYERS // 2)
                ]
            )
            answers = crowd.answers()
        told = Counter(answer.status for answer in answers)
        assert told == {201: UNITS, 409: BUYERS // 2 - UNITS}, told
        assert [shop.sold(sku) for sku in skus] == [UNITS] * 3
        shop.verified()


def test_each_write_five_times_at_once_is_one_effect_and_one_answer(shop: Crowded) -> None:
    plenty = shop.skus[-PLENTY:]
    before = int(shop.rows("SELECT COUNT(*) FROM orders")[0][0])
    repeated, other = [], []
    for n in range(KEYS):
        sku = plenty[n % len(plenty)]
        repeated.append([shop.order(f"five-{n}", {sku: 1 + n % 3}, user=n)] * 5)
        changed = shop.order(f"five-{n}", {sku: 7}, user=n)
        other.append({**changed, "name": f"other-{n}"})
    began = time.monotonic()
    with shop.crowd(PROCESSES) as crowd:
        for first in range(0, KEYS, 20):
            # Dealt out by turns: the five of one key come from different processes.
            crowd.send([asked for five in repeated[first : first + 20] for asked in five])
        answers = crowd.answers()
    took = time.monotonic() - began
    by_key: dict[str, list[Answer]] = {}
    for answer in answers:
        by_key.setdefault(answer.name, []).append(answer)
    assert len(by_key) == KEYS
    for name, five in by_key.items():
        assert [answer.status for answer in five] == [201] * 5, (name, five)
        assert all(answer.body == five[0].body for answer in five), name
    assert int(shop.rows("SELECT COUNT(*) FROM orders")[0][0]) == before + KEYS
    with shop.crowd(PROCESSES) as crowd:
        for first in range(0, KEYS, 100):
            crowd.send(other[first : first + 100])
        refused = crowd.answers()
    assert Counter(answer.status for answer in refused) == {422: KEYS}
    assert int(shop.rows("SELECT COUNT(*) FROM orders")[0][0]) == before + KEYS
    shop.verified()
    print(f"{KEYS} keys, each five times at once, in {took:.1f} s")


def test_two_tabs_of_one_checkout_are_one_order(shop: Crowded) -> None:
    sku, pairs = shop.skus[-1], KEYS // 10
    asked = [
        shop.order(f"tabs-{n}", {sku: 1}, key=f"tab-{n}-{tab}", checkout=f"tabs-{n}", user=n)
        for n in range(pairs)
        for tab in range(2)
    ]
    with shop.crowd(2) as crowd:
        crowd.send(asked)
        answers = sorted(crowd.answers())
    for one, other in list(pairwise(answers))[::2]:
        assert one.name == other.name
        assert one.order_id == other.order_id
        assert {one.status, other.status} == {200, 201}
    assert len({answer.order_id for answer in answers}) == pairs
