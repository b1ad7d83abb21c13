"""What every SQL database promises (haat.engines.sql.ports)."""

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Protocol

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    MetaData,
    String,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from haat.engines.sql import Database, Statement, Tx
from haat.engines.sql.ports import Refused
from haat.errors import HaatError, Unavailable
from tests.conftest import ManualClock
from tests.contracts.machines import Machine
from tests.contracts.rigs import DEADLINE_S, Breakable, Rigs, play

METADATA = MetaData()
PROBE = Table(
    "probe",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("units", BigInteger, nullable=False),
    CheckConstraint("units >= 0", name="probe_units"),
)
ADD = Statement(insert(PROBE), "id", "units")
TAKE = Statement(
    update(PROBE)
    .where(PROBE.c.id == bindparam("row"), PROBE.c.units >= bindparam("wanted"))
    .values(units=PROBE.c.units - bindparam("wanted"))
)
SET = Statement(update(PROBE).where(PROBE.c.id == bindparam("row")).values(units=bindparam("now_units")))
DROP = Statement(delete(PROBE).where(PROBE.c.id == bindparam("row")))
ALL = Statement(select(PROBE.c.id, PROBE.c.units))
COUNT = Statement(select(func.count()).select_from(PROBE))


class DatabaseRig(Breakable, Protocol):
    """A database that holds the table `probe`."""

    database: Database
    clock: ManualClock
    workers: int  # units that can run at the same moment
    queue_units: int  # units that may wait behind them

    def crash_point(self) -> None:
        """Remember what a process that died now would leave. May be called inside a unit."""

    async def found(self) -> Database:
        """The database as a new process finds it after the last crash point."""


async def rows(database: Database) -> dict[str, int]:
    return dict(await database.read(ALL.all))


async def add(database: Database, key: str, units: int) -> None:
    await database.transact(lambda tx: ADD.one(tx, {"id": key, "units": units}))


class Oops(Exception):
    """What a unit of these tests raises."""


class DatabaseContract:
    """P1 to P8 of the Database port."""

    @pytest.fixture
    async def rig(self, rigs: Rigs[DatabaseRig]) -> AsyncIterator[DatabaseRig]:
        async with rigs() as rig:
            yield rig

    async def test_p1_what_was_answered_survives_a_crash(self, rig: DatabaseRig) -> None:
        await asyncio.gather(*(add(rig.database, f"row-{n}", n) for n in range(40)))
        rig.crash_point()
        assert await rows(await rig.found()) == {f"row-{n}": n for n in range(40)}

    async def test_p1_a_crash_between_two_writes_leaves_neither(self, rig: DatabaseRig) -> None:
        await add(rig.database, "before", 1)

        def unit(tx: Tx) -> None:
            ADD.one(tx, {"id": "first", "units": 1})
            rig.crash_point()
            ADD.one(tx, {"id": "second", "units": 1})

        await rig.database.transact(unit)
        assert await rows(await rig.found()) == {"before": 1}
        assert set(await rows(rig.database)) == {"before", "first", "second"}

    async def test_p2_a_unit_that_raises_leaves_nothing_and_its_neighbours_stand(self, rig: DatabaseRig) -> None:
        async def one(number: int) -> int:
            def unit(tx: Tx) -> int:
                ADD.one(tx, {"id": f"row-{number}", "units": number})
                if number % 3 == 0:
                    raise Oops(number)
                return number

            return await rig.database.transact(unit)

        answers = await asyncio.gather(*(one(n) for n in range(60)), return_exceptions=True)
        assert [type(answer) for answer in answers] == [Oops if n % 3 == 0 else int for n in range(60)]
        assert [str(answer) for answer in answers] == [str(n) for n in range(60)]
        assert await rows(rig.database) == {f"row-{n}": n for n in range(60) if n % 3}

    async def test_p3_units_see_the_time_of_their_start(self, rig: DatabaseRig) -> None:
        first = await rig.database.transact(lambda tx: tx.now_ms)
        rig.clock.advance(2.5)
        assert await rig.database.transact(lambda tx: tx.now_ms) - first == 2500
        assert await rig.database.read(lambda tx: tx.now_ms) - first == 2500

    async def test_p4_a_race_for_the_last_units_sells_each_once(self, rig: DatabaseRig) -> None:
        await add(rig.database, "last", 20)
        take = {"row": "last", "wanted": 1}
        sold = await asyncio.gather(*(rig.database.transact(lambda tx: TAKE.one(tx, take)) for _ in range(50)))
        assert sum(sold) == 20
        assert await rows(rig.database) == {"last": 0}

    async def test_p5_a_full_queue_says_so_at_once(self, rig: DatabaseRig) -> None:
        go, begun = threading.Event(), threading.Semaphore(0)

        def slow(tx: Tx) -> None:
            begun.release()
            go.wait(DEADLINE_S)

        try:
            running = [asyncio.ensure_future(rig.database.transact(slow)) for _ in range(rig.workers)]
            for _ in range(rig.workers):
                assert await asyncio.to_thread(begun.acquire, timeout=DEADLINE_S)
            waiting = [asyncio.ensure_future(add(rig.database, f"row-{n}", n)) for n in range(rig.queue_units)]
            await asyncio.sleep(0)  # each has put its unit into the queue
            async with asyncio.timeout(1):
                with pytest.raises(Unavailable):
                    await add(rig.database, "one too many", 1)
        finally:
            go.set()
        await asyncio.gather(*running, *waiting)
        assert await rows(rig.database) == {f"row-{n}": n for n in range(rig.queue_units)}

    async def test_p6_a_read_sees_one_snapshot(self, rig: DatabaseRig) -> None:
        await add(rig.database, "one", 1)
        looked, written = threading.Event(), threading.Event()

        def unit(tx: Tx) -> tuple[int, int]:
            before = COUNT.all(tx)[0][0]
            looked.set()
            written.wait(DEADLINE_S)
            return before, COUNT.all(tx)[0][0]

        reading = asyncio.ensure_future(rig.database.read(unit))
        await asyncio.to_thread(looked.wait, DEADLINE_S)
        await add(rig.database, "two", 2)
        written.set()
        assert await reading == (1, 1)
        assert len(await rows(rig.database)) == 2

    @pytest.mark.parametrize("brief", [True, False])
    async def test_p6_a_read_cannot_write(self, rig: DatabaseRig, brief: bool) -> None:
        with pytest.raises(HaatError):
            await rig.database.read(lambda tx: ADD.one(tx, {"id": "sneaky", "units": 1}), brief=brief)
        assert await rows(rig.database) == {}

    async def test_p6_a_brief_read_sees_what_was_answered_and_raises_what_its_unit_raises(
        self, rig: DatabaseRig
    ) -> None:
        def unit(tx: Tx) -> int:
            if COUNT.all(tx)[0][0] == 3:
                raise Oops
            return int(COUNT.all(tx)[0][0])

        for n in range(3):
            assert await rig.database.read(unit, brief=True) == n
            await add(rig.database, f"row-{n}", n)
        with pytest.raises(Oops):
            await rig.database.read(unit, brief=True)
        assert await rows(rig.database) == {"row-0": 0, "row-1": 1, "row-2": 2}

    async def test_p7_an_engine_that_is_down_says_unavailable_in_time(self, rig: DatabaseRig) -> None:
        await add(rig.database, "kept", 3)
        await rig.down()
        async with asyncio.timeout(DEADLINE_S):
            with pytest.raises(Unavailable):
                await add(rig.database, "lost", 1)
            with pytest.raises(Unavailable):
                await rows(rig.database)
            with pytest.raises(Unavailable):
                await rig.database.read(COUNT.all, brief=True)
            with pytest.raises(Unavailable):
                await rig.database.ping()
        await rig.up()
        await rig.database.ping()
        assert await rows(rig.database) == {"kept": 3}

    async def test_p8_a_constraint_refuses_and_keeps_nothing_of_the_unit(self, rig: DatabaseRig) -> None:
        await add(rig.database, "taken", 1)

        def doubled(tx: Tx) -> None:
            ADD.one(tx, {"id": "other", "units": 1})
            ADD.one(tx, {"id": "taken", "units": 2})

        def negative(tx: Tx) -> None:
            ADD.one(tx, {"id": "other", "units": 1})
            SET.one(tx, {"row": "taken", "now_units": -1})

        for unit in (doubled, negative):
            with pytest.raises(Refused):
                await rig.database.transact(unit)
        assert await rows(rig.database) == {"taken": 1}

    def test_model_of_a_table(self, rigs: Rigs[DatabaseRig]) -> None:
        play(lambda: DatabaseMachine(rigs))


KEYS = st.sampled_from(["a", "b", "c", "d"])
UNITS = st.integers(0, 5)


class DatabaseMachine(Machine[DatabaseRig]):
    """A dict is the model; units that raise, races and restarts must not make a difference."""

    def __init__(self, rigs: Rigs[DatabaseRig]) -> None:
        super().__init__(rigs)
        self.model: dict[str, int] = {}

    @rule(key=KEYS, units=UNITS)
    def add(self, key: str, units: int) -> None:
        if key in self.model:
            with pytest.raises(Refused):
                self.wait(add(self.rig.database, key, units))
        else:
            self.wait(add(self.rig.database, key, units))
            self.model[key] = units

    @rule(key=KEYS, wanted=UNITS)
    def take(self, key: str, wanted: int) -> None:
        taken = self.wait(self.rig.database.transact(lambda tx: TAKE.one(tx, {"row": key, "wanted": wanted})))
        assert taken == (key in self.model and self.model[key] >= wanted)
        if taken:
            self.model[key] -= wanted

    @rule(key=KEYS)
    def drop(self, key: str) -> None:
        dropped = self.wait(self.rig.database.transact(lambda tx: DROP.one(tx, {"row": key})))
        assert dropped == (self.model.pop(key, None) is not None)

    @rule(key=KEYS, units=UNITS)
    def write_and_raise(self, key: str, units: int) -> None:
        def unit(tx: Tx) -> None:
            SET.one(tx, {"row": key, "now_units": units})
            raise Oops

        with pytest.raises(Oops):
            self.wait(self.rig.database.transact(unit))

    @rule(key=KEYS, buyers=st.integers(2, 12))
    def race(self, key: str, buyers: int) -> None:
        async def buy() -> int:
            take = {"row": key, "wanted": 1}
            return sum(
                await asyncio.gather(
                    *(self.rig.database.transact(lambda tx: TAKE.one(tx, take)) for _ in range(buyers))
                )
            )

        sold = self.wait(buy())
        assert sold == min(buyers, self.model.get(key, 0))
        if sold:
            self.model[key] -= sold

    @rule()
    def restart(self) -> None:
        self.wait(self.rig.down())
        self.wait(self.rig.up())

    @invariant()
    def equal(self) -> None:
        assert self.wait(rows(self.rig.database)) == self.model
