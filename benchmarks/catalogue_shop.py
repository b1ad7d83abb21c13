"""A real catalogue searched through the whole of search: documents, indexer, index, FindItems, as the API asks it."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec
import numpy as np

from benchmarks.catalogues import Product
from haat.engines.system import SystemClock
from haat.http.signing import Signer
from haat.search.adapters.opensearch import ServerItemIndex
from haat.search.adapters.tantivy import TantivyItemIndex
from haat.search.find import FindItems
from haat.search.indexer import Indexer
from haat.search.lexicon import Lexicon
from haat.search.model import SearchPage, SearchRequest
from haat.vocabulary import SHIPPING_CLASSES


class _Nowhere:
    """A delivery matrix without warehouses: relevance asks for no place."""

    def __init__(self) -> None:
        self.generation = 1
        self.warehouses: tuple[str, ...] = ()
        self.ordinals: Mapping[str, int] = {}
        self.hubs = 0
        self.codes = {name: np.zeros((0, 0), np.uint8) for name in SHIPPING_CLASSES}

    @property
    def reach(self) -> Any:
        return self


class CatalogueShop:
    """Ranks by FindItems, without place and stock. Use as a context manager: it holds an index open."""

    def __init__(self, products: Sequence[Product], folder: Path, server: str = "") -> None:
        """Index the products under `folder`, or in the search server of that URL."""
        self._documents = {_item_id(n): _document(n, product) for n, product in enumerate(products)}
        self._ids = {_item_id(n): product.id for n, product in enumerate(products)}
        self._runner = asyncio.Runner()
        self._index: TantivyItemIndex | ServerItemIndex = TantivyItemIndex(folder, SystemClock())
        if server:
            self._index = ServerItemIndex(server, SystemClock())
        self.lexicon = Lexicon(SystemClock())
        self._find = self._runner.run(self._open())

    def top(self, q: str, limit: int = 10) -> list[str]:
        """Ids of the first hits."""
        request = SearchRequest(q=q, in_stock=False, facets=False, limit=limit)
        page = self._runner.run(self._find(request))
        return [self._ids[hit.item_id] for hit in page.hits]

    def page(self, q: str) -> SearchPage:
        """A whole page, with facets."""
        return self._runner.run(self._find(SearchRequest(q=q, in_stock=False)))

    def forget(self) -> None:
        """Ask everything anew from now on, as after a commit."""
        self._runner.run(self._index.cover(self._index.view().coverage))

    async def _open(self) -> FindItems:
        signer, nowhere = Signer([b"benchmark"]), _Nowhere()
        await self._index.open()
        indexer = Indexer(
            index=self._index,
            serviceability=nowhere,
            documents=self._item_documents,
            offers=self._offers_of,
            lexicon=self.lexicon,
        )
        await indexer.update(sorted(self._documents))
        await indexer.commit()
        await self.lexicon.rebuild(lambda builder: indexer.collect(self._all_items, builder))
        return FindItems(
            index=self._index,
            serviceability=nowhere,
            lexicon=self.lexicon,
            clock=SystemClock(),
            sign=lambda payload: signer.sign("search", payload),
            open_cursor=lambda text: signer.open_cursor("search", text),
        )

    async def _item_documents(self, ids: Sequence[str]) -> Mapping[str, bytes]:
        return {one: self._documents[one] for one in ids if one in self._documents}

    async def _offers_of(self, item_ids: Sequence[str]) -> Mapping[str, Sequence[Any]]:
        return dict.fromkeys(item_ids, ())

    async def _all_items(self, after: str, limit: int) -> Sequence[tuple[str, bytes]]:
        first = 0 if not after else int(after.removeprefix("itm_")) + 1
        ids = [_item_id(n) for n in range(first, min(first + limit, len(self._documents)))]
        return [(one, self._documents[one]) for one in ids]

    def __enter__(self) -> "CatalogueShop":
        """The shop itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the index."""
        self._runner.run(self._index.close())
        self._runner.close()


def _item_id(number: int) -> str:
    return f"itm_{number:026d}"


def _document(number: int, product: Product) -> bytes:
    """The product as the catalogue would store it."""
    parts = (product.category_id or "").split(".")
    path = [".".join(parts[: depth + 1]) for depth in range(len(product.category_names))]
    sku = {"sku": f"s.{product.id}", "code": product.id, "eans": list(product.eans), "active": True}
    document = {
        "id": _item_id(number),
        "seller": "s",
        "code": product.id,
        "version": 1,
        "status": "active",
        "title": product.title,
        "description": product.description,
        "bullets": list(product.bullets),
        "brand": product.brand,
        "category": product.category_id,
        "categories": [{"id": i, "name": n} for i, n in zip(path, product.category_names, strict=True)],
        "attributes": {f"value_{at}": text for at, text in enumerate(product.attribute_values)},
        "labels": {},
        "units": {},
        "pictures": [],
        "variants": [
            sku
            | {
                "attributes": {},
                "model": product.models[0] if product.models else None,
                "pictures": [],
                "shipping_class": "standard",
            }
        ],
        "axes": [],
        "rating": None,
        "rating_count": 0,
        "released": None,
        "shipping_class": "standard",
    }
    return msgspec.json.encode(document)
