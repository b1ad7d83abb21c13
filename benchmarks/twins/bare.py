"""Bare ASGI: no framework, no headers but two, no errors told. Paths begin with how the answer is made:

`/same/…` calls the use case that the real route calls and encodes its answer; `/bytes/…` sends an answer that was
encoded before; `/engine/…` makes the tantivy calls that a fresh search makes (`search` and `aggregate`, recorded once
per question, made again for each request) and sends the bytes of the answer: the floor of a search over HTTP.

Run: `HAAT_DATA_DIR=… python -m benchmarks.twins.bare PORT` with the questions in the file HAAT_TEST_QUESTIONS names.
"""

import dataclasses
import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec

from benchmarks.twins.opened import main
from haat.search.adapters.tantivy_tally import Tallier
from haat.search.adapters.tantivy_view import TantivyView
from haat.search.model import SearchRequest
from haat.search.routes import Suggest
from haat.shop import Shop

QUESTIONS: Final = msgspec.json.decode(Path(os.environ["HAAT_TEST_QUESTIONS"]).read_bytes(), type=dict[str, list[str]])
RECORDED: Final = 1_500  # questions that are kept with their calls and bytes; more are asked in turn
_ENCODER: Final = msgspec.json.Encoder()
Calls = list[Callable[[], object]]


class Recorder:
    """A tantivy searcher that keeps what it was asked."""

    def __init__(self, searcher: Any) -> None:
        self._searcher = searcher
        self.calls: Calls = []

    def search(self, *given: Any, **named: Any) -> Any:
        """As the searcher's, remembered."""
        self.calls.append(partial(self._searcher.search, *given, **named))
        return self.calls[-1]()

    def aggregate(self, *given: Any, **named: Any) -> Any:
        """As the searcher's, remembered."""
        self.calls.append(partial(self._searcher.aggregate, *given, **named))
        return self.calls[-1]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._searcher, name)


def request_of(query: Mapping[str, list[str]]) -> SearchRequest:
    """The parameters the questions use."""
    return SearchRequest(
        q=query.get("q", [""])[0],
        category=query.get("category", [None])[0],
        pincode=query.get("pincode", [None])[0],
        limit=int(query.get("limit", ["24"])[0]),
    )


async def recorded(shop: Shop, request: SearchRequest) -> tuple[Calls, bytes]:
    """The engine calls of a search that nothing is remembered of, and its answer."""
    index: Any = shop.index  # its newest view is taken away for a moment
    view = index._view
    assert isinstance(view, TantivyView)
    recorder = Recorder(view.searcher)
    searcher: Any = recorder
    try:
        index._view = dataclasses.replace(view, searcher=searcher, tallier=Tallier(searcher, view.compiler))
        body = _ENCODER.encode(await shop.find(request))
    finally:
        index._view = view
    return recorder.calls, body


async def prepare(shop: Shop, asked_by_name: Mapping[str, list[str]]) -> tuple[dict[str, Calls], dict[str, bytes]]:
    """Calls and bytes per question."""
    calls: dict[str, Calls] = {}
    bodies: dict[str, bytes] = {}
    suggest = Suggest(shop.lexicon)
    for name, asked in asked_by_name.items():
        for question in asked[:RECORDED]:
            path, _, text = question.partition("?")
            if name in ("search", "listing", "again"):
                calls[question], bodies[question] = await recorded(shop, request_of(parse_qs(text)))
            elif name == "suggest":
                bodies[question] = _ENCODER.encode(suggest(parse_qs(text)["q"][0]))
            else:
                bodies[question] = _ENCODER.encode(await shop.catalog.show_item(path.rpartition("/")[2]))
    return calls, bodies


async def make(shop: Shop) -> Any:
    """The app."""
    calls, bodies = await prepare(shop, QUESTIONS)
    suggest = Suggest(shop.lexicon)
    head = (b"content-type", b"application/json")

    async def same(path: str, text: str) -> bytes:
        if path == "/search":
            return _ENCODER.encode(await shop.find(request_of(parse_qs(text))))
        if path == "/search/suggest":
            return _ENCODER.encode(suggest(parse_qs(text)["q"][0]))
        return _ENCODER.encode(await shop.catalog.show_item(path.rpartition("/")[2]))

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        _, way, rest = scope["path"].split("/", 2)
        path, text = "/" + rest, scope["query_string"].decode()
        question = f"{path}?{text}" if text else path
        if way == "same":
            body = await same(path, text)
        else:
            body = bodies[question]
            if way == "engine":
                for call in calls[question]:
                    call()
        headers = [head, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


if __name__ == "__main__":
    main(make)
