"""Export and import of a whole shop, over its parts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from haat import __version__
from haat.errors import Conflict, Invalid, Problem
from haat.moving.engines import Engines, Parts
from haat.moving.folder import FORMAT, Folder, Manifest, PartHeld
from haat.moving.half import mark_half
from haat.moving.parts import Content, Part, content_of

Progress = Callable[[str], None]
"""Told what begins."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What the engines on both sides must agree about."""

    currency: str
    heads: Mapping[str, str]  # of each SQL database's history, in this release


async def contents(engines: Engines, progress: Progress) -> dict[str, Content]:
    """How much every part holds now, and its hash. Raises: Unavailable, Conflict."""
    progress("Reading …")
    return {part.name: await content_of(part) for part in Parts(engines).all}


async def export(engines: Engines, folder: Folder, identity: Identity, progress: Progress) -> Manifest:
    """Write the shop into an empty folder, as it was at one moment; what the folder holds.

    Everything is read twice. A part that is equal both times was so all the while, and as the second reading of any
    part begins when the first of every part has ended, there was a moment at which all of them were what was written.
    Source: Y. Afek et al., "Atomic Snapshots of Shared Memory" (1993), the double collect.

    Raises: Conflict, when the shop changed meanwhile, or the folder is not empty; Damaged, Unavailable. A folder that
    was begun has no manifest then.
    """
    folder.begin()
    parts = Parts(engines)
    held = []
    progress("Writing …")
    for part in parts.all:
        content = await folder.write(part)
        held.append(PartHeld(part.name, content.rows, content.sha256, list(part.columns)))
    progress("Copying blobs …")
    await folder.copy_blobs(parts.blobs, held[0])
    again = await contents(engines, progress)
    changed = [one.name for one in held if again[one.name] != (one.rows, one.sha256)]
    if changed:
        raise Conflict(f"The shop changed while it was read ({', '.join(changed)}): stop all its processes first.")
    manifest = Manifest(
        format=FORMAT,
        haat=__version__,
        currency=identity.currency,
        heads=dict(identity.heads),
        partitions=dict(sorted((await engines.log.topics()).items())),
        parts=held,
    )
    folder.end(manifest)
    return manifest


async def bring(engines: Engines, folder: Folder, identity: Identity, progress: Progress) -> dict[str, Content]:
    """Write an exported shop into empty, migrated engines; what they hold now, read back and equal to the export.

    The shop is marked as half imported from the first row on, and it still is when this returns: the caller builds the
    index and then calls `mark_whole`. Before the first row every file of the export has been read and checked, and all
    blobs are there.

    Raises: Invalid, when the export is damaged or another release's; Conflict, when something is there already;
    Damaged, NotFound, Unavailable.
    """
    manifest = folder.manifest()
    parts = Parts(engines)
    _refuse_strange(manifest, identity, parts.all)
    await _refuse_full(parts.all)
    progress("Checking …")
    for held in manifest.parts:
        async for _ in folder.rows(held):
            pass
    replaced = await _prepared_blobs(engines)
    blobs, *others = zip(parts.all, manifest.parts, strict=True)
    progress("Copying blobs …")
    parts.blobs.source = folder.blobs
    await parts.blobs.bring(folder.rows(blobs[1]))
    await mark_half(engines.databases["orders"])
    await engines.log.make(manifest.partitions)
    progress("Writing …")
    for part, held in others:
        if part is parts.parked:
            await parts.parked.look_up(folder.rows(held))
        await part.bring(folder.rows(held))
    if parts.unsent:
        raise Invalid(f"An event waits for an item that is not in the catalogue: {min(parts.unsent)}.")
    for digest in replaced:
        if not await folder.blobs.exists(digest):
            await engines.blobs.delete(digest)
    found = await contents(engines, progress)
    differing = [
        one.name for one in manifest.parts if one.name != blobs[0].name and found[one.name] != (one.rows, one.sha256)
    ]
    if differing:
        raise Invalid(f"What was written is not what was read back: {', '.join(differing)}.")
    return found


def _refuse_strange(manifest: Manifest, identity: Identity, parts: Sequence[Part]) -> None:
    problems = []
    if manifest.currency != identity.currency:
        problems.append(Problem("HAAT_CURRENCY", f"The exported shop counts in {manifest.currency}."))
    for name, head in identity.heads.items():
        if manifest.heads.get(name) != head:
            detail = f"{manifest.heads.get(name)}, and {head} here: export and import with one release."
            problems.append(Problem(f"heads/{name}", detail))
    if [(one.name, one.columns) for one in manifest.parts] != [(part.name, list(part.columns)) for part in parts]:
        problems.append(Problem("parts", f"They are those of another release: haat {manifest.haat} wrote them."))
    if problems:
        raise Invalid("This export does not fit this shop.", problems=problems)


async def _refuse_full(parts: Sequence[Part]) -> None:
    there = [part.name for part in parts if await part.count()]
    if there:
        raise Conflict(f"This shop is not empty: there is something in {', '.join(there)}. Import into new databases.")


async def _prepared_blobs(engines: Engines) -> list[str]:
    """Files of an empty shop's matrix: the rows that name them give way."""
    matrix = next(part for part in Parts(engines).all if part.name == "serviceability.matrix")
    at = list(matrix.columns).index("digest")
    return [row[at] async for page in matrix.rows() for row in page]
