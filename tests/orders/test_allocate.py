"""Allocation against brute force: the fewest warehouses, then the earliest, and never a false refusal."""

import datetime
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from haat.orders.allocate import Demand, Piece, Row, allocate, reachable

DAY = datetime.date(2026, 11, 23)


def row(warehouse: int, free: int, code: int) -> Row:
    return Row(warehouse, free, code, DAY + datetime.timedelta(days=code // 4))


@st.composite
def demands(draw: st.DrawFn, warehouses: int = 5, most: int = 4) -> list[Demand]:
    found = []
    for _ in range(draw(st.integers(1, most))):
        at = draw(st.lists(st.integers(0, warehouses - 1), min_size=1, max_size=warehouses, unique=True))
        rows = [row(w, draw(st.integers(1, 4)), draw(st.integers(0, 20))) for w in at]
        found.append(Demand(draw(st.integers(1, sum(r.free for r in rows))), rows))
    return found


def fewest(wanted: list[Demand]) -> list[tuple[int, ...]]:
    """Every smallest set of warehouses that has everything."""
    everyone = sorted({r.warehouse for d in wanted for r in d.rows})
    for size in range(1, len(everyone) + 1):
        able = [
            chosen
            for chosen in combinations(everyone, size)
            if all(sum(r.free for r in d.rows if r.warehouse in chosen) >= d.units for d in wanted)
        ]
        if able:
            return able
    raise AssertionError("these demands cannot be met")


def earliest(demand: Demand, chosen: tuple[int, ...]) -> datetime.date:
    """The first day by which a demand can be whole from these warehouses."""
    rows = [r for r in demand.rows if r.warehouse in chosen]
    return min(r.date for r in rows if sum(other.free for other in rows if other.date <= r.date) >= demand.units)


def check_whole(wanted: list[Demand], pieces: list[Piece]) -> None:
    for position, demand in enumerate(wanted):
        mine = [p for p in pieces if p.demand == position]
        assert sum(p.units for p in mine) == demand.units
        assert len({p.warehouse for p in mine}) == len(mine)
        rows = {r.warehouse: r for r in demand.rows}
        assert all(0 < p.units <= rows[p.warehouse].free and p.date == rows[p.warehouse].date for p in mine)


@given(demands())
@settings(max_examples=150)
def test_the_plan_is_as_good_as_the_best_of_all(wanted: list[Demand]) -> None:
    pieces = allocate(wanted)
    check_whole(wanted, pieces)
    used = tuple(sorted({p.warehouse for p in pieces}))
    able = fewest(wanted)
    assert len(used) == len(able[0])

    def days(chosen: tuple[int, ...]) -> tuple[datetime.date, int]:
        dates = [earliest(demand, chosen) for demand in wanted]
        return max(dates), sum(date.toordinal() for date in dates)

    mine = [max(p.date for p in pieces if p.demand == position) for position in range(len(wanted))]
    assert (max(mine), sum(date.toordinal() for date in mine)) == min(days(chosen) for chosen in able)


@given(demands(warehouses=30, most=50))
@settings(max_examples=15)
def test_a_big_cart_is_planned_whole_in_bounded_time(wanted: list[Demand]) -> None:
    check_whole(wanted, allocate(wanted))


@given(demands())
@settings(max_examples=50)
def test_the_same_question_has_the_same_answer_whatever_the_order_of_rows(wanted: list[Demand]) -> None:
    turned = [Demand(d.units, list(reversed(d.rows))) for d in wanted]
    assert allocate(wanted) == allocate(turned)


def test_one_warehouse_with_all_beats_two_that_are_faster() -> None:
    wanted = [Demand(1, [row(0, 1, 0), row(2, 1, 16)]), Demand(1, [row(1, 1, 0), row(2, 1, 16)])]
    assert {p.warehouse for p in allocate(wanted)} == {2}


def test_a_line_is_split_only_if_it_must_or_is_sooner_whole() -> None:
    pieces = allocate([Demand(5, [row(0, 3, 0), row(1, 3, 4), row(2, 2, 0)])])
    assert [(p.warehouse, p.units) for p in pieces] == [(0, 3), (2, 2)]  # both today, rather than 0 and 1 by tomorrow


def test_what_can_be_had_is_counted_over_all_warehouses() -> None:
    assert reachable(Demand(9, [row(0, 3, 0), row(1, 3, 0)])) == 6
    assert reachable(Demand(2, [row(0, 3, 0), row(1, 3, 0)])) == 2
