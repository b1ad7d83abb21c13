"""Wait for several calls at once, and for all of them also when one fails."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


async def all_of(calls: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Their answers in order. Raises: the first error in order, after every call has ended.

    `asyncio.gather` would leave the others running behind the caller's back, and a retry would meet them.
    """
    answers = await asyncio.gather(*calls, return_exceptions=True)
    done: list[T] = []
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
        done.append(answer)
    return done
