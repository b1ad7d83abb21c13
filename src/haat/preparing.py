"""What is made ready before a shop opens: databases at their newest version, the catalogue's collections, topics."""

import asyncio

from haat.catalog.verbs import COLLECTIONS
from haat.engines.sql.migrations import Step, upgrade
from haat.opening import make_topics, prepare_documents
from haat.settings import Settings
from haat.shop import TOPICS, sql_databases


async def prepare_databases(settings: Settings) -> list[Step]:
    """Bring every database to its head; where each stood before. Doing it again changes nothing.

    Raises: Unavailable.
    """
    return await asyncio.to_thread(_upgraded, settings)


async def prepare_topics(settings: Settings) -> list[Step]:
    """Make the event log's topics where that is done before; the new ones. Raises: Unavailable."""
    made = await make_topics(settings.events_url, TOPICS)
    return [Step(f"topic {name}", None, partitions) for name, partitions in made.items()]


def _upgraded(settings: Settings) -> list[Step]:
    steps = [upgrade(line, url) for line, url in sql_databases(settings).values()]
    return steps + prepare_documents(settings.catalog_url, COLLECTIONS)
