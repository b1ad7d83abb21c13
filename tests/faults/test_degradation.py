"""The degradation matrix: a whole shop on servers, of which one after the other is taken away, each in five ways.

A cell is an outage and a section of the shop. EXPECTED says what holds there after five seconds: it works, it works in
a poorer way, or it is refused with an honest 503. Nothing else is ever answered, from the first moment on. When the
engine is given back, everything works again without a person.

What works is as quick as without the outage: its 95th percentile is at most 1.5 times the one measured just before, or
NOISE_MS more, which is what this many requests on two cores differ by when nothing happens. At small size, which runs
beside other tests, only what waits for a time-out is told from what does not.

HAAT_TEST_MATRIX names a file for what was seen; docs/explanation/degradation.md has the table of a full run.
"""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from time import monotonic
from typing import Any, Final, Literal

import httpx2
import pytest

from haat.serviceability.model import Warehouse
from haat.shop import Shop
from tests.cli.process import START_S
from tests.faults.crowd import Crowded, crowded
from tests.faults.outages import FAULTS, OTHER_SQL, SERVERS, Fault, Part, Servers
from tests.faults.sections import SECTIONS, People, Told
from tests.faults.zygote import SHM

FULL: Final = os.environ.get("HAAT_TEST_FAULTS", "") == "full"
pytestmark = [
    pytest.mark.fault,
    pytest.mark.engine(*SERVERS.values(), OTHER_SQL),
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("degradation"),
]
CHOSEN: Final[tuple[Fault, ...]] = FAULTS if FULL else ("killed", "black hole")
ROUNDS: Final = 20
ITEMS: Final = 60
SETTLED_S: Final = 5.0
RECOVERED_S: Final = 60.0
MOST_TIMES, NOISE_MS = (1.5, 40.0) if FULL else (3.0, 250.0)

Kind = Literal["works", "poorer", "refused"]
EXPECTED: Final[Mapping[Part, Mapping[str, Kind]]] = {
    "search": {"search": "poorer"},
    "keys": {},
    "log": {},
    "catalogue": {"editing items": "refused"},
    "orders": {
        "placing an order": "refused",
        "paying": "refused",
        "orders of before": "refused",
        "stock and operators": "refused",
    },
}
"""What does not simply work, by the part that is away."""


@dataclass
class Seen:
    """What one outage was like."""

    normal_ms: Mapping[str, float]
    settling: list[tuple[str, Told]] = field(default_factory=list)
    settled: dict[str, list[Told]] = field(default_factory=dict)
    recovered_s: float = -1.0
    last_words: str = ""


@dataclass
class Stage:
    """A served shop, its people and its servers."""

    shop: Crowded
    people: People
    servers: Servers
    seen: dict[tuple[Part, Fault], Seen] = field(default_factory=dict)

    def outage(self, part: Part, fault: Fault) -> Seen:
        """Go through it, once."""
        if (part, fault) not in self.seen:
            self.people.place_unpaid(3 * ROUNDS)
            seen = self.seen[part, fault] = Seen({name: p95(told) for name, told in self._rounds().items()})
            self.servers.take(part, fault)
            try:
                began = monotonic()
                while monotonic() - began < SETTLED_S:
                    seen.settling += [(name, self.people.ask(name)) for name in SECTIONS]
                seen.settled = self._rounds()
            finally:
                self.servers.give_back(part, fault)
            self._recover(seen)
        return self.seen[part, fault]

    def _rounds(self) -> dict[str, list[Told]]:
        found: dict[str, list[Told]] = {name: [] for name in SECTIONS}
        for _ in range(ROUNDS):
            for name in SECTIONS:
                found[name].append(self.people.ask(name))
        return found

    def _recover(self, seen: Seen) -> None:
        """Until every section works and nothing waits in an outbox."""
        began = monotonic()
        while monotonic() - began < RECOVERED_S:
            told = {name: self.people.ask(name) for name in SECTIONS}
            poor = {name: one for name, one in told.items() if one.kind != "works"}
            ready = self._readiness()
            away = [engine["name"] for engine in ready["engines"] if not engine["ok"]]
            seen.last_words = f"{poor} away: {away} outbox: {ready['outbox_rows']}"
            if not poor and not away and not ready["outbox_rows"]:
                seen.recovered_s = monotonic() - began
                return

    def _readiness(self) -> Any:
        answer = httpx2.get(f"http://127.0.0.1:{self.shop.replicas[0].port}/readyz", trust_env=False, timeout=START_S)
        return answer.json()


def p95(told: list[Told]) -> float:
    """Of what was not broken."""
    took = sorted(one.took_ms for one in told)
    return took[ceil(0.95 * len(took)) - 1]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with ExitStack() as stack:
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(dir=SHM if SHM.is_dir() else None, prefix="haat-matrix-")
        )
        servers = Servers(Path(folder))
        stack.enter_context(servers.up())
        shop = stack.enter_context(crowded(ITEMS, servers.urls))
        assert len(shop.skus) > 2
        shop.stock(dict.fromkeys(shop.skus[:2], 500_000))
        people = shop.prepare(lambda open_shop: somebody(shop, open_shop))
        shop.start()
        people.connect()
        stack.callback(people.close)
        stage = Stage(shop, people, servers)
        people.place_unpaid(1)
        for name in SECTIONS:
            told = people.ask(name)
            assert told.kind == "works", (name, told)
        yield stage
        shop.stop()
        shop.drain()
        shop.verified(drained=True)
        kept = {row[0] for row in shop.rows("SELECT id FROM orders")}
        assert people.ordered <= kept, "every order that was acknowledged is there"
        if out := os.environ.get("HAAT_TEST_MATRIX"):
            Path(out).write_text(json.dumps(table(stage.seen), indent=1) + "\n", encoding="utf-8")


async def somebody(shop: Crowded, open_shop: Shop) -> People:
    """Tokens, an item of a seller, and a warehouse that the seller may use."""
    offer = (await open_shop.offers.offers_by_sku([shop.skus[2]]))[shop.skus[2]]
    document = json.loads((await open_shop.catalog.documents([offer.item_id]))[offer.item_id])
    warehouses = await open_shop.network.page(Warehouse, [""], 500)
    return People(
        shop=shop,
        operator=(await open_shop.create_token("operator"))[1],
        seller=(await open_shop.create_token(f"seller:{offer.seller}"))[1],
        item=offer.item_id,
        sku=offer.sku,
        warehouse=next(one.id for one in warehouses if one.seller in (None, offer.seller)),
        words=document["title"].split()[0],
    )


def table(seen: Mapping[tuple[Part, Fault], Seen]) -> dict[str, object]:
    """What tools/degradation.py makes a table of."""
    return {
        f"{part}, {fault}": {
            "recovered_s": round(one.recovered_s, 1),
            "sections": {
                name: {
                    "kind": told[-1].kind,
                    "poorer": told[-1].poorer,
                    "p95_ms": round(p95(told), 1),
                    "normal_ms": round(one.normal_ms[name], 1),
                }
                for name, told in one.settled.items()
            },
        }
        for (part, fault), one in seen.items()
    }


OUTAGES: Final = [(part, fault) for part in SERVERS for fault in CHOSEN]


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize(("part", "fault"), OUTAGES)
def test_cell(stage: Stage, part: Part, fault: Fault, section: str) -> None:
    seen = stage.outage(part, fault)
    broken = [told.wrong for name, told in seen.settling if name == section and told.kind == "broken"]
    assert not broken, f"{len(broken)} times in the first seconds, as {broken[0]}"
    settled = seen.settled[section]
    expected = EXPECTED[part].get(section, "works")
    other = [told for told in settled if told.kind != expected]
    assert not other, f"{len(other)} of {len(settled)} are not {expected}, as {other[0]}"
    most_ms = max(MOST_TIMES * seen.normal_ms[section], seen.normal_ms[section] + NOISE_MS)
    if expected == "works":
        assert p95(settled) <= most_ms, f"{seen.normal_ms[section]:.0f} ms before"


@pytest.mark.parametrize(("part", "fault"), OUTAGES)
def test_recovery(stage: Stage, part: Part, fault: Fault) -> None:
    seen = stage.outage(part, fault)
    assert 0 <= seen.recovered_s <= RECOVERED_S, seen.last_words
