"""Typing errors and exact codes on both real catalogues, asked through FindItems.

Run: `python -m benchmarks.typos DATA_FOLDER [--queries N] [--out FILE]`. A query is the first two or three words of a
product's title; then one word of four letters or more gets one random edit (a letter left out, put in, replaced, or two
swapped). Counted: how often the first hit of the clean query is within the first 20 of the mistyped one; and how often
the first hit of a sku or an EAN carries it. Seeded. Goals: 90 % of the typos, 100 % of the codes.
"""

import argparse
import json
import random
import string
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.catalogue_shop import CatalogueShop
from benchmarks.catalogues import NAMES, Product, load
from benchmarks.group_commit import commit
from benchmarks.processes import machine

GOALS: Final = {"typo_share": 0.9, "exact_share": 1.0}
SEED: Final = 11
FIRST: Final = 20
SHORTEST: Final = 4  # a shorter word with an edit is another word more often than a mistyped one


def mistyped(word: str, chance: random.Random) -> str:
    """The word with one edit, never the word itself."""
    typed = word
    while typed == word:
        at, letter = chance.randrange(len(word)), chance.choice(string.ascii_lowercase)
        head, here, tail = word[:at], word[at], word[at + 1 :]
        typed = chance.choice((head + tail, head + letter + here + tail, head + letter + tail))
        if tail and chance.random() < 0.25:
            typed = head + tail[0] + here + tail[1:]
    return typed


def typos(shop: CatalogueShop, products: Sequence[Product], count: int) -> dict[str, Any]:
    """How many mistyped queries keep the clean one's first hit."""
    chance = random.Random(SEED)
    asked = kept = 0
    lost: list[list[str]] = []
    for product in chance.sample(list(products), len(products)):
        words = [word for word in product.title.lower().split() if word.isalpha() and word.isascii()][:3]
        long = [at for at, word in enumerate(words) if len(word) >= SHORTEST]
        if len(words) < 2 or not long:
            continue
        first = shop.top(" ".join(words), 1)
        if not first:
            continue
        at = chance.choice(long)
        typed = " ".join((*words[:at], mistyped(words[at], chance), *words[at + 1 :]))
        found = first[0] in shop.top(typed, FIRST)
        asked, kept = asked + 1, kept + found
        if not found and len(lost) < 10:
            lost.append([" ".join(words), typed])
        if asked == count:
            break
    return {"typos": asked, "typo_share": round(kept / asked, 4), "some_lost": lost}


def codes(shop: CatalogueShop, products: Sequence[Product], count: int) -> dict[str, Any]:
    """How many skus and EANs find a product that carries them in the first place."""
    chance = random.Random(SEED)
    by_id = {product.id: product for product in products}
    asked = right = 0
    wrong: list[str] = []
    for product in chance.sample(list(products), count):
        for code in (f"s.{product.id}", *product.eans[:1]):
            found = shop.top(code, 1)
            good = bool(found) and (found[0] == product.id or code in by_id[found[0]].eans)
            asked, right = asked + 1, right + good
            if not good:
                wrong.append(code)
    return {"codes": asked, "exact_share": round(right / asked, 4), "wrong": wrong[:10]}


def main() -> int:
    """Measure and print JSON. Exit 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    found = {}
    for name in NAMES:
        products = load(options.data, name)
        with tempfile.TemporaryDirectory() as folder, CatalogueShop(products, Path(folder)) as shop:
            found[name] = typos(shop, products, options.queries) | codes(shop, products, options.queries)
    reached = {goal: all(one[goal] >= least for one in found.values()) for goal, least in GOALS.items()}
    answer = {
        "benchmark": "typos",
        "commit": commit(),
        "machine": machine(),
        "goals": GOALS,
        "reached": reached,
        "catalogues": found,
    }
    text = json.dumps(answer, indent=1, ensure_ascii=False)
    print(text)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")
    return 0 if all(reached.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
