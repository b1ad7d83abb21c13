"""Blobs as files: written beside, synced, then renamed into place, so a name always has its whole content."""

import asyncio
import hashlib
import os
import re
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final, ParamSpec, TypeVar

from haat.engines.blobs.ports import Blob, Damaged
from haat.errors import NotFound, TooLarge, Unavailable

P = ParamSpec("P")
T = TypeVar("T")

WRITE_BYTES: Final = 1 << 20  # one trip to a thread per MiB of a stream
READ_BYTES: Final = 1 << 18
_FOLDER_CHARS: Final = 2  # of a digest: 256 folders
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class FileBlobs:
    """Blobs under one folder, as `ab/cdef…`. Open from the start; `open` also clears what a crash left."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._unfinished = folder / "unfinished"
        self._open = True

    def open(self) -> None:
        """Make the folder and delete what puts of a dead process left behind. Raises: Unavailable.

        Only for the one process that owns the folder (haat.engines.lock).
        """
        try:
            self._unfinished.mkdir(parents=True, exist_ok=True)
            for leftover in self._unfinished.iterdir():
                leftover.unlink(missing_ok=True)
        except OSError as error:
            raise _translated(error) from error
        self._open = True

    def close(self) -> None:
        """Refuse every call from now on."""
        self._open = False

    async def put(self, chunks: AsyncIterable[bytes], max_bytes: int) -> Blob:
        """See Blobs."""
        file = await self._run(self._begin)
        try:
            digest, size_bytes, waiting = hashlib.sha256(), 0, bytearray()
            async for chunk in chunks:
                size_bytes += len(chunk)
                _check(size_bytes, max_bytes)
                waiting += chunk
                if len(waiting) >= WRITE_BYTES:
                    await self._run(_write, file, digest, bytes(waiting))
                    waiting.clear()
            await self._run(_write, file, digest, bytes(waiting))
            name = digest.hexdigest()
            await self._run(self._finish, [(file, name)])
        except BaseException:  # also when cancelled: nothing unfinished stays
            _discard(file)
            raise
        return Blob(name, size_bytes)

    async def put_bytes(self, content: bytes) -> str:
        """See Blobs."""
        return (await self.put_all([content]))[0]

    async def put_all(self, contents: Sequence[bytes]) -> list[str]:
        """See Blobs. All files are written before the first is synced, so the disk orders the work."""
        return await self._run(self._put_all, contents)

    async def get(self, digest: str) -> bytes:
        """See Blobs."""
        content = await self._run(self._path(digest).read_bytes)
        if hashlib.sha256(content).hexdigest() != digest:
            raise _damaged(digest)
        return content

    async def chunks(self, digest: str) -> AsyncIterator[bytes]:
        """See Blobs."""
        file = await self._run(self._path(digest).open, "rb")
        try:
            found = hashlib.sha256()
            while chunk := await self._run(file.read, READ_BYTES):
                found.update(chunk)
                yield chunk
            if found.hexdigest() != digest:
                raise _damaged(digest)
        finally:
            file.close()

    async def local(self, digest: str) -> Path:
        """See Blobs."""
        path = self._path(digest)
        await self._run(path.stat)
        return path

    async def exists(self, digest: str) -> bool:
        """See Blobs."""
        try:
            await self.local(digest)
        except NotFound:
            return False
        return True

    async def delete(self, digest: str) -> None:
        """See Blobs."""
        with suppress(NotFound):
            await self._run(self._path(digest).unlink)

    async def page(self, after: str = "", limit: int = 1_000) -> list[Blob]:
        """See Blobs. Cost: the names of at most one folder in 256 are read beside those that are answered."""
        return await self._run(self._page, after, limit)

    async def ping(self) -> None:
        """See Blobs."""
        await self._run(lambda: self._unfinished.mkdir(parents=True, exist_ok=True))

    def _path(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):  # nothing a caller writes becomes a path of its own
            raise NotFound("There is no such file.")
        return self._folder / digest[:_FOLDER_CHARS] / digest[_FOLDER_CHARS:]

    async def _run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if not self._open:
            raise Unavailable("The blob store is closed")
        try:
            return await asyncio.to_thread(work, *args, **kwargs)
        except FileNotFoundError as error:
            raise NotFound("There is no such file.") from error
        except OSError as error:
            raise _translated(error) from error

    # ---- on a thread

    def _page(self, after: str, limit: int) -> list[Blob]:
        found: list[Blob] = []
        for folder in sorted(self._folder.iterdir()):
            if len(folder.name) != _FOLDER_CHARS or folder.name < after[:_FOLDER_CHARS]:
                continue
            for name in sorted(path.name for path in folder.iterdir()):
                digest = folder.name + name
                if digest > after and _DIGEST.fullmatch(digest):
                    with suppress(FileNotFoundError):  # deleted at this moment
                        found.append(Blob(digest, (folder / name).stat().st_size))
                    if len(found) == limit:
                        return found
        return found

    def _begin(self) -> BinaryIO:
        self._unfinished.mkdir(parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(dir=self._unfinished)
        os.close(number)
        return Path(name).open("wb")

    def _put_all(self, contents: Sequence[bytes]) -> list[str]:
        begun: list[tuple[BinaryIO, str]] = []
        try:
            for content in contents:
                file = self._begin()
                begun.append((file, hashlib.sha256(content).hexdigest()))
                file.write(content)
            self._finish(begun)
        except BaseException:
            for file, _ in begun:
                _discard(file)
            raise
        return [digest for _, digest in begun]

    def _finish(self, begun: Sequence[tuple[BinaryIO, str]]) -> None:
        for file, _ in begun:
            file.flush()
        for file, _ in begun:
            os.fsync(file.fileno())
            file.close()
        folders = set()
        for file, digest in begun:
            path = self._path(digest)
            if not path.parent.exists():
                path.parent.mkdir(exist_ok=True)
                folders.add(self._folder)
            Path(file.name).replace(path)
            folders.add(path.parent)
        for folder in folders:
            _sync_folder(folder)


def _check(size_bytes: int, max_bytes: int) -> None:
    if size_bytes > max_bytes:
        raise TooLarge(f"At most {max_bytes} bytes are taken.", max_bytes=max_bytes)


def _write(file: BinaryIO, digest: "hashlib._Hash", content: bytes) -> None:
    digest.update(content)
    file.write(content)


def _discard(file: BinaryIO) -> None:
    with suppress(OSError):
        file.close()
    with suppress(OSError):
        Path(file.name).unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make renames in it durable. Source: fsync(2), "the directory containing the file"."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _translated(error: OSError) -> Unavailable:
    return Unavailable(f"The blob store failed: {error.strerror or error}")


def _damaged(digest: str) -> Damaged:
    return Damaged(f"The file {digest[:12]}… no longer has its digest.", digest=digest)
