"""The promise against a slow simulator that walks day by day, and its rule: a smaller code is never later."""

import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haat.serviceability.adapters.calendars import IndiaHolidays
from haat.serviceability.model import HolidayRule, code_of
from haat.serviceability.promise import CUTOFFS, Calendars, Promises
from tests.serviceability.worlds import ZONE, HandHolidays, ms, promises_of

DAY = datetime.timedelta(days=1)
START = datetime.date(2026, 10, 1)


def simulate(
    holidays: HandHolidays | IndiaHolidays,
    state: str,
    last_mile_days: int,
    handling: int,
    transit: int,
    wave: int,
    now_ms: int,
) -> tuple[datetime.date, datetime.date, datetime.date]:
    """A parcel's days, walked one by one: (leaves the warehouse, reaches the hub, at the door)."""
    local = datetime.datetime.fromtimestamp(now_ms / 1000, ZONE)

    def vans_run(day: datetime.date) -> bool:
        return day.weekday() != 6 and day not in holidays.national(day.year)

    def hub_delivers(day: datetime.date) -> bool:
        return day.weekday() != 6 and day not in holidays.of_state(state, day.year)

    day = local.date()
    if not vans_run(day) or local.time() >= CUTOFFS[wave]:
        day += DAY
        while not vans_run(day):
            day += DAY
    for _ in range(handling):
        day += DAY
        while not vans_run(day):
            day += DAY
    leaves = day
    for _ in range(transit):
        day += DAY
        while not vans_run(day):
            day += DAY
    at_hub = day
    while not hub_delivers(day):
        day += DAY
    for _ in range(last_mile_days):
        day += DAY
        while not hub_delivers(day):
            day += DAY
    return leaves, at_hub, day


offsets = st.sets(st.integers(0, 100), max_size=30)
calendars = st.builds(
    lambda national, state: HandHolidays(
        {"": {START + i * DAY for i in national}, "Karnataka": {START + i * DAY for i in state}}
    ),
    offsets,
    offsets,
)
moments = st.builds(
    lambda day, minute: ms(str(START + day * DAY)) + minute * 60_000,
    st.integers(0, 60),
    st.one_of(st.integers(0, 1439), st.sampled_from([0, 719, 720, 721, 899, 900, 1079, 1080, 1259, 1260, 1439])),
)


@settings(max_examples=80)
@given(calendars, moments, st.sampled_from(["Karnataka", "Goa"]), st.integers(0, 4))
def test_p2_a_smaller_code_is_never_later_at_any_moment(
    holidays: HandHolidays, now_ms: int, state: str, last_mile_days: int
) -> None:
    dates = Promises(Calendars(holidays), ZONE).dates(state, last_mile_days, now_ms)
    assert len(dates) == 256
    assert dates[252:] == (None,) * 4
    known = [date for date in dates[:252] if date is not None]
    assert known == sorted(known)
    assert None not in dates[:252]


@settings(max_examples=150)
@given(
    calendars,
    moments,
    st.sampled_from(["Karnataka", "Goa"]),
    st.integers(0, 4),
    st.integers(0, 5),
    st.integers(0, 12),
    st.integers(0, 3),
)
def test_p1_dates_equal_a_walk_day_by_day(
    holidays: HandHolidays, now_ms: int, state: str, last_mile_days: int, handling: int, transit: int, wave: int
) -> None:
    promises = Promises(Calendars(holidays), ZONE)
    code = code_of(handling + transit, wave)
    leaves, at_hub, door = simulate(holidays, state, last_mile_days, handling, transit, wave, now_ms)
    assert promises.dates(state, last_mile_days, now_ms)[code] == door
    steps = promises.steps(state, last_mile_days, handling, code, now_ms)
    assert steps is not None
    assert [step.date for step in steps] == [leaves, at_hub, door]


@pytest.mark.parametrize("year", [2026, 2027])
def test_p1_dates_equal_a_walk_on_the_real_calendars_of_every_state(year: int) -> None:
    holidays = IndiaHolidays()
    promises = Promises(Calendars(holidays), ZONE)
    for number, state in enumerate(("Karnataka", "Tamil Nadu", "West Bengal", "Delhi", "Nowhere")):
        for week in range(0, 52, 3):
            day = datetime.date(year, 1, 1) + (week * 7 + number) * DAY
            for time in ("00:00", "11:59", "12:00", "14:59", "15:00", "18:00", "20:59", "21:00", "23:59"):
                now_ms = ms(f"{day} {time}")
                for wave, days, last in ((0, 0, 0), (3, 0, 1), (1, 4, 2), (2, 9, 0)):
                    walked = simulate(holidays, state, last, 0, days, wave, now_ms)[2]
                    assert promises.dates(state, last, now_ms)[code_of(days, wave)] == walked


def test_a_cut_off_moves_only_the_waves_that_left() -> None:
    promises = promises_of()
    before, after = ms("2026-11-23 11:59"), ms("2026-11-23 12:00")
    early, late = code_of(0, 0), code_of(0, 3)
    assert promises.dates("Goa", 0, before)[early] == datetime.date(2026, 11, 23)
    assert promises.dates("Goa", 0, after)[early] == datetime.date(2026, 11, 24)
    assert promises.dates("Goa", 0, after)[late] == datetime.date(2026, 11, 23)


def test_a_sunday_order_leaves_on_monday_and_a_state_holiday_waits_at_the_hub() -> None:
    promises = promises_of({"Karnataka": {datetime.date(2026, 11, 23)}})
    sunday = ms("2026-11-22 09:00")
    assert promises.dates("Goa", 0, sunday)[code_of(0, 0)] == datetime.date(2026, 11, 23)
    assert promises.dates("Karnataka", 0, sunday)[code_of(0, 0)] == datetime.date(2026, 11, 24)


def test_an_operators_word_beats_sundays_and_the_public_calendar() -> None:
    monday, sunday = datetime.date(2026, 11, 23), datetime.date(2026, 11, 22)
    rules = [
        HolidayRule(region="", day=sunday, off=False),
        HolidayRule(region="", day=monday, off=True),
        HolidayRule(region="Goa", day=monday, off=False),
    ]
    calendars = Calendars(HandHolidays({"": {datetime.date(2026, 11, 24)}}), rules)
    assert calendars.picks_up(sunday)
    assert not calendars.picks_up(monday)
    assert not calendars.delivers("Kerala", monday)
    assert calendars.delivers("goa", monday)
    assert not calendars.picks_up(datetime.date(2026, 11, 24))


def test_a_calendar_closed_for_ever_promises_nothing_and_ends() -> None:
    class Closed:
        def national(self, year: int) -> frozenset[datetime.date]:
            return frozenset(datetime.date(year, 1, 1) + i * DAY for i in range(366))

        def of_state(self, state: str, year: int) -> frozenset[datetime.date]:
            return self.national(year)

    assert set(Promises(Calendars(Closed()), ZONE).dates("Goa", 0, ms("2026-11-22 09:00"))) == {None}


def test_the_window_is_the_span_without_a_change_even_when_clocks_are_put_back() -> None:
    promises = Promises(Calendars(HandHolidays()), ZoneInfo("Europe/Berlin"))
    now_ms = round(datetime.datetime(2026, 10, 25, 0, 30, tzinfo=datetime.UTC).timestamp() * 1000)  # 02:30 summer time
    start_ms, end_ms = promises.window(now_ms)
    assert start_ms <= now_ms < end_ms
    assert (end_ms - start_ms) == 13 * 3_600_000  # midnight to noon, with the hour that comes twice


def test_answers_are_remembered_until_the_next_cut_off() -> None:
    promises = promises_of()
    at = ms("2026-11-23 12:30")
    assert promises.dates("Goa", 1, at) is promises.dates("Goa", 1, at + 2 * 3_600_000)
    assert promises.dates("Goa", 1, at) is not promises.dates("Goa", 1, at + 3 * 3_600_000)


def test_the_holiday_packages_states_are_found_by_the_names_of_the_postal_data() -> None:
    holidays = IndiaHolidays()
    rajyotsava = datetime.date(2026, 11, 1)
    assert rajyotsava in holidays.of_state("Karnataka", 2026)
    assert rajyotsava not in holidays.of_state("Kerala", 2026)
    assert holidays.of_state("Nowhere", 2026) == holidays.national(2026)
