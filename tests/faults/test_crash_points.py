"""Processes that die at every call they make: before it, after it, in the middle of its unit, or with the answer lost.

After each death a new process goes on: what is due is done, the client repeats what was not answered with the same key,
and haat_verify, which knows nothing of haat, finds every order, unit and rupee where it must be. What clients were told
before the death is still true.

`make test` sees that every writing unit has its point; `make faults` (CI runs it small) that every call has one and is
reached, and dies at each once in each way; at full size at every point of every story, at its first and second call,
with both ways to go on, and at random points of the life that repairs. A failure prints its run, which is enough to
repeat it: HAAT_TEST_FAULT="story|call#nth:mode,…|how" pytest tests/faults -k replay.

With HAAT_TEST_SQL the same on a server (tests/sql.py). A life costs more there: small, each point is died at in one
way.
"""

import ast
import os
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

import pytest

from haat.payments.ports import Gateway
from tests.faults.around import MODES, Fault, Mode
from tests.faults.journeys import BY_NAME
from tests.faults.points import ALL, EITHER, POINTS
from tests.faults.zygote import ROOT, Zygote, zygote
from tests.sql import CHOSEN

FULL = os.environ.get("HAAT_TEST_FAULTS", "") == "full"
EVERY_MODE: tuple[Mode, ...] = ("before", "inside", "after", "lost")
RUN_NUMBER = int(os.environ.get("HAAT_TEST_RUN_NUMBER", "1"))
ON_SERVER = CHOSEN != "sqlite"
SAMPLE = 4
PAIRS = 60 if FULL else 2  # of faults in one run, for each story
STORIES = sorted(POINTS)


@pytest.fixture(scope="module")
def lives() -> Iterator[Zygote]:
    with zygote() as pipe:
        yield pipe


def told(journey: str, faults: list[Fault], how: str, wrong: list[str]) -> str:
    """A run that failed, in words that repeat it."""
    run = "|".join([journey, ",".join(str(fault) for fault in faults), how])
    return "\n".join([f'HAAT_TEST_FAULT="{run}"', *wrong])


def perhaps(journey: str) -> frozenset[str]:
    """Points that the story may do without."""
    return EITHER.get(journey, frozenset()) if ON_SERVER else frozenset()


def die(lives: Zygote, journey: str, faults: list[Fault], how: str) -> list[str]:
    wrong, _ = lives.run(journey, faults, how, perhaps(journey))
    return [told(journey, faults, how, wrong)] if wrong else []


def test_every_story_is_told() -> None:
    assert set(POINTS) == set(BY_NAME)


@pytest.mark.fault
@pytest.mark.parametrize("journey", STORIES)
def test_each_call_has_its_point_and_each_point_is_called(lives: Zygote, journey: str) -> None:
    wrong, seen = lives.run(journey, [], "first")
    assert wrong == []
    assert set(POINTS[journey]) - perhaps(journey) <= set(seen) <= set(POINTS[journey])


def first_told() -> dict[str, list[str]]:
    """Each point once, in the first story that has it."""
    known: set[str] = set()
    mine: dict[str, list[str]] = {}
    for journey in BY_NAME:
        mine[journey] = [name for name in POINTS[journey] if name not in known]
        known.update(POINTS[journey])
    return mine


@pytest.mark.fault
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("journey", [name for name, points in first_told().items() if points])
def test_dying_once_at_every_point_harms_nothing(lives: Zygote, journey: str) -> None:
    bad = []
    for number, point in enumerate(first_told()[journey]):
        for turn, mode in enumerate(MODES):
            if ON_SERVER and not FULL and (number + turn + RUN_NUMBER) % len(MODES):
                continue
            how = ("resume", "late")[(number + turn) % 2]
            bad += die(lives, journey, [Fault(point, 1, mode)], how)
    assert not bad, "\n\n".join(bad)


def every_run(journey: str, seen: Mapping[str, int]) -> Iterator[tuple[Fault, str]]:
    """All single deaths of a story: each point, its first two calls, each way to die, each way to go on."""
    for point in POINTS[journey]:
        for nth in range(1, 1 + min(2, seen.get(point, 0))):
            for mode in EVERY_MODE:
                fault = Fault(point, nth, mode)
                if not _only_units(fault):
                    yield from ((fault, how) for how in (("resume",) if mode == "lost" else ("resume", "late")))


@pytest.mark.fault
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("journey", STORIES)
def test_dying_anywhere_in_any_story_harms_nothing(lives: Zygote, journey: str) -> None:
    _, seen = lives.run(journey, [], "first")
    runs = list(every_run(journey, seen))
    if not FULL:
        runs = random.Random(f"{RUN_NUMBER} {journey}").sample(runs, SAMPLE)
    bad = [words for fault, how in runs for words in die(lives, journey, [fault], how)]
    print(f"{journey}: {len(runs)} runs")
    assert not bad, f"{len(bad)} of {len(runs)} runs\n" + "\n\n".join(bad)


@pytest.mark.fault
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("journey", STORIES)
def test_dying_again_while_it_is_repaired_harms_nothing(lives: Zygote, journey: str) -> None:
    bad = []
    for number in range(PAIRS):
        chance = random.Random(f"{RUN_NUMBER} {journey} {number}")
        faults = [
            Fault(chance.choice(POINTS[journey]), 1, chance.choice(EVERY_MODE[:3])),
            Fault(chance.choice(POINTS[journey]), chance.choice((1, 1, 1, 2)), chance.choice(EVERY_MODE)),
        ]
        faults = [fault._replace(mode="after") if _only_units(fault) else fault for fault in faults]
        bad += die(lives, journey, faults, chance.choice(("resume", "late")))
    print(f"{journey}: {PAIRS} pairs, run number {RUN_NUMBER}")
    assert not bad, f"{len(bad)} of {PAIRS} pairs\n" + "\n\n".join(bad)


def _only_units(fault: Fault) -> bool:
    return fault.mode == "inside" and not fault.call.startswith(("orders.", "carts."))


if "HAAT_TEST_FAULT" in os.environ:

    def test_replay(lives: Zygote) -> None:
        journey, faults, how = os.environ["HAAT_TEST_FAULT"].split("|")
        known = []
        for text in faults.split(","):
            call, _, rest = text.partition("#")
            nth, _, mode = rest.partition(":")
            known.append(Fault(call, int(nth), cast("Mode", mode)))
        bad = die(lives, journey, known, how)
        assert not bad, bad[0]


# ---- what the stories never call is not left out either

IDLE: dict[str, str] = {
    "revive_job": "one row of `job` by an operator's hand: it is parked still, or waits; tests/api/test_buyers.py",
}
"""Units of the selling half that no story runs, with the reason."""

SOURCES = ("orders", "payments", "cart")


def units() -> dict[str, str]:
    """Every function that is given a transaction and runs by itself, by name, and the file it is in."""
    found = {}
    for context in SOURCES:
        for path in (ROOT / "src" / "haat" / context).rglob("*.py"):
            found.update({name: str(path.relative_to(ROOT)) for name in written(path)})
    return found


def written(path: Path) -> set[str]:
    """Names of what a file hands to `transact`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inner = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and [a.arg for a in node.args.args[: len(node.args.args) - len(node.args.defaults)]] == ["tx"]
    }
    handed = {
        argument.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"transact", "_try", "_insist"}
        for argument in node.args
        if isinstance(argument, ast.Name)
    }  # fmt: skip
    assert not any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "transact"
        and any(isinstance(argument, ast.Lambda) for argument in node.args)
        for node in ast.walk(tree)
    ), f"{path.name}: a writing unit has a name, so that it can be a crash point"
    return handed & inner


def test_every_writing_unit_of_the_selling_half_is_a_crash_point() -> None:
    named = {name.partition(".")[2] for name in ALL}
    missing = {name: path for name, path in units().items() if name not in named and name not in IDLE}
    assert not missing, f"no story dies at {missing}"


def test_every_call_of_the_gateway_is_a_crash_point() -> None:
    calls = {name for name in vars(Gateway) if not name.startswith("_")} - {"name", "verify"}
    assert {f"gateway.{name}" for name in calls} <= ALL
