"""The real country: every PIN code of the postal data is a place or says why not, and the calendars know its states."""

import csv
import datetime
import gzip
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from haat.serviceability.adapters.calendars import IndiaHolidays
from haat.serviceability.adapters.india import IndiaPlaces
from haat.serviceability.model import Hub, Network
from haat.serviceability.pins import PinTable, pin_table
from haat.serviceability.ports import KnownHub, KnownPincode
from haat.serviceability.reach import Reach
from tests.serviceability.worlds import ms, promises_of, reach_of


@cache
def pincodes() -> tuple[KnownPincode, ...]:
    return tuple(IndiaPlaces().pincodes())


@cache
def known_hubs() -> tuple[KnownHub, ...]:
    return tuple(IndiaPlaces().hubs())


@cache
def country() -> Reach:
    hubs = tuple(
        Hub(
            ordinal=i,
            code=f"h{i}",
            name=h.name,
            pincode=h.pincode,
            city=h.city,
            state=h.state,
            latitude=h.latitude,
            longitude=h.longitude,
        )
        for i, h in enumerate(known_hubs())
    )
    table: PinTable = pin_table(pincodes(), hubs)
    return reach_of(Network(generation=1, hubs=hubs, warehouses=()), table, promises_of())


def test_every_pin_code_is_accounted_for() -> None:
    reach = country()
    reasons = Counter(reach.why_not(p.pincode) for p in pincodes())
    assert reasons == {None: 19_557, "no_delivery_office": 23, "place_not_known": 6}
    assert sum(reasons.values()) == 19_586
    assert sum(p.latitude is None for p in pincodes()) == 170
    assert [p.pincode for p in pincodes()] == sorted({p.pincode for p in pincodes()})
    assert len(known_hubs()) == reach.hubs == 809


def test_places_are_where_people_expect_them() -> None:
    for pin, state, hub_states in (
        ("560034", "Karnataka", {"Karnataka"}),
        ("110001", "Delhi", {"Delhi"}),
        ("744101", "Andaman and Nicobar Islands", {"Andaman and Nicobar Islands"}),
        ("190001", "Jammu and Kashmir", {"Jammu and Kashmir"}),
        ("682555", "Lakshadweep", {"Kerala", "Karnataka"}),
    ):
        place = country().place(pin)
        assert place is not None
        assert place.state == state
        assert country().network.hubs[place.hub].state in hub_states
    assert IndiaPlaces().locate("560034") == pytest.approx((12.93, 77.62), abs=0.05)
    assert IndiaPlaces().locate("999999") is None


def test_a_head_office_gone_astray_stands_in_its_own_pin_code() -> None:
    ropar = next(hub for hub in known_hubs() if hub.name == "Ropar")
    assert (ropar.latitude, ropar.longitude) == IndiaPlaces().locate("140001")
    assert not [hub.name for hub in known_hubs() if hub.name.endswith((" HO", " H.O"))]


def test_the_last_mile_grows_with_the_distance() -> None:
    days = Counter(place.last_mile_days for p in pincodes() if (place := country().place(p.pincode)))
    assert days[0] > days[1] > days[2] > days[3] > 0
    assert set(days) == {0, 1, 2, 3}
    far = next(place for p in pincodes() if (place := country().place(p.pincode)) and place.last_mile_days == 3)
    assert (far.refuses, far.cod) == (frozenset({"heavy", "hazardous"}), False)


def test_the_holiday_calendar_knows_every_state_of_the_postal_data() -> None:
    holidays = IndiaHolidays()
    own = {state: holidays.knows(state) for state in {hub.state for hub in known_hubs()}}
    assert [state for state, known in own.items() if not known] == []
    day = datetime.date(2026, 11, 1)
    assert day in holidays.of_state("Karnataka", 2026)
    place = country().place("560034")
    assert place is not None
    assert country().dates(place, ms("2026-11-23 09:00"))


@pytest.mark.data
def test_the_package_says_what_the_open_data_says(data_dir: Path) -> None:
    with gzip.open(data_dir / "india-pincodes" / "pincodes.csv.gz", "rt", encoding="utf-8") as file:
        rows = {row["pincode"]: row for row in csv.DictReader(file)}
    assert len(rows) == len(pincodes())
    for known in pincodes():
        row = rows[known.pincode]
        assert known.delivers == (int(row["delivery_offices"]) > 0)
        assert (known.latitude is None) == (row["latitude"] == "")
        if known.latitude is not None:
            assert known.latitude == pytest.approx(float(row["latitude"]), abs=2e-5)
            assert known.longitude == pytest.approx(float(row["longitude"]), abs=2e-5)
        place = country().place(known.pincode)
        assert place is None or int(row["delivery_offices"]) > 0
