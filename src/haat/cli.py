"""`haat`: the command line. Data on stdout, messages on stderr; engines are opened inside the commands.

Exit codes: 0 done, 1 it did not work (the reason is on stderr), 2 wrong usage, 130 ended by Ctrl-C.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import typer

from haat.errors import HaatError, Invalid

T = TypeVar("T")

WORK_ROLES: Final = "events,lanes,search-upkeep,catalog-words,feeds,behaviour,timers,expiry,jobs,reconciliation,fakepay"
ROLES: Final = "web," + WORK_ROLES

app = typer.Typer(
    name="haat",
    help="An open marketplace engine: what a team needs to run its own Amazon or Flipkart.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)
token_app = typer.Typer(help="API tokens: make, list, revoke.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(token_app, name="token")

Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Role = Annotated[str, typer.Option("--role", help="operator, seller:CODE, or user.")]


def say(text: str = "") -> None:
    """A message for people, on stderr."""
    print(text, file=sys.stderr)


@contextmanager
def explained() -> Iterator[None]:
    """Errors as words, not tracebacks; Ctrl-C as an ordinary end."""
    try:
        yield
    except HaatError as error:
        say(f"haat: {error}")
        if isinstance(error, Invalid):
            for problem in error.problems:
                say(f"  {problem.pointer}: {problem.detail}")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(1) from None


def run(work: Callable[[], Awaitable[T]]) -> T:
    """Run on uvloop where there is one."""
    if sys.platform == "win32":
        return asyncio.run(_as_coroutine(work))
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_as_coroutine(work))


async def _as_coroutine(work: Callable[[], Awaitable[T]]) -> T:
    return await work()


def configured(*, json_logs: bool = False, level: str = "warning") -> Any:
    """Settings from the environment and haat.toml, with logging set up. Raises: Invalid."""
    from haat import settings
    from haat.http import logs

    logs.configure(json=json_logs, level=level)
    return settings.load(os.environ, Path("haat.toml"))


@app.command()
def serve(
    only: Annotated[str, typer.Option("--only", help="Roles to run, with commas; all of them: " + ROLES)] = "",
    demo: Annotated[bool, typer.Option("--demo", help="Fill an empty shop with the demo market first.")] = False,
) -> None:
    """Run the shop: web, relay, consumers and timers in one process."""
    from haat import commands

    with explained():
        settings = configured(json_logs=not sys.stderr.isatty(), level="info" if not sys.stderr.isatty() else "warning")
        run(lambda: commands.serve(settings, roles=[part for part in only.split(",") if part], demo=demo, say=say))


@app.command()
def worker(
    only: Annotated[str, typer.Option("--only", help="Roles to run, with commas; all but web: " + WORK_ROLES)] = "",
) -> None:
    """Run everything but web. With embedded engines there is one process, so this is for real engines."""
    from haat import commands

    with explained():
        roles = [part for part in only.split(",") if part]
        run(
            lambda: commands.serve(
                configured(json_logs=True, level="info"), roles=roles, demo=False, say=say, leave_out="web"
            )
        )


@app.command()
def migrate(as_json: Json = False) -> None:
    """Bring every database to its newest version, and make the log's topics and the delivery hubs."""
    from haat import commands

    with explained():
        steps = run(lambda: commands.migrate(configured()))
        commands.show_steps(steps, as_json=as_json)


@app.command()
def demo(
    size: Annotated[int, typer.Option(help="Items to make.", min=100, max=100_000)] = 2_400,
    seed: Annotated[int, typer.Option(help="The same seed makes the same market.")] = 1,
    pictures: Annotated[bool, typer.Option(help="Draw pictures.")] = True,
) -> None:
    """Fill the shop with a market to try it with. Doing it again changes nothing."""
    from haat import commands

    with explained():
        run(lambda: commands.demo(configured(), commands.DemoOrder(size, seed, pictures), say=say))


@app.command("import")
def import_feed(
    file: Annotated[Path, typer.Argument(help="A feed; .gz is read as it is. With --all: an export.", exists=True)],
    seller: Annotated[str, typer.Option(help="The seller's code; made if there is none yet.")] = "",
    whole: Annotated[bool, typer.Option("--all", help="Write a whole exported shop into this empty one.")] = False,
    feed_format: Annotated[str, typer.Option("--format", help="haat-csv, haat-jsonl, shopify, …; else guessed.")] = "",
    mapping: Annotated[Path | None, typer.Option(help="A TOML file that says which column is what.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write the report of every row here (.csv or .json).")] = None,
    as_json: Json = False,
) -> None:
    """Read a supplier's feed: every row ends as accepted, unchanged or refused with a reason. Or a whole shop."""
    if whole:
        if seller or feed_format or mapping or report:
            raise typer.BadParameter("A whole shop has its own sellers, and no report: leave the other options out.")
        _import_shop(file, as_json=as_json)
        return
    if not seller:
        raise typer.BadParameter("Whose feed is it?", param_hint="--seller")
    if file.is_dir():
        raise typer.BadParameter("This is a folder: a feed is a file, and --all takes a whole shop.", param_hint="FILE")
    from haat import commands

    with explained():
        order = commands.ImportOrder(file, seller, feed_format, mapping, report)
        ok = run(lambda: commands.import_feed(configured(), order, as_json=as_json, say=say))
        raise typer.Exit(0 if ok else 1)


def _import_shop(folder: Path, *, as_json: bool) -> None:
    from haat import moving_commands

    with explained():
        run(lambda: moving_commands.import_shop(configured(), folder, as_json=as_json, say=say))


@app.command("export")
def export_shop(
    folder: Annotated[Path | None, typer.Argument(help="A new or empty folder.", file_okay=False)] = None,
    hashes: Annotated[bool, typer.Option("--hashes", help="Write nothing: only show what the shop holds.")] = False,
    as_json: Json = False,
) -> None:
    """Write the whole shop into a folder, for `haat import --all` on other engines. Its processes must be stopped."""
    if (folder is None) != hashes:
        raise typer.BadParameter("Name a folder, or say --hashes.", param_hint="FOLDER")
    from haat import moving_commands

    with explained():
        if folder is None:
            run(lambda: moving_commands.show_contents(configured(), as_json=as_json, say=say))
        else:
            run(lambda: moving_commands.export_shop(configured(), folder, as_json=as_json, say=say))


@app.command()
def reindex() -> None:
    """Build the search index anew beside the live one, then swap."""
    from haat import commands

    with explained():
        run(lambda: commands.reindex(configured(), say=say))


@app.command()
def replay(
    consumer: Annotated[str, typer.Option(help="Only what this consumer parked.")] = "",
    discard: Annotated[bool, typer.Option(help="Give the events up instead.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list them.")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Give parked events to their consumers again."""
    from haat import commands

    with explained():
        if discard and not (dry_run or yes):
            typer.confirm("Discarded events are never processed. Go on?", abort=True, err=True)
        what = commands.ReplayOrder(consumer, discard=discard, dry_run=dry_run)
        ok = run(lambda: commands.replay(configured(), what, as_json=as_json, say=say))
        raise typer.Exit(0 if ok else 1)


@app.command()
def reconcile(as_json: Json = False) -> None:
    """Compare gateway, payments, orders, holds, stock and events, and heal. Exit code 1 while breaks are open."""
    from haat import order_commands

    with explained():
        right = run(lambda: order_commands.reconcile(configured(), as_json=as_json, say=say))
        raise typer.Exit(0 if right else 1)


@app.command()
def verify(
    drained: Annotated[bool, typer.Option(help="The shop is at rest: what is under way is stuck.")] = False,
    as_json: Json = False,
) -> None:
    """Prove stock, orders and money from the databases alone. Changes nothing, and may run beside a server."""
    from haat import order_commands

    with explained():
        clean = order_commands.verify(configured(), drained=drained, as_json=as_json)
        raise typer.Exit(0 if clean else 1)


@app.command()
def fakepay(
    host: Annotated[str, typer.Option(help="Where it listens.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Its port.", min=1, max=65_535)] = 8090,
) -> None:
    """Run the payment gateway simulator as a process of its own."""
    from haat import order_commands

    with explained():
        order_commands.fakepay(configured(), host=host, port=port, say=say)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Each setting and where it came from, each engine, each backlog."""
    from haat import commands

    with explained():
        ok = run(lambda: commands.doctor(configured(), as_json=as_json))
        raise typer.Exit(0 if ok else 1)


@token_app.command("create")
def create_token(role: Role, note: Annotated[str, typer.Option(help="What it is for.")] = "") -> None:
    """Make an API token. It is printed once and kept only as a hash."""
    from haat import commands

    with explained():
        token = run(lambda: commands.create_token(configured(), role, note))
        say("Keep it: it cannot be shown again.")
        print(token)


@token_app.command("list")
def list_tokens(as_json: Json = False) -> None:
    """All tokens, newest first. The tokens themselves are not kept."""
    from haat import commands

    with explained():
        run(lambda: commands.list_tokens(configured(), as_json=as_json))


@token_app.command("revoke")
def revoke_token(token_id: Annotated[str, typer.Argument(help="tok_…, as `haat token list` shows it.")]) -> None:
    """End a token."""
    from haat import commands

    with explained():
        if not run(lambda: commands.revoke_token(configured(), token_id)):
            say(f"haat: there is no live token {token_id}.")
            raise typer.Exit(1)


@app.command()
def version(as_json: Json = False) -> None:
    """The version of haat."""
    from haat import __version__

    print(f'{{"version": "{__version__}"}}' if as_json else __version__)


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
