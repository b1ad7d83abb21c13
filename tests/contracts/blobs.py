"""What every blob store promises (haat.engines.blobs.ports)."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from haat.engines.blobs import Blob, Blobs, Damaged
from haat.errors import NotFound, TooLarge, Unavailable
from tests.contracts.machines import Machine
from tests.contracts.rigs import DEADLINE_S, Breakable, Rigs, play


class BlobsRig(Breakable, Protocol):
    """A blob store whose content can be damaged."""

    blobs: Blobs

    async def damage(self, digest: str) -> None:
        """Change one stored byte behind the store's back."""

    async def stored(self) -> int:
        """How many blobs there are, finished or not: what a listing of the engine shows."""

    async def found(self) -> Blobs:
        """The store as a new process finds it if this one died now."""


async def stream(chunks: Sequence[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        await asyncio.sleep(0)
        yield chunk


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def content_of(blobs: Blobs, digest: str) -> bytes:
    return b"".join([chunk async for chunk in blobs.chunks(digest)])


class BlobsContract:
    """P1 to P8 of the Blobs port."""

    @pytest.fixture
    async def rig(self, rigs: Rigs[BlobsRig]) -> AsyncIterator[BlobsRig]:
        async with rigs() as rig:
            yield rig

    async def test_p1_what_was_answered_is_there_for_a_new_process(self, rig: BlobsRig) -> None:
        content = bytes(range(256)) * 5_000
        blob = await rig.blobs.put(stream([content[:7], b"", content[7:]]), max_bytes=len(content))
        assert blob == Blob(digest_of(content), len(content))
        small = await rig.blobs.put_bytes(b"small")
        several = await rig.blobs.put_all([b"one", b"", b"one"])
        assert several == [digest_of(b"one"), digest_of(b""), digest_of(b"one")]
        again = await rig.found()
        assert await again.get(blob.digest) == content
        assert await content_of(again, blob.digest) == content
        assert (await again.local(blob.digest)).read_bytes() == content
        assert await again.get(small) == b"small"
        assert await again.get(digest_of(b"")) == b""

    async def test_p2_over_its_limit_leaves_nothing(self, rig: BlobsRig) -> None:
        endless = 0

        async def too_much() -> AsyncIterator[bytes]:
            nonlocal endless
            while True:
                endless += 1
                yield b"x" * 1_000

        with pytest.raises(TooLarge):
            await rig.blobs.put(too_much(), max_bytes=5_000)
        assert endless == 6
        assert await rig.stored() == 0

    async def test_p2_a_crash_in_the_middle_leaves_nothing_to_read(self, rig: BlobsRig) -> None:
        half, never = asyncio.Event(), asyncio.Event()

        async def chunks() -> AsyncIterator[bytes]:
            yield b"a" * (3 << 20)
            half.set()
            await never.wait()

        task = asyncio.ensure_future(rig.blobs.put(chunks(), max_bytes=1 << 30))
        await half.wait()
        again = await rig.found()  # as if this process had been killed now
        assert not await again.exists(digest_of(b"a" * (3 << 20)))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await rig.stored() == 0

    async def test_p2_a_stream_that_breaks_leaves_nothing_and_says_why(self, rig: BlobsRig) -> None:
        async def broken() -> AsyncIterator[bytes]:
            yield b"begin"
            raise ConnectionResetError("the sender went away")

        with pytest.raises(ConnectionResetError):
            await rig.blobs.put(broken(), max_bytes=100)
        assert await rig.stored() == 0

    async def test_p3_the_same_content_from_many_is_stored_once(self, rig: BlobsRig) -> None:
        content = b"the same picture" * 1_000
        puts = [rig.blobs.put(stream([content]), max_bytes=len(content)) for _ in range(8)]
        assert set(await asyncio.gather(*puts)) == {Blob(digest_of(content), len(content))}
        await rig.blobs.put_all([content, content])
        assert await rig.stored() == 1
        assert await rig.blobs.get(digest_of(content)) == content

    async def test_p4_a_damaged_blob_is_never_handed_out_as_good(self, rig: BlobsRig) -> None:
        digest = await rig.blobs.put_bytes(b"precious" * 100_000)
        await rig.damage(digest)
        with pytest.raises(Damaged):
            await rig.blobs.get(digest)
        with pytest.raises(Damaged):
            await content_of(rig.blobs, digest)
        assert await rig.blobs.put_bytes(b"precious" * 100_000) == digest  # putting it again heals it
        assert await rig.blobs.get(digest) == b"precious" * 100_000

    @pytest.mark.parametrize(
        "name", ["0" * 64, "", "..", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 62 + "/x", "\x00" * 64, "０" * 64]
    )
    async def test_p5_what_is_not_there_or_not_a_digest_is_not_found(self, rig: BlobsRig, name: str) -> None:
        await rig.blobs.put_bytes(b"something else")
        for call in (rig.blobs.get(name), content_of(rig.blobs, name), rig.blobs.local(name)):
            with pytest.raises(NotFound):
                await call
        assert not await rig.blobs.exists(name)
        await rig.blobs.delete(name)
        assert await rig.stored() == 1

    async def test_p6_delete_twice_is_fine(self, rig: BlobsRig) -> None:
        digest = await rig.blobs.put_bytes(b"old feed")
        await asyncio.gather(*(rig.blobs.delete(digest) for _ in range(5)))
        assert not await rig.blobs.exists(digest)
        assert await rig.stored() == 0

    async def test_p8_every_blob_is_listed_once_by_digest(self, rig: BlobsRig) -> None:
        assert await rig.blobs.page() == []
        contents = [str(n).encode() for n in range(700)]  # several to a folder of files
        digests = await rig.blobs.put_all(contents)
        with pytest.raises(TooLarge):
            await rig.blobs.put(stream([b"too", b"much"]), max_bytes=5)
        found: list[Blob] = []
        while page := await rig.blobs.page(found[-1].digest if found else "", 13):
            assert len(page) <= 13
            found += page
        sizes = {digest: len(content) for digest, content in zip(digests, contents, strict=True)}
        assert found == [Blob(digest, sizes[digest]) for digest in sorted(digests)]

    async def test_p7_an_engine_that_is_down_says_unavailable_in_time(self, rig: BlobsRig) -> None:
        digest = await rig.blobs.put_bytes(b"kept")
        await rig.down()
        async with asyncio.timeout(DEADLINE_S):
            for call in (
                rig.blobs.get(digest),
                content_of(rig.blobs, digest),
                rig.blobs.local(digest),
                rig.blobs.exists(digest),
                rig.blobs.delete(digest),
                rig.blobs.put(stream([b"new"]), max_bytes=10),
                rig.blobs.put_bytes(b"new"),
                rig.blobs.page(),
                rig.blobs.put_all([b"new"]),
                rig.blobs.ping(),
            ):
                with pytest.raises(Unavailable):
                    await call
        await rig.up()
        await rig.blobs.ping()
        assert await rig.blobs.get(digest) == b"kept"
        assert await rig.stored() == 1

    def test_model_of_a_set_of_contents(self, rigs: Rigs[BlobsRig]) -> None:
        play(lambda: BlobsMachine(rigs), examples=10, steps=15)


CONTENTS = st.sampled_from([b"", b"a", b"b" * 70_000])


class BlobsMachine(Machine[BlobsRig]):
    """A set of contents is the model."""

    def __init__(self, rigs: Rigs[BlobsRig]) -> None:
        super().__init__(rigs)
        self.kept: set[bytes] = set()

    @rule(content=CONTENTS)
    def put(self, content: bytes) -> None:
        assert self.wait(self.rig.blobs.put_bytes(content)) == digest_of(content)
        self.kept.add(content)

    @rule(content=CONTENTS, limit=st.sampled_from([0, 1, 100_000]))
    def put_stream(self, content: bytes, limit: int) -> None:
        put = self.rig.blobs.put(stream([content[:1], content[1:]]), max_bytes=limit)
        if len(content) > limit:
            with pytest.raises(TooLarge):
                self.wait(put)
        else:
            assert self.wait(put) == Blob(digest_of(content), len(content))
            self.kept.add(content)

    @rule(content=CONTENTS)
    def delete(self, content: bytes) -> None:
        self.wait(self.rig.blobs.delete(digest_of(content)))
        self.kept.discard(content)

    @rule(content=CONTENTS)
    def get(self, content: bytes) -> None:
        if content in self.kept:
            assert self.wait(self.rig.blobs.get(digest_of(content))) == content
        else:
            with pytest.raises(NotFound):
                self.wait(self.rig.blobs.get(digest_of(content)))

    @rule()
    def count(self) -> None:
        assert self.wait(self.rig.stored()) == len(self.kept)
