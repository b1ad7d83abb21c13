"""The promise: arrival code + place + moment → date. The one function that listing, product page, quote and order use.

Pickups run on pickup days (one national calendar: no Sundays, no national holidays) in four daily waves. A parcel
handed over before its wave's cut-off starts counting today, else on the next pickup day. Handling and transit are
counted in pickup days, so a shorter code cannot be overtaken by a longer one: between two consecutive pickup days
lies exactly one day that transit counts. The day at the hub is rounded up to the hub's next delivery day (no Sundays,
no holidays of its state), and the last mile counts delivery days from there. Every step is monotone, so the date is.
"""

import datetime
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo

from haat.serviceability.model import CODES, MAX_DAYS, WAVES, HolidayRule, Step
from haat.serviceability.ports import Holidays

Dates = tuple[datetime.date | None, ...]

CUTOFFS: Final = (datetime.time(12), datetime.time(15), datetime.time(18), datetime.time(21))
"""When each wave's vans leave, in the shop's zone. At the cut-off itself the wave has left."""

HORIZON_DAYS: Final = 366  # a calendar closed for longer than this promises nothing
WINDOWS_KEPT: Final = 8  # one is in use; the others serve callers that ask about other moments (tests, order history)
_DAY: Final = datetime.timedelta(days=1)
_SUNDAY: Final = 6


class Calendars:
    """Which days count. An operator's word about a day beats Sundays and the public calendar."""

    def __init__(self, holidays: Holidays, rules: Sequence[HolidayRule] = ()) -> None:
        self._holidays = holidays
        self._off: Mapping[tuple[str, datetime.date], bool] = {(r.region.casefold(), r.day): r.off for r in rules}

    def picks_up(self, day: datetime.date) -> bool:
        """Whether vans collect from warehouses on this day."""
        off = self._off.get(("", day))
        if off is None:
            off = day.weekday() == _SUNDAY or day in self._holidays.national(day.year)
        return not off

    def delivers(self, state: str, day: datetime.date) -> bool:
        """Whether hubs in this state deliver on this day."""
        off = self._off.get((state.casefold(), day))
        if off is None:
            off = self._off.get(("", day))
        if off is None:
            off = day.weekday() == _SUNDAY or day in self._holidays.of_state(state, day.year)
        return not off


@dataclass(slots=True)
class _Window:
    """A span of time in which no cut-off and no midnight falls: within it no date changes."""

    start_ms: int
    end_ms: int
    today: datetime.date
    left: int  # waves that have left today
    pickups: list[datetime.date]  # pickup days from today on
    dates: dict[tuple[str, int], Dates] = field(default_factory=dict)
    deliveries: dict[str, list[datetime.date]] = field(default_factory=dict)

    def start(self, wave: int) -> int:
        """Index of the pickup day a parcel of this wave starts counting from."""
        runs_today = bool(self.pickups) and self.pickups[0] == self.today
        return 1 if runs_today and wave < self.left else 0


class Promises:
    """Dates for codes. Answers are remembered per (state, last mile) until the next cut-off or midnight."""

    def __init__(self, calendars: Calendars, zone: ZoneInfo, cutoffs: Sequence[datetime.time] = CUTOFFS) -> None:
        assert len(cutoffs) == WAVES
        assert list(cutoffs) == sorted(cutoffs), "the earliest first"
        self.zone = zone
        self._calendars = calendars
        self._cutoffs = tuple(cutoffs)
        self._windows: dict[int, _Window] = {}
        self._window = _Window(0, 0, datetime.date.min, 0, [])

    def with_calendars(self, calendars: Calendars) -> "Promises":
        """The same zone and cut-offs over other holidays."""
        return Promises(calendars, self.zone, self._cutoffs)

    def dates(self, state: str, last_mile_days: int, now_ms: int) -> Dates:
        """Code → promised date at a hub of this state, all 256 of them; None where nothing is promised.

        Non-decreasing in the code. Cost: 0.2 µs remembered, some 0.3 ms else.
        """
        window = self._window
        if not window.start_ms <= now_ms < window.end_ms:
            window = self._at(now_ms)
        found = window.dates.get((state, last_mile_days))
        if found is None:
            found = window.dates[state, last_mile_days] = self._dates(window, state, last_mile_days)
        return found

    def window(self, now_ms: int) -> tuple[int, int]:
        """The span [start_ms, end_ms) around this moment in which no promised date changes."""
        window = self._at(now_ms)
        return window.start_ms, window.end_ms

    def steps(
        self, state: str, last_mile_days: int, handling_days: int, code: int, now_ms: int
    ) -> tuple[Step, ...] | None:
        """The way of a parcel with this code; the last step's date is `dates(…)[code]`. None where that is None."""
        door = self.dates(state, last_mile_days, now_ms)[code]
        if door is None:
            return None
        window = self._at(now_ms)
        first = window.start(WAVES - 1 - code % WAVES)
        return (
            Step("leaves_warehouse", window.pickups[first + min(handling_days, code // WAVES)]),
            Step("reaches_hub", window.pickups[first + code // WAVES]),
            Step("at_your_door", door),
        )

    def _dates(self, window: _Window, state: str, last_mile_days: int) -> Dates:
        deliveries = window.deliveries.get(state)
        if deliveries is None:
            days = _open_days(window.today, lambda day: self._calendars.delivers(state, day))
            deliveries = window.deliveries[state] = list(days)
        by_start = [self._door(window.pickups, deliveries, i, last_mile_days) for i in range(MAX_DAYS + 2)]
        starts = [window.start(wave) for wave in range(WAVES)]
        dates: list[datetime.date | None] = [None] * CODES
        for code in range((MAX_DAYS + 1) * WAVES):
            dates[code] = by_start[code // WAVES + starts[WAVES - 1 - code % WAVES]]
        return tuple(dates)

    @staticmethod
    def _door(
        pickups: list[datetime.date], deliveries: list[datetime.date], at_hub: int, last_mile_days: int
    ) -> datetime.date | None:
        if at_hub >= len(pickups):
            return None
        index = bisect_left(deliveries, pickups[at_hub]) + last_mile_days
        return deliveries[index] if index < len(deliveries) else None

    def _at(self, now_ms: int) -> _Window:
        window = self._window
        if window.start_ms <= now_ms < window.end_ms:
            return window
        today = datetime.datetime.fromtimestamp(now_ms / 1000, self.zone).date()
        cutoffs = [self._ms(today, cutoff) for cutoff in self._cutoffs]
        edges = [self._ms(today, datetime.time()), *cutoffs, self._ms(today + _DAY, datetime.time())]
        start_ms = max(edge for edge in edges if edge <= now_ms)
        known = self._windows.get(start_ms)
        if known is None:
            end_ms = min(edge for edge in edges if edge > now_ms)
            left = sum(cutoff <= now_ms for cutoff in cutoffs)
            pickups = list(_open_days(today, self._calendars.picks_up, most=MAX_DAYS + 2))
            known = _Window(start_ms, end_ms, today, left, pickups)
            kept = list(self._windows.items())[-(WINDOWS_KEPT - 1) :]
            self._windows = {**dict(kept), start_ms: known}  # swapped whole: readers on other threads see old or new
        self._window = known
        return known

    def _ms(self, day: datetime.date, time: datetime.time) -> int:
        return round(datetime.datetime.combine(day, time, self.zone).timestamp() * 1000)


def _open_days(
    first: datetime.date, is_open: Callable[[datetime.date], bool], most: int = HORIZON_DAYS
) -> Iterator[datetime.date]:
    found = 0
    for offset in range(HORIZON_DAYS):
        day = first + offset * _DAY
        if is_open(day):
            yield day
            found += 1
            if found == most:
                return
