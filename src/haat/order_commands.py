"""What the command line does about orders and money, as functions over an open shop."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from fakepay import serving
from haat.commands import Say, print_json, whole_shop
from haat.errors import Conflict, Unavailable
from haat.gateway import derived
from haat.payments.breaks import FIRST, Break
from haat.payments.reconcile import Report
from haat.settings import Settings, embedded_path, secret_of
from haat_verify import run as checker
from haat_verify.run import CannotRead, Paths

SHOWN: Final = 50


async def reconcile(settings: Settings, *, as_json: bool, say: Say) -> bool:
    """Reconcile seven days and everything inside, now; whether no break is open afterwards.

    Data on stdout: what was found and the open breaks. Raises: DirectoryInUse beside a server, which reconciles by
    itself; Unavailable.
    """
    async with whole_shop(settings, "haat reconcile") as shop:
        report = await shop.selling.reconcile()
        breaks = await shop.selling.breaks.listed("open", FIRST, SHOWN)
    if as_json:
        print_json({"report": report, "breaks": breaks})
    else:
        _show(report, breaks, say)
    return report.open == 0 and report.complete


def verify(settings: Settings, *, drained: bool, as_json: bool) -> bool:
    """Prove stock, orders and money from the databases alone; whether nothing is wrong. Changes nothing.

    It may run beside a server. `drained`: the shop is at rest, so that what is under way is stuck.
    Raises: Unavailable when a database cannot be read.
    """
    gateway = settings.data_dir / "fakepay.db"
    embedded = settings.payments_url.reveal() == "fakepay:" and gateway.exists()
    paths = Paths(
        _place(settings.orders_url),
        gateway if embedded else None,
        _place(settings.events_url),
        _place(settings.parked_url) if settings.events_url.startswith("kafka:") else None,
    )
    try:
        report = checker.verify(paths, drained)
    except CannotRead as error:
        raise Unavailable(f"Cannot read {error}") from error
    print(report.as_json() if as_json else report.as_table())
    return report.clean


def _place(url: str) -> Path | str:
    """The file of a SQLite database, or the URL of a server."""
    return embedded_path(url) if url.startswith("sqlite:") else url


def fakepay(settings: Settings, *, host: str, port: int, say: Say) -> None:
    """Run the gateway simulator as a process of its own, until Ctrl-C; how a shop reaches it goes to stderr.

    Raises: Conflict in production.
    """
    if settings.env == "production":
        raise Conflict("FakePay moves no money: it has no place in production.")
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    secret = secret_of(settings)
    key, signing = derived(secret, b"fakepay-key"), derived(secret, b"fakepay-secret")
    say(f"HAAT_PAYMENTS_URL='fakepay+http://{host}:{port}?key={key}&secret={signing}'")
    webhooks = f"{settings.base_url}/api/v1/payments/webhooks/fakepay"
    serving.serve(settings.data_dir / "fakepay.db", key, signing, host=host, port=port, webhook_url=webhooks)


def _show(report: Report, breaks: Sequence[Break], say: Say) -> None:
    say("compared: " + (_counts(report.compared) or "nothing"))
    if not report.complete:
        say("The payment service did not answer to the end: what it did not say is not compared.")
    for kind, count in report.found.items():
        ways = {"healed": report.healed, "new": report.named, "known": report.known}
        print(f"{kind}: {_counts({way: counts[kind] for way, counts in ways.items() if kind in counts})} of {count}")
    for one in breaks:
        print(f"open {one.id} {one.kind} {one.refs} {one.detail}")
    if report.open > len(breaks):
        say(f"… and {report.open - len(breaks)} more, on /admin/reconciliation")
    say(f"{report.open} open in {report.took_ms / 1000:.1f} s")


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())
