"""The pages about buying say all of what the code has: problems, checks, kinds of breaks, roles, faults."""

import re
from importlib import import_module
from pkgutil import walk_packages

import pytest

import haat
from fakepay import faults
from haat.cli import ROLES
from haat.errors import HaatError, KeyReused
from haat.payments import breaks
from haat_verify.checks import CHECKS, NOT_HERE
from tests.docs.test_docs import ROOT

DOCS = ROOT / "docs"
ROOMS = ("cart", "wishlist", "orders", "payments")


def errors_of_buying() -> dict[str, type[HaatError]]:
    """By code: those of the rooms that sell."""
    for room in ROOMS:
        package = import_module(f"haat.{room}")
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in module.name:
                import_module(module.name)
    found, waiting = dict[str, type[HaatError]](), [HaatError]
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        if kind.__module__.startswith(tuple(f"{haat.__name__}.{room}." for room in ROOMS)):
            found[kind.code] = kind
    return {**found, KeyReused.code: KeyReused}


ERRORS = errors_of_buying()


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_a_problem_of_buying_has_its_page(code: str) -> None:
    text = (DOCS / "problems" / f"{code}.md").read_text(encoding="utf-8")
    kind = ERRORS[code]
    assert text.startswith(f"# {kind.title}\n\n`{code}`, status {kind.status}\n")
    listed = (DOCS / "problems/README.md").read_text(encoding="utf-8")
    assert f"| [`{code}`]({code}.md) | {kind.status} | {kind.title} |" in listed


def test_verifys_checks_are_told_as_they_are() -> None:
    text = (DOCS / "reference/verify.md").read_text(encoding="utf-8")
    told = re.findall(r"(?m)^\| (\d+) \| `([a-z-]+)` \| (any time|at rest) \| [a-z, ]+ \| (.+) \|$", text)
    have = [(c.invariant, c.name, "any time" if c.online else "at rest", c.says) for c in CHECKS]
    assert sorted(told) == sorted(have)
    assert all(f"| {number} | {why} |" in text for number, why in NOT_HERE.items())


def test_every_kind_of_break_is_told() -> None:
    kinds = {value for name, value in vars(breaks).items() if name == value}
    told = set(re.findall(r"`([A-Z][A-Z_]+)`", (DOCS / "how-to/read-breaks.md").read_text(encoding="utf-8")))
    assert kinds
    assert kinds <= told


def test_every_role_is_told() -> None:
    text = (DOCS / "reference/cli.md").read_text(encoding="utf-8")
    assert all(f"`{role}`" in text for role in ROLES.split(","))


def test_every_place_and_kind_of_fault_is_told() -> None:
    text = (DOCS / "reference/fakepay.md").read_text(encoding="utf-8")
    words = {*faults.HAPPENINGS, *faults.ANSWERS, *(kind for kinds in faults.HAPPENINGS.values() for kind in kinds)}
    assert all(f"`{word}`" in text for word in words)
