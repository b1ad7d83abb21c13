"""Asking an app of this process: it meets the request as a socket would have brought it."""

from typing import Any

import pytest

from haat.http.inside import Inside


async def echo(scope: Any, receive: Any, send: Any) -> None:
    given = await receive()
    assert (await receive())["type"] == "http.disconnect"
    headers = dict(scope["headers"])
    told = [scope["method"], scope["path"], scope["query_string"].decode(), headers[b"host"].decode()]
    told += [headers[b"x-key"].decode(), headers[b"content-length"].decode(), given["body"].decode()]
    await send({"type": "http.response.start", "status": 201, "headers": []})
    await send({"type": "http.response.body", "body": "|".join(told).encode(), "more_body": True})
    await send({"type": "http.response.body"})


async def test_the_app_gets_path_query_headers_and_body_and_its_answer_comes_back() -> None:
    ask = Inside(echo, "shop")
    status, body = await ask("POST", "/a%2Fb/c?x=1&y=%20", {"X-Key": "k"}, b"four")
    assert (status, body) == (201, b"POST|/a/b/c|x=1&y=%20|shop|k|4|four")


async def test_what_the_app_raises_is_raised() -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        await Inside(broken, "shop")("GET", "/", {}, b"")
