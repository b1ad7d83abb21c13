"""The inbox: a consumer acts once although it sees an event twice.

In the unit that makes the effect:

    def unit(tx: Tx) -> None:
        new = fresh(tx, "notifications", [event.id for event in events])
        for event in events:
            if event.id in new:
                ...

Consumers whose effect is guarded by a version or an `as_of` do not need it.
"""

from haat.engines.sql.inbox import forget, fresh

__all__ = ["forget", "fresh"]
