"""What the command line does, as functions over an open shop. `cli.py` parses, this does and prints.

A command that needs engines opens the shop itself and holds the data directory; beside a server it is told so.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from haat import serve as serving
from haat.app import open_shop
from haat.demo.seed import seed
from haat.demo_shop import MarketInShop
from haat.engines.lock import data_directory, holder
from haat.engines.sql.migrations import Step
from haat.engines.system import rare_collections, spare_memory
from haat.errors import Conflict
from haat.http.server import Engine
from haat.inbound.apart import process_apart
from haat.inbound.command import ImportFile, mapping_from
from haat.inbound.feed import Feed
from haat.inbound.work import Progress
from haat.preparing import prepare_databases, prepare_topics
from haat.serviceability.warehouses import NewWarehouse
from haat.settings import Settings
from haat.shop import Shop

if TYPE_CHECKING:
    from rich.progress import TaskID

Say = Callable[[str], None]
SERVE: Final = "haat serve"
DEMO_DONE: Final = "demo.done"
IMPORT_DRAIN_S: Final = 3_600.0  # an upper bound for a million rows, not an expectation


def print_json(value: object) -> None:
    """One JSON document on stdout."""
    print(msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2).decode())


@asynccontextmanager
async def whole_shop(settings: Settings, command: str, url: str = "") -> AsyncIterator[Shop]:
    """A migrated, open shop with its hubs and its matrix, in a data directory held by this process.

    Raises: DirectoryInUse, Unavailable.
    """
    spare_memory()
    with data_directory(settings.data_dir, command, url):
        await prepare_databases(settings)
        async with open_shop(settings, fetch_pictures=command == SERVE) as shop:
            await laid_out(shop)
            yield shop


async def migrate(settings: Settings) -> list[Step]:
    """Databases, topics, hubs and matrix. Doing it again changes nothing."""
    with data_directory(settings.data_dir, "haat migrate"):
        steps = await prepare_databases(settings) + await prepare_topics(settings)
        async with open_shop(settings) as shop:
            await laid_out(shop)
    return steps


async def laid_out(shop: Shop) -> None:
    """Hubs and a matrix that fits this release; what is there and fits is kept."""
    await shop.seed_hubs()
    await shop.build_matrix(always=False)
    await shop.serviceability.refresh()


def show_steps(steps: Sequence[Step], *, as_json: bool) -> None:
    """Where each database stood, and its head."""
    if as_json:
        print_json([{"database": s.name, "was": s.current, "is": s.head} for s in steps])
        return
    for step in steps:
        print(f"{step.name}: {step.current or 'empty'} -> {step.head}")


async def serve(settings: Settings, *, roles: Sequence[str], demo: bool, say: Say, leave_out: str = "") -> None:
    """Run a server until a signal. `roles`: these, or all there are but `leave_out`.

    Raises: Invalid for an unknown role, Conflict, Unavailable.
    """
    async with whole_shop(settings, SERVE, settings.base_url) as shop:
        known = ["web", *(role.name for role in shop.roles)]
        wanted = serving.checked(roles or [role for role in known if role != leave_out], known)
        if demo and not (settings.data_dir / DEMO_DONE).exists():
            await fill_demo(shop, DemoOrder(), say)
        if "web" in wanted:
            say(
                f"haat is at {settings.base_url}  (API: {settings.base_url}/api, metrics: http://{settings.admin_listen})"
            )
            say("Ctrl-C ends it.")
        await serving.serve(shop, wanted)
    say("Ended.")


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """Which file, whose, and how to read it."""

    file: Path
    seller: str
    feed_format: str = ""
    mapping: Path | None = None
    report: Path | None = None


async def import_feed(settings: Settings, order: ImportOrder, *, as_json: bool, say: Say) -> bool:
    """Read a feed until its rows are searchable; whether it was read to its end. Refused rows are no failure.

    Rows are read in a process of their own, while their events flow in this one.
    """
    with process_apart() as open_rows:
        async with whole_shop(settings, "haat import") as shop:
            if order.mapping is not None:
                await _with_places(shop, order.mapping, say)
            started_s, read_s = shop.clock.monotonic_s(), 0.0
            with counted("rows") as progress, rare_collections():

                def on_progress(now: Progress) -> None:
                    nonlocal read_s
                    read_s = shop.clock.monotonic_s() - started_s
                    progress(now.counts.rows)

                do_import = ImportFile(shop.accept_feed, replace(shop.feed_worker, open_rows=open_rows))
                reading = do_import(
                    order.file, order.seller, fmt=order.feed_format, mapping_path=order.mapping, on_progress=on_progress
                )
                feed = await shop.flow.drain_beside(reading, IMPORT_DRAIN_S)
            searchable_s = shop.clock.monotonic_s() - started_s
            shown = await shop.feed_status(order.seller, feed.id)
            if order.report is not None:
                await _write_report(shop, feed, order.report, shown.parked)
    if as_json:
        print_json({**msgspec.to_builtins(shown), "read_s": round(read_s, 2), "searchable_s": round(searchable_s, 2)})
    say(
        f"{shown.rows:,} rows: {shown.accepted:,} accepted, {shown.unchanged:,} unchanged, "
        f"{shown.refused:,} refused, {shown.parked:,} parked."
    )
    say(f"Read in {read_s:.1f} s, searchable after {searchable_s:.1f} s.")
    if shown.missing_prices:
        say(f"{shown.missing_prices:,} rows had no price of their own.")
    if shown.reason:
        say(f"The feed was not read to its end: {shown.reason}")
    if shown.refused and order.report is None:
        say("Why each row was refused: --report FILE.csv")
    return feed.state == "done"


async def _with_places(shop: Shop, mapping: Path, say: Say) -> None:
    """Make the warehouses that a mapping declares and the shop lacks: an empty shop could sell nothing of the feed."""
    known = {warehouse.code for warehouse in await shop.warehouse_book.all()}
    wanted = (await asyncio.to_thread(mapping_from, mapping, {})).stock.create
    missing = [NewWarehouse(**msgspec.structs.asdict(place)) for place in wanted if place.code not in known]
    for new in missing:
        await shop.warehouses.create(new)
    if missing:
        await shop.build_matrix()
        await shop.serviceability.refresh()
        say(f"{len(missing)} warehouses made, as the mapping says.")


async def _write_report(shop: Shop, feed: Feed, path: Path, parked: int) -> None:
    pieces = shop.feed_report.json(feed, parked) if path.suffix == ".json" else shop.feed_report.csv(feed)
    with path.open("wb") as file:  # a local file of a command line
        async for piece in pieces:
            file.write(piece)


async def reindex(settings: Settings, say: Say) -> int:
    """Build the search index anew; how many items it has."""
    async with whole_shop(settings, "haat reindex") as shop:
        with counted("items") as progress:
            done = await shop.reindex(progress)
        say(f"{done} items are in the new index, which is live.")
        return done


@dataclass(frozen=True, slots=True)
class ReplayOrder:
    """Which parked events, and what to do with them."""

    consumer: str = ""
    discard: bool = False
    dry_run: bool = False


async def replay(settings: Settings, order: ReplayOrder, *, as_json: bool, say: Say) -> bool:
    """Replay or discard what is parked; whether all of it could be done."""
    async with whole_shop(settings, "haat replay") as shop:
        parked = await shop.list_parked(consumer=order.consumer or None, limit=500)
        if order.dry_run or not parked:
            rows = [
                {
                    "seq": p.seq,
                    "consumer": p.consumer,
                    "topic": p.topic,
                    "key": p.key,
                    "code": p.code,
                    "reason": p.reason,
                }
                for p in parked
            ]
            if as_json:
                print_json(rows)
            for row in [] if as_json else rows:
                print(f"{row['seq']}\t{row['consumer']}\t{row['key']}\t{row['code']}: {row['reason']}")
            say(f"{len(rows)} parked events.")
            return True
        if order.discard:
            count = 0
            while parked:
                count += await shop.discard_parked([p.seq for p in parked])
                parked = await shop.list_parked(consumer=order.consumer or None, limit=500)
            say(f"{count} events discarded.")
            return True
        done = await shop.replay_parked.all(order.consumer or None)
        await shop.flow.drain()
        if as_json:
            print_json([one._asdict() for one in done])
        failed = [one for one in done if not one.done]
        say(f"{len(done) - len(failed)} events done, {len(failed)} stay parked.")
        return not failed


async def create_token(settings: Settings, role: str, note: str) -> str:
    """A fresh token's text. Raises: Invalid, NoSuchSeller."""
    async with whole_shop(settings, "haat token create") as shop:
        _, token = await shop.create_token(role, note)
        return token


async def list_tokens(settings: Settings, *, as_json: bool) -> None:
    """Print all tokens as they are kept."""
    async with whole_shop(settings, "haat token list") as shop:
        tokens = await shop.tokens.all()
        if as_json:
            print_json(tokens)
        for token in [] if as_json else tokens:
            who = f"seller:{token.seller}" if token.role == "seller" else token.role
            print(f"{token.id}\t{who}\t{'revoked' if token.revoked_ms else 'live'}\t{token.note}")


async def revoke_token(settings: Settings, token_id: str) -> bool:
    """End a token; whether there was a live one."""
    async with whole_shop(settings, "haat token revoke") as shop:
        return await shop.tokens.revoke(token_id)


async def doctor(settings: Settings, *, as_json: bool) -> bool:
    """Print settings, engines and backlogs; whether everything answers. Works beside a running server."""
    running = holder(settings.data_dir)
    report = Report([Setting(*row) for row in settings.shown()], [], "")
    if running is not None:
        report.server = f"{running.command} (process {running.pid}) {running.url}".strip()
        report.engines = await serving.readiness_of(settings)
    else:
        async with whole_shop(settings, "haat doctor") as shop:
            report.engines = (await shop.readiness()).engines
            lags = await shop.flow.measure()
            report.backlogs = [Backlog(one.source, "relay", one.rows, one.ms) for one in lags.relay]
            report.backlogs += [Backlog(one.topic, one.consumer, one.records, one.ms) for one in lags.consumers]
            report.parked = dict(lags.parked)
    if as_json:
        print_json(report)
    else:
        _print_report(report)
    return all(engine.ok for engine in report.engines)


class Setting(msgspec.Struct):
    """One setting as doctor shows it."""

    name: str
    value: str
    source: str


class Backlog(msgspec.Struct):
    """What waits between a store or topic and who takes it on."""

    origin: str
    consumer: str
    events: int
    oldest_ms: int


class Report(msgspec.Struct):
    """What `haat doctor` found."""

    settings: list[Setting]
    engines: list[Engine]
    server: str
    backlogs: list[Backlog] = []
    parked: dict[str, int] = {}


def _print_report(report: Report) -> None:
    width = max(len(setting.name) for setting in report.settings)
    for setting in report.settings:
        print(f"{setting.name:<{width}}  {setting.value}  ({setting.source})")
    print(f"\nserver   {report.server or 'none runs on this data directory'}")
    for engine in report.engines:
        print(f"engine   {engine.name:<16}{'ok' if engine.ok else 'DOWN: ' + engine.detail}")
    for backlog in report.backlogs:
        print(f"backlog  {backlog.origin} -> {backlog.consumer}: {backlog.events} events, {backlog.oldest_ms} ms")
    for consumer, count in report.parked.items():
        print(f"parked   {consumer}: {count}")


@contextmanager
def counted(what: str) -> Iterator[Callable[[int], None]]:
    """A counter on a terminal; silence elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.completed:,} " + what), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done: progress.update(task, completed=done)


@dataclass(frozen=True, slots=True)
class DemoOrder:
    """How large a market."""

    size: int = 2_400
    seed: int = 1
    pictures: bool = True


async def demo(settings: Settings, order: DemoOrder, *, say: Say) -> None:
    """Fill the shop with the demo market."""
    async with whole_shop(settings, "haat demo") as shop:
        await fill_demo(shop, order, say)


async def fill_demo(shop: Shop, order: DemoOrder, say: Say) -> None:
    """Seed, and say what came of it. In development, make one operator's and one seller's token and print them."""
    if shop.settings.env == "production":
        raise Conflict("The demo market and its tokens have no place in production.")
    with staged(say) as progress:
        market = MarketInShop(shop)
        summary = await seed(market, size=order.size, seed=order.seed, pictures=order.pictures, progress=progress)
    for line in summary.lines():
        say(line)
    (shop.settings.data_dir / DEMO_DONE).touch()  # a second start is warm; an interrupted one goes on
    if not await shop.tokens.all():
        seller = (await shop.sellers.find.all())[0].code
        for role in ("operator", f"seller:{seller}"):
            _, token = await shop.create_token(role, "demo")
            say(f"API token, {role}: {token}")


@contextmanager
def staged(say: Say) -> Iterator[Callable[[str, int, int], None]]:
    """Progress in stages: a bar on a terminal, one line a stage elsewhere."""
    if not sys.stderr.isatty():
        said: set[str] = set()

        def line(what: str, _: int, __: int) -> None:
            if what not in said:
                said.add(what)
                say(f"{what} …")

        yield line
        return
    from rich.console import Console
    from rich.progress import Progress, TimeElapsedColumn

    with Progress(*Progress.get_default_columns(), TimeElapsedColumn(), console=Console(stderr=True)) as progress:
        tasks: dict[str, TaskID] = {}

        def bar(what: str, done: int, of: int) -> None:
            if what not in tasks:
                for task in tasks.values():
                    progress.update(task, completed=1, total=1)
                tasks[what] = progress.add_task(what, total=of)
            progress.update(tasks[what], completed=done, total=of)

        yield bar
