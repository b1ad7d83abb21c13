"""The outbox: messages written in the business transaction, as envelopes, for the relay to send."""

from collections.abc import Iterable

from haat.engines.outgoing import Outgoing
from haat.engines.sql.outgoing import add_outgoing
from haat.engines.sql.ports import Tx
from haat.events.envelope import Message, encode, wrap
from haat.vocabulary import EventId, Ids


class Outbox:
    """Gives one context's messages their envelopes. `source` is "haat/<context>"."""

    def __init__(self, source: str, ids: Ids) -> None:
        self._source = source
        self._ids = ids

    def outgoing(self, key: str, message: Message, now_ms: int) -> Outgoing:
        """One message as a row, for stores that write it beside a document."""
        event_id = EventId(self._ids.new("evt"))
        event = wrap(message, event_id=event_id, key=key, source=self._source, now_ms=now_ms)
        return Outgoing(event_id, message.topic, key, encode(event), now_ms)

    def add(self, tx: Tx, messages: Iterable[tuple[str, Message]]) -> None:
        """Add (key, message) pairs inside a unit; published if and only if it commits. One statement."""
        add_outgoing(tx, [self.outgoing(key, message, tx.now_ms) for key, message in messages])
