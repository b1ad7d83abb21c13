"""Lookups of one snapshot against plain loops over its arrays."""

import random

import msgspec
import pytest

from haat.serviceability.matrix import build
from haat.serviceability.model import COD, PinRule
from haat.serviceability.pins import NO_HUB, pin_table
from haat.serviceability.reach import Reach
from haat.vocabulary import SHIPPING_CLASSES
from tests.serviceability.worlds import GridPlaces, ms, network_of, promises_of, reach_of

PLACES = GridPlaces()
NETWORK = network_of(PLACES, warehouses=20)
REACH = reach_of(NETWORK)
PINCODES = [p.pincode for p in PLACES.pincodes()]


def test_every_pin_code_is_a_place_or_says_why_not() -> None:
    reasons = {}
    for known in PLACES.pincodes():
        place, reason = REACH.place(known.pincode), REACH.why_not(known.pincode)
        assert (place is None) != (reason is None)
        reasons[known.pincode] = reason
        if not known.delivers:
            assert reason == "no_delivery_office"
        elif known.latitude is None and not known.city:
            assert reason == "place_not_known"
        else:
            assert place is not None
            assert place.pincode == known.pincode
    assert set(reasons.values()) == {None, "no_delivery_office", "place_not_known"}
    for wrong in ("999999", "110145", "", "abcdef", "११०००१", "1100010"):
        assert (REACH.place(wrong), REACH.why_not(wrong)) == (None, "unknown_pincode")


def test_a_pin_code_belongs_to_the_nearest_hub() -> None:
    for known in PLACES.pincodes():
        place = REACH.place(known.pincode)
        if place is None or known.latitude is None or known.longitude is None:
            continue
        squares = [(h.latitude - known.latitude) ** 2 + (h.longitude - known.longitude) ** 2 for h in NETWORK.hubs]
        assert squares[place.hub] <= min(squares) * 1.3  # degrees are not kilometres; ties may fall either way


def test_a_pin_code_without_coordinates_takes_its_districts_usual_hub() -> None:
    table = pin_table(PLACES.pincodes(), NETWORK.hubs)
    for row, known in enumerate(PLACES.pincodes()):
        if known.latitude is None and known.city:
            own = [int(table.hubs[i]) for i, p in enumerate(PLACES.pincodes()) if p.city == known.city and p.latitude]
            assert own.count(int(table.hubs[row])) == max(own.count(hub) for hub in own)
            assert table.last_mile_days[row] == 2
    alone = msgspec.structs.replace(PLACES.pincodes()[0], pincode="999999", latitude=None, city="", state="")
    assert pin_table([alone], NETWORK.hubs).hubs.tolist() == [NO_HUB]
    head_office = msgspec.structs.replace(alone, pincode=NETWORK.hubs[3].pincode)
    assert pin_table([head_office], NETWORK.hubs).hubs.tolist() == [3]


@pytest.mark.parametrize("shipping_class", SHIPPING_CLASSES)
def test_best_is_the_earliest_of_the_warehouses(shipping_class: str) -> None:
    chance = random.Random(3)
    name = next(c for c in SHIPPING_CLASSES if c == shipping_class)
    found = 0
    for _ in range(400):
        place = REACH.place(chance.choice(PINCODES))
        if place is None:
            continue
        now_ms = ms("2026-11-23 00:00") + chance.randrange(14 * 86_400_000)
        some = chance.sample(range(20), chance.randrange(0, 8))
        dates = REACH.dates(place, now_ms)
        codes = [int(REACH.codes[name][w, place.hub]) for w in some]
        promise = REACH.best(place, iter(some), name, now_ms)
        if name in place.refuses or min(codes, default=255) == 255:
            assert promise is None
            continue
        found += 1
        assert promise is not None
        assert promise.code == min(codes)
        assert promise.date == dates[promise.code] == min(dates[code] for code in codes if code != 255)  # type: ignore[type-var]  # no None below 252
        assert promise.warehouse == some[codes.index(promise.code)]
        assert promise.cod == (place.cod and bool(REACH.cells.flags[promise.warehouse, place.hub] & COD))
        steps = REACH.explain(place, REACH.warehouses[promise.warehouse], now_ms, name)
        assert steps is not None
        assert steps[-1].date == promise.date
        assert [step.date for step in steps] == sorted(step.date for step in steps)
    assert found > 50


def test_explain_says_nothing_where_nothing_is_promised() -> None:
    place = next(p for p in map(REACH.place, PINCODES) if p is not None)
    column = REACH.column(place)
    lost = next(w for w in range(20) if column[w] == 255)
    assert REACH.explain(place, REACH.warehouses[lost], ms("2026-11-23 09:00")) is None
    assert REACH.explain(place, "whs_nobody", ms("2026-11-23 09:00")) is None


def test_a_derived_snapshot_shares_what_did_not_change() -> None:
    place = next(p for p in map(REACH.place, PINCODES) if p is not None)
    column = REACH.column(place)
    same = Reach(msgspec.structs.replace(NETWORK, generation=2), REACH.cells, REACH.pins, REACH.promises, REACH)
    assert same.column(place) is column
    assert same.place(place.pincode) is place
    assert same.hubs_that_differ(REACH) == frozenset()
    ruled = msgspec.structs.replace(NETWORK, rules=(PinRule(pincode=place.pincode, last_mile_days=9),))
    other = Reach(ruled, REACH.cells, REACH.pins, REACH.promises, REACH)
    changed = other.place(place.pincode)
    assert changed is not None
    assert changed.last_mile_days == 9
    assert REACH.place(place.pincode) is place


def test_snapshots_tell_which_hubs_differ() -> None:
    closed = tuple(msgspec.structs.replace(h, active=h.ordinal != 4) for h in NETWORK.hubs)
    network = msgspec.structs.replace(NETWORK, hubs=closed, generation=2)
    other = Reach(network, build(network), REACH.pins, promises_of(), REACH)
    brute = {
        hub
        for hub in range(REACH.hubs)
        if any((REACH.codes[c][:, hub] != other.codes[c][:, hub]).any() for c in SHIPPING_CLASSES)
    }
    assert 4 in brute
    assert other.hubs_that_differ(REACH) == REACH.hubs_that_differ(other) == brute
    fewer = msgspec.structs.replace(NETWORK, warehouses=NETWORK.warehouses[:19])
    lost = Reach(fewer, build(fewer), REACH.pins, promises_of())
    assert lost.hubs_that_differ(REACH) == {hub for hub in range(REACH.hubs) if REACH.codes["standard"][19, hub] != 255}
    cut = msgspec.structs.replace(NETWORK, hubs=NETWORK.hubs[:9])
    assert Reach(cut, build(cut), REACH.pins, promises_of()).hubs_that_differ(REACH) == frozenset(range(REACH.hubs))
