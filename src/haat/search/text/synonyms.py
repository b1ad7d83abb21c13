"""The shop's list of words that mean the same: a TOML file that people edit."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from haat.errors import Invalid, Problem
from haat.search.text.tokens import tokens

SHIPPED: Final = Path(__file__).with_name("synonyms.toml")
MAX_ENTRIES: Final = 5_000


class Synonyms:
    """Which other tokens a query token also stands for. Immutable; `Synonyms.parse` reads the file's form."""

    def __init__(self, others: Mapping[str, tuple[str, ...]]) -> None:
        """`others`: token → the tokens that are looked for beside it."""
        self._others = others

    def of(self, token: str) -> tuple[str, ...]:
        """The tokens that also count for this one, in the order of the list; empty for most."""
        return self._others.get(token, ())

    @classmethod
    def shipped(cls) -> "Synonyms":
        """The list that comes with haat: spellings and household names of British, American and Indian English."""
        return cls.parse(SHIPPED.read_text(encoding="utf-8"))

    @classmethod
    def parse(cls, text: str) -> "Synonyms":
        """Read a list: `same = [["sofa", "couch"], …]` both ways, `[also]` `gadget = ["device"]` one way.

        Raises: Invalid with every wrong entry at once: each word must be a single one.
        """
        try:
            table = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise Invalid(problems=[Problem("#", f"This is not TOML: {error}")]) from error
        problems = [Problem(f"#/{key}", "Unknown key. Known: same, also") for key in table.keys() - {"same", "also"}]
        others: dict[str, dict[str, None]] = {}
        groups = _groups(table, problems)
        for group in groups:
            for token in group:
                others.setdefault(token, {}).update(dict.fromkeys(t for t in group if t != token))
        for token, meant in _one_way(table, problems):
            others.setdefault(token, {}).update(dict.fromkeys(t for t in meant if t != token))
        if len(others) > MAX_ENTRIES:
            problems.append(Problem("#", f"At most {MAX_ENTRIES} words; this list has {len(others)}"))
        if problems:
            raise Invalid(problems=problems)
        return cls({token: tuple(meant) for token, meant in others.items()})


def _groups(table: Mapping[str, Any], problems: list[Problem]) -> list[list[str]]:
    groups = table.get("same", [])
    if not isinstance(groups, list):
        problems.append(Problem("#/same", 'Write a list of lists: same = [["sofa", "couch"]]'))
        return []
    return [_words(group, f"#/same/{at}", problems) for at, group in enumerate(groups)]


def _one_way(table: Mapping[str, Any], problems: list[Problem]) -> list[tuple[str, list[str]]]:
    also = table.get("also", {})
    if not isinstance(also, dict):
        problems.append(Problem("#/also", 'Write a table: [also] then gadget = ["device"]'))
        return []
    pairs = []
    for word, meant in also.items():
        key = _words([word], f"#/also/{word}", problems)
        pairs += [(token, _words(meant, f"#/also/{word}", problems)) for token in key]
    return pairs


def _words(group: object, pointer: str, problems: list[Problem]) -> list[str]:
    """The token of each entry; an entry that is not one word becomes a problem."""
    if not isinstance(group, Sequence) or isinstance(group, str):
        problems.append(Problem(pointer, 'Write a list of words: ["sofa", "couch"]'))
        return []
    out: list[str] = []
    for at, word in enumerate(group):
        found = tokens(word) if isinstance(word, str) else []
        if len(found) == 1:
            out.append(found[0])
        else:
            problems.append(Problem(f"{pointer}/{at}", f"{word!r} is not a single word; write words without spaces"))
    return out
