"""What a MongoDB database needs before documents lie in it: collections with a validator, and two indexes each.

It is made by `haat migrate` and by every command that opens a whole shop; making it again changes nothing.
"""

from collections.abc import Sequence
from typing import Any, Final

from pymongo import IndexModel, MongoClient
from pymongo.errors import CollectionInvalid, PyMongoError
from pymongo.write_concern import WriteConcern

from haat.engines.sql.migrations import Step
from haat.errors import Unavailable

HEAD: Final = "mongo_0001"
KEPT_IN: Final = "haat_schema"
SELECT_MS: Final = 5_000
LONGEST_MS: Final = 600_000  # an index over a large collection is built before its answer comes

# Every document is born with `born_ms`. A guarded write that finds none to change would make one without.
_VALIDATOR: Final = {
    "$jsonSchema": {
        "bsonType": "object",
        "required": ["version", "body", "keys", "born_ms"],
        "properties": {"version": {"minimum": 1}, "body": {"bsonType": "binData"}, "keys": {"bsonType": "array"}},
    }
}
_INDEXES: Final = (
    IndexModel([("keys", 1), ("_id", 1)], name="keys"),
    IndexModel([("unsent_since", 1)], name="unsent_since", sparse=True),
)


def upgrade(name: str, url: str, collections: Sequence[str], *, select_ms: int = SELECT_MS) -> Step:
    """Make the collections of a database ready; where it stood before. Raises: Unavailable."""
    waits: dict[str, Any] = {
        "serverSelectionTimeoutMS": select_ms,
        "connectTimeoutMS": select_ms,
        "socketTimeoutMS": LONGEST_MS,
    }
    try:
        client: MongoClient[dict[str, Any]] = MongoClient(url, timeoutMS=None, **waits)
        try:
            database = client.get_default_database(write_concern=WriteConcern("majority", j=True))
            kept = database[KEPT_IN].find_one({"_id": "documents"})
            for collection in collections:
                try:
                    database.create_collection(collection, validator=_VALIDATOR)
                except CollectionInvalid:  # it is there
                    database.command("collMod", collection, validator=_VALIDATOR)
                database[collection].create_indexes(list(_INDEXES))
            database[KEPT_IN].update_one({"_id": "documents"}, {"$set": {"head": HEAD}}, upsert=True)
        finally:
            client.close()
    except PyMongoError as error:
        raise Unavailable(f"The document store could not be made ready: {str(error)[:300]}") from error
    return Step(name, kept["head"] if kept else None, HEAD)
