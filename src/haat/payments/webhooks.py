"""What gateways tell us by themselves: verified, kept as it came, answered at once, then looked into."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from haat.engines.sql import Database, Tx
from haat.engines.sql.jobs import add, drop, plan
from haat.engines.sql.ports import Refused
from haat.errors import Conflict, NotFound, TooLarge, Unavailable
from haat.payments.apply import ApplyPayment
from haat.payments.model import BadSignature, GatewayDown
from haat.payments.ports import Book, Gateway
from haat.payments.refund import SendRefund
from haat.vocabulary import Clock

WEBHOOK_JOB: Final = "webhook"
MOST_BYTES: Final = 256 * 1024
MOST_ID_CHARS: Final = 60  # provider and event id together are the job's key
LATER_MS: Final = 60_000
SAFETY_NET_MS: Final = 30_000
"""A webhook is handled right after its answer; the job is for a process that died between."""


@dataclass(frozen=True, slots=True)
class ReceiveWebhook:
    """Keeps a webhook that is genuine. Twice the same event is one row."""

    database: Database
    book: Book
    gateways: Mapping[str, Gateway]
    clock: Clock

    async def __call__(self, provider: str, headers: Mapping[str, str], body: bytes) -> str:
        """The job's key of a new event, or "" for one that is here. Durable when it returns. One transaction of two
        statements. Raises: NotFound for a provider we do not have, BadSignature, TooLarge, Unavailable.
        """
        gateway = self.gateways.get(provider)
        if gateway is None:
            raise NotFound("There is no such payment service here.")
        if len(body) > MOST_BYTES:
            raise TooLarge("A webhook is smaller than that.")
        notice = gateway.verify(headers, body, self.clock.now_ms())
        if not 0 < len(notice.event_id) <= MOST_ID_CHARS or len(notice.reference) > 40:
            raise BadSignature("It is signed, but its ids are not of this gateway.")
        key = f"{provider}:{notice.event_id}"

        def keep_webhook(tx: Tx) -> None:
            self.book.keep_webhook(tx, provider, notice.event_id, body, notice.reference)
            add(tx, WEBHOOK_JOB, key, tx.now_ms + SAFETY_NET_MS)

        try:
            await self.database.transact(keep_webhook)
        except Refused:
            return ""
        return key


@dataclass(frozen=True, slots=True)
class HandleWebhook:
    """Looks into what a kept webhook is about. Run right after its answer, and by the job `webhook` if that failed.

    It is never believed: the payment is asked for at the gateway by the same command that everybody uses, and so are
    refunds of it that are under way.
    """

    kind: ClassVar[str] = WEBHOOK_JOB

    database: Database
    book: Book
    apply: ApplyPayment
    send: SendRefund

    async def __call__(self, key: str) -> None:
        """Raises: NoSuchPayment for a reference nobody knows yet (the job tries again, then parks it: never dropped).

        A gateway that is down only means that it is asked again in a minute, however long that lasts.
        """
        provider, _, event_id = key.partition(":")

        def look(tx: Tx) -> tuple[str, list[str]] | None:
            kept = self.book.webhook(tx, provider, event_id)
            return (kept[0], self._under_way(tx, kept[0])) if kept is not None and not kept[1] else None

        def webhook_handled(tx: Tx) -> None:
            self.book.handled(tx, provider, event_id)
            drop(tx, WEBHOOK_JOB, key)

        def webhook_later(tx: Tx) -> None:
            plan(tx, WEBHOOK_JOB, key, tx.now_ms + LATER_MS)

        found = await self.database.read(look, brief=True)
        if found is None:
            return
        reference, refund_ids = found
        try:
            if reference:  # most are about a payment only: then its unit marks the webhook as well
                await self.apply(reference, along=None if refund_ids else webhook_handled)
        except GatewayDown:
            await self.database.transact(webhook_later)
            return
        for refund_id in refund_ids:
            await self.send(refund_id)
        if refund_ids or not reference:
            await self.database.transact(webhook_handled)

    async def after_answer(self, key: str) -> None:
        """Handle a webhook just received; what cannot be done now is left to the job."""
        try:
            await self(key)
        except (Unavailable, NotFound, Conflict):
            return

    def _under_way(self, tx: Tx, payment_id: str) -> list[str]:
        refunds = self.book.refunds_of_payment(tx, payment_id) if payment_id else ()
        return [refund.id for refund in refunds if refund.state in {"REQUESTED", "UNKNOWN"}]
