"""Blobs as files, beyond the contract: leftovers of a dead process, a disk that refuses."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from haat.engines.blobs.files import FileBlobs
from haat.errors import Unavailable


async def test_open_clears_what_puts_of_a_dead_process_left(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path / "blobs")
    blobs.open()
    digest = await blobs.put_bytes(b"finished")
    half, never = asyncio.Event(), asyncio.Event()

    async def chunks() -> AsyncIterator[bytes]:
        yield b"x" * (2 << 20)
        half.set()
        await never.wait()

    task = asyncio.ensure_future(blobs.put(chunks(), max_bytes=1 << 30))
    await half.wait()
    leftovers = list((tmp_path / "blobs" / "unfinished").iterdir())
    assert len(leftovers) == 1
    kept = leftovers[0].read_bytes()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    leftovers[0].write_bytes(kept)  # as a kill would have left it

    again = FileBlobs(tmp_path / "blobs")
    again.open()
    assert list((tmp_path / "blobs" / "unfinished").iterdir()) == []
    assert await again.get(digest) == b"finished"


async def test_a_folder_that_cannot_be_made_says_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"in the way")
    blobs = FileBlobs(tmp_path / "file" / "blobs")
    with pytest.raises(Unavailable):
        blobs.open()
    with pytest.raises(Unavailable):
        await blobs.put_bytes(b"content")
    with pytest.raises(Unavailable):
        await blobs.ping()


async def test_readers_see_only_whole_files_while_many_write(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path)
    contents = [bytes([n]) * 50_000 for n in range(6)]
    digests = await blobs.put_all(contents)

    async def write() -> None:
        await asyncio.gather(*(blobs.put_bytes(content) for content in contents * 4))

    async def read() -> None:
        for _ in range(10):
            for digest, content in zip(digests, contents, strict=True):
                assert await blobs.get(digest) == content

    await asyncio.gather(write(), read())
