"""Key-value: small values that may be forgotten, with time to live, compare-and-set and sorted sets."""

from haat.engines.kv.ports import KeyValue

__all__ = ["KeyValue"]
