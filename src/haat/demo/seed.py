"""Fill a shop with the demo market: through feeds, categories and warehouses, as an operator and sellers would."""

import asyncio
import hashlib
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final, Protocol

import msgspec

from haat.demo import catalogue, feed
from haat.demo.model import Category, Look, Seller, Warehouse
from haat.demo.pictures import draw
from haat.demo.pictures.render import drawing_room, png
from haat.demo.sellers import EXAMPLE_PINCODES, SELLERS, warehouses
from haat.demo.stalls import CATEGORIES

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""

_NOTES: Final = "demo-pictures.json"
_AT_ONCE: Final = 6  # pictures on their way: two drawn, two encoded, one waiting before each


class Rows(Protocol):
    """What came of a feed's rows."""

    @property
    def accepted(self) -> int:
        """Rows that were new or had changed."""

    @property
    def unchanged(self) -> int:
        """Rows that said what the shop knew already."""

    @property
    def refused(self) -> int:
        """Rows that were not taken."""


class DemoShop(Protocol):
    """What seeding needs of a shop. Each call may be repeated; what is there already is left as it is."""

    @property
    def folder(self) -> Path:
        """The data directory: the demo leaves a note there of the pictures it has drawn."""

    async def add_seller(self, seller: Seller) -> bool:
        """Whether the seller is new. Raises: Unavailable."""

    async def add_categories(self, categories: Sequence[Category]) -> int:
        """How many of the categories, parents first, were new. Raises: Invalid, Unavailable."""

    async def add_warehouse(self, warehouse: Warehouse) -> bool:
        """Whether the warehouse is new. Raises: Unavailable."""

    async def build_matrix(self) -> None:
        """Make the matrix from the warehouses there are. Raises: Unavailable."""

    async def has_pictures(self, keys: Sequence[str]) -> Collection[str]:
        """Those of the keys that the catalogue has a picture for. Raises: Unavailable."""

    async def add_picture(self, content: bytes) -> str:
        """The key of a picture, re-encoded and kept. Raises: BadPicture, Unavailable."""

    async def import_feed(self, seller: str, file: Path) -> Rows:
        """What came of a haat JSON Lines file of this seller, read to its end. Raises: Invalid, Unavailable."""

    async def settled(self) -> None:
        """Return when all consumers have seen everything published so far. Raises: Unavailable."""

    async def reaching(self, pincode: str) -> int | None:
        """How many items in stock reach a PIN code; None where nobody delivers. Raises: Unavailable."""


@dataclass(slots=True)
class DemoSummary:
    """What seeding did. `new` are sellers, categories, warehouses and pictures that were not there before."""

    items: int = 0
    variants: int = 0
    pictures: int = 0
    new: int = 0
    accepted: int = 0
    unchanged: int = 0
    refused: int = 0
    reach: dict[str, int | None] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """Whether anything came into the shop."""
        return bool(self.new or self.accepted)

    def lines(self) -> list[str]:
        """For people: what is there now, and PIN codes to try."""
        told = [
            f"{self.items:,} items in {self.variants:,} variants, {self.pictures:,} pictures, "
            f"{len(SELLERS)} sellers, {len(warehouses())} warehouses.",
            f"{self.accepted:,} rows accepted, {self.unchanged:,} unchanged, {self.refused:,} refused."
            if self.changed or self.refused
            else "Unchanged: the demo market was there already.",
        ]
        if self.reach:
            told.append("PIN codes to try:")
            told += [
                f"  {pincode}  " + ("nobody delivers there" if count is None else f"{count:,} things reach it")
                for pincode, count in self.reach.items()
            ]
        return told


async def seed(
    shop: DemoShop, *, size: int = catalogue.DEFAULT_SIZE, seed: int = 1, pictures: bool = True, progress: Progress
) -> DemoSummary:
    """What the shop has gained. The same size and seed again change nothing; a larger size adds.

    Raises: what the shop raises; what was done until then stays, and running again goes on from there.
    Cost: for 2,400 items some 370 pictures (0.12 s of one processor each) and 2,400 feed rows. Memory does not grow
    with size.
    """
    summary = DemoSummary()
    for seller in SELLERS:
        summary.new += await shop.add_seller(seller)
    summary.new += await shop.add_categories(CATEGORIES)
    opened = [await shop.add_warehouse(warehouse) for warehouse in warehouses()]
    summary.new += sum(opened)
    if any(opened):
        progress("Laying out the delivery network", 0, 1)
        await shop.build_matrix()
    keys = await _pictures(shop, looks_for(size, seed), summary, progress) if pictures else {}
    with tempfile.TemporaryDirectory(prefix="haat-demo-") as scratch:
        files = write_feeds(Path(scratch), size, seed, keys, summary)
        for place, (code, file) in enumerate(files.items()):
            progress("Reading the sellers' feeds", place, len(files))
            rows = await shop.import_feed(code, file)
            summary.accepted += rows.accepted
            summary.unchanged += rows.unchanged
            summary.refused += rows.refused
    progress("Filling the index", 0, 1)
    await shop.settled()
    summary.reach = {pincode: await shop.reaching(pincode) for pincode in EXAMPLE_PINCODES}
    return summary


def sources(seed: int) -> catalogue.Source:
    """Random sources of a seed: the same name gives the same numbers, on every machine and Python."""
    return lambda name: Random(f"{seed}/{name}")


def write_feeds(
    folder: Path, size: int, seed: int, keys: Mapping[Look, str], summary: DemoSummary | None = None
) -> dict[str, Path]:
    """One haat JSON Lines file for each seller, by the seller's code. Counts what it writes in summary."""
    files = {seller.code: folder / f"{seller.code}.jsonl" for seller in SELLERS}
    with ExitStack() as stack:
        out = {code: stack.enter_context(file.open("wb")) for code, file in files.items()}
        for item in catalogue.items(sources(seed), size):
            out[item.seller].write(feed.line(item, keys))
            if summary is not None:
                summary.items += 1
                summary.variants += len(item.variants)
    return {code: file for code, file in files.items() if file.stat().st_size}


def looks_for(size: int, seed: int) -> list[Look]:
    """The pictures that a market of this size needs: all of them from the default size on."""
    if size >= catalogue.DEFAULT_SIZE:
        return catalogue.all_looks()
    return list(dict.fromkeys(look for item in catalogue.items(sources(seed), size) for look in item.looks))


async def _pictures(shop: DemoShop, looks: Sequence[Look], summary: DemoSummary, progress: Progress) -> dict[Look, str]:
    """Keys by look. What an earlier run drew, and the shop still has, is not drawn again."""
    digests = {look: hashlib.sha256(draw(look).encode()).hexdigest() for look in looks}
    noted = _noted(shop.folder / _NOTES)
    there = set(await shop.has_pictures(sorted(noted.values())))
    keys = {look: noted[digest] for look, digest in digests.items() if noted.get(digest) in there}
    missing = [look for look in looks if look not in keys]
    if missing:
        progress("Drawing pictures", len(keys), len(looks))
        gate = asyncio.Semaphore(_AT_ONCE)
        loop = asyncio.get_running_loop()
        with drawing_room() as room:

            async def add(look: Look) -> None:
                async with gate:
                    keys[look] = await shop.add_picture(await loop.run_in_executor(room, png, look))
                summary.new += 1
                progress("Drawing pictures", len(keys), len(looks))

            await asyncio.gather(*map(add, missing))
        _note(shop.folder / _NOTES, noted | {digests[look]: key for look, key in keys.items()})
    summary.pictures = len(keys)
    return keys


def _noted(file: Path) -> dict[str, str]:
    """Keys by drawing. A note that is missing or damaged only costs drawing again."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, str])
    except (FileNotFoundError, msgspec.DecodeError):
        return {}


def _note(file: Path, keys: Mapping[str, str]) -> None:
    fresh = file.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(keys, order="sorted"))
    fresh.replace(file)
