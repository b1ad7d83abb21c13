"""The rules of the matrix, and that rows computed later equal those of a full build."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haat.serviceability.mapped import Mapped, open_mapped, write
from haat.serviceability.matrix import Cells, Graph, build, overlay
from haat.serviceability.model import COD, EXPRESS, HAZARDOUS, HEAVY, Lane, Network
from haat.serviceability.pins import pin_table
from tests.serviceability.worlds import GridPlaces, network_of

PLACES = GridPlaces(step_degrees=1.0)
NETWORK = network_of(PLACES)


def same(one: Cells, other: Cells) -> bool:
    pairs = [(getattr(one, name), getattr(other, name)) for name in ("days", "flags", "express_days", "express_flags")]
    return all(np.array_equal(a, b) for a, b in [*pairs, *zip(one.codes, other.codes, strict=True)])


def with_lanes(*lanes: Lane, network: Network = NETWORK) -> Network:
    return msgspec.structs.replace(network, lanes=lanes)


def with_warehouse(**changes: object) -> Network:
    first = msgspec.structs.replace(NETWORK.warehouses[0], **changes)
    return msgspec.structs.replace(NETWORK, warehouses=(first, *NETWORK.warehouses[1:]))


def test_the_world_of_these_tests_has_all_kinds_of_cells() -> None:
    cells = build(NETWORK)
    assert {0, 1, 255} <= set(np.unique(cells.days).tolist())
    share = (cells.days != 255).mean()
    assert 0.1 < share < 0.9


def test_codes_pack_handling_transit_and_wave() -> None:
    cells = build(NETWORK)
    for w in NETWORK.warehouses:
        served = cells.days[w.ordinal] != 255
        codes = cells.codes[0][w.ordinal]
        expected = (cells.days[w.ordinal][served].astype(int) + w.handling_days) * 4 + 3 - w.wave
        assert codes[served].tolist() == expected.tolist()
        assert set(codes[~served].tolist()) <= {255}


def test_more_than_62_days_are_not_served() -> None:
    cells = build(with_warehouse(handling_days=62))
    assert set(cells.codes[0][0].tolist()) <= {*range(62 * 4, 63 * 4), 255}
    assert (cells.codes[0][0][cells.days[0] > 0] == 255).all()


def test_a_warehouse_reaches_no_further_than_its_reach() -> None:
    near, far = build(with_warehouse(reach_km=80.0)), build(with_warehouse(reach_km=5_000.0))
    assert (near.days[0] != 255).sum() < (far.days[0] != 255).sum() == len(NETWORK.hubs)
    assert np.array_equal(near.days[1:], far.days[1:])


@pytest.mark.parametrize(("name", "flag", "index"), [("heavy", HEAVY, 1), ("hazardous", HAZARDOUS, 2), ("cod", COD, 0)])
def test_a_hub_that_refuses_a_class_is_not_reached_by_it(name: str, flag: int, index: int) -> None:
    hubs = tuple(msgspec.structs.replace(hub, **{name: hub.ordinal != 3}) for hub in NETWORK.hubs)
    cells, before = build(msgspec.structs.replace(NETWORK, hubs=hubs)), build(NETWORK)
    assert not (cells.flags[:, 3] & flag).any()
    assert np.array_equal(cells.codes[0], before.codes[0])
    if index:
        assert (cells.codes[index][:, 3] == 255).all()
        assert (before.codes[index][:, 3] != 255).any()


def test_an_operators_lane_beats_the_rule() -> None:
    warehouse, cells = NETWORK.warehouses[0], build(NETWORK)
    unreached = int(np.flatnonzero(cells.days[0] == 255)[0])
    reached = int(np.flatnonzero(cells.days[0] != 255)[0])
    hubs = NETWORK.hubs
    opened = build(with_lanes(Lane(origin=warehouse.id, hub=hubs[unreached].code, transit_days=2, heavy=False)))
    assert opened.days[0, unreached] == 2
    assert opened.flags[0, unreached] & (COD | HEAVY | HAZARDOUS) == COD | HAZARDOUS
    assert opened.codes[1][0, unreached] == 255 != opened.codes[2][0, unreached]
    closed = build(with_lanes(Lane(origin=warehouse.id, hub=hubs[reached].code, active=False)))
    assert [int(codes[0, reached]) for codes in closed.codes] == [255, 255, 255]
    assert closed.flags[0, reached] == 0
    untouched = build(with_lanes(Lane(origin=warehouse.id, hub=hubs[reached].code)))
    assert same(untouched, cells)
    no_cash = build(with_lanes(Lane(origin=warehouse.id, hub=hubs[reached].code, cod=False, express=False)))
    assert no_cash.flags[0, reached] & (COD | EXPRESS) == 0
    assert no_cash.days[0, reached] == cells.days[0, reached]


def test_flags_and_codes_say_the_same() -> None:
    for cells in (build(NETWORK), build(with_lanes(Lane(origin=NETWORK.hubs[0].code, hub=NETWORK.hubs[1].code)))):
        for index, flag in ((1, HEAVY), (2, HAZARDOUS)):
            assert np.array_equal(cells.codes[index] != 255, (cells.flags & flag) != 0)
        assert ((cells.express_days == 255) == ((cells.flags & EXPRESS) == 0)).all()
        assert (cells.express_days <= cells.days).all()


def test_a_closed_hub_takes_nothing_and_lets_nothing_through() -> None:
    hubs = tuple(msgspec.structs.replace(hub, active=hub.ordinal != 3) for hub in NETWORK.hubs)
    closed, cells = build(msgspec.structs.replace(NETWORK, hubs=hubs)), build(NETWORK)
    assert (closed.codes[0][:, 3] == 255).all()
    others = np.arange(len(hubs)) != 3
    assert (closed.days[:, others] >= cells.days[:, others]).all()


def test_a_slow_leg_is_driven_around_and_a_fast_one_is_taken() -> None:
    everything = msgspec.structs.replace(
        NETWORK, warehouses=tuple(msgspec.structs.replace(w, reach_km=9_000.0) for w in NETWORK.warehouses)
    )
    cells = build(everything)
    far = int(cells.days[0].argmax())
    at = int(cells.days[0].argmin())
    hubs = everything.hubs
    fast = build(with_lanes(Lane(origin=hubs[at].code, hub=hubs[far].code, transit_days=0), network=everything))
    assert fast.days[0, far] < cells.days[0, far]
    slow = build(with_lanes(Lane(origin=hubs[at].code, hub=hubs[far].code, transit_days=40), network=everything))
    assert np.array_equal(slow.days, cells.days)


def test_goods_that_a_leg_refuses_go_another_way_or_not_at_all() -> None:
    everything = msgspec.structs.replace(
        NETWORK, warehouses=tuple(msgspec.structs.replace(w, reach_km=9_000.0) for w in NETWORK.warehouses)
    )
    hubs = everything.hubs
    into = [Lane(origin=hub.code, hub=hubs[2].code, hazardous=False, cod=False) for hub in hubs if hub.ordinal != 2]
    cells, before = build(with_lanes(*into, network=everything)), build(everything)
    far = [w.ordinal for w in everything.warehouses if before.days[w.ordinal, 2] > 0]
    assert np.array_equal(cells.days, before.days)
    assert (cells.codes[2][far, 2] == 255).all()
    assert not (cells.flags[far, 2] & COD).any()
    assert np.array_equal(cells.codes[1], before.codes[1])


def test_nobody_and_nowhere_are_fine() -> None:
    assert build(Network(generation=1, hubs=(), warehouses=())).days.shape == (0, 0)
    assert build(msgspec.structs.replace(NETWORK, warehouses=())).days.shape == (0, len(NETWORK.hubs))
    one = msgspec.structs.replace(NETWORK, hubs=NETWORK.hubs[:1])
    assert build(one).days.shape == (12, 1)
    closed = tuple(msgspec.structs.replace(hub, active=False) for hub in NETWORK.hubs)
    assert (build(msgspec.structs.replace(NETWORK, hubs=closed)).codes[0] == 255).all()


maybe = st.one_of(st.none(), st.booleans())
lanes = st.builds(
    Lane,
    origin=st.sampled_from([w.id for w in NETWORK.warehouses] + [h.code for h in NETWORK.hubs] + ["whs_gone"]),
    hub=st.sampled_from([h.code for h in NETWORK.hubs] + ["999999"]),
    transit_days=st.one_of(st.none(), st.integers(0, 62)),
    cod=maybe,
    heavy=maybe,
    hazardous=maybe,
    express=maybe,
    active=st.booleans(),
)


@settings(max_examples=40)
@given(
    st.lists(lanes, max_size=6, unique_by=lambda lane: (lane.origin, lane.hub)),
    st.sets(st.integers(0, 11), min_size=1, max_size=4),
    st.sets(st.integers(0, len(NETWORK.hubs) - 1), max_size=2),
    st.integers(6, 12),
)
def test_p5_rows_computed_later_equal_those_of_a_full_build(
    overrides: list[Lane], closed: set[int], cut_off: set[int], known: int
) -> None:
    before = build(msgspec.structs.replace(NETWORK, warehouses=NETWORK.warehouses[:known]))
    hubs = tuple(msgspec.structs.replace(hub, active=hub.ordinal not in cut_off) for hub in NETWORK.hubs)
    warehouses = tuple(
        msgspec.structs.replace(w, active=w.ordinal not in closed or w.ordinal % 2 == 0, handling_days=w.ordinal % 5)
        for w in NETWORK.warehouses
    )
    after = Network(generation=2, hubs=hubs, warehouses=warehouses, lanes=tuple(overrides))
    legs = [lane for lane in overrides if not lane.from_warehouse]
    laid = before
    for some in (warehouses[:7], warehouses[7:]):  # in two steps, as two polls would see them
        laid = overlay(laid, Graph(hubs, legs), some, overrides)
    assert same(laid, build(after))


def test_an_overlay_that_changes_nothing_keeps_the_arrays() -> None:
    cells = build(NETWORK)
    again = overlay(cells, Graph(NETWORK.hubs, ()), NETWORK.warehouses[2:4], ())
    assert again.codes[0] is cells.codes[0]
    assert again.days is cells.days


def test_a_matrix_comes_back_from_its_file_and_cannot_be_written_to(tmp_path: Path) -> None:
    path = tmp_path / "matrix"
    mapped = Mapped(5, build(NETWORK), pin_table(PLACES.pincodes(), NETWORK.hubs))
    path.write_bytes(write(mapped))
    assert write(mapped) == path.read_bytes()
    back = open_mapped(path)
    assert back.made_from == 5
    assert same(back.cells, mapped.cells)
    assert back.pins.texts == mapped.pins.texts
    assert np.array_equal(back.pins.hubs, mapped.pins.hubs)
    with pytest.raises(ValueError, match="read-only"):
        back.cells.days[0, 0] = 1
