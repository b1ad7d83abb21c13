"""Short order numbers for people, like 7KD-3960: to be read out on the telephone, never to show who one is."""

from hashlib import blake2b
from typing import Final

_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is taken for another


def number_of(order_id: str, again: int = 0) -> str:
    """The number of an order, derived from its id: 270 million, so clashes are rare. `again` gives another one."""
    value = int.from_bytes(blake2b(f"{order_id}:{again}".encode(), digest_size=8).digest(), "big")
    digits, rest = value % 10_000, value // 10_000
    head = "".join(_LETTERS[rest // len(_LETTERS) ** i % len(_LETTERS)] for i in range(3))
    return f"{head}-{digits:04d}"
