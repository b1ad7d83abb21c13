"""The shape of a check."""

from dataclasses import dataclass
from typing import Literal

Store = Literal["orders", "gateway", "log", "parked"]


@dataclass(frozen=True, slots=True)
class Check:
    """One invariant. `sql` returns one row for each break; its columns name what is broken and by how much.

    Parameters: :now_ms, :outbox_from_ms and :log_from_ms (what is older may have been forgotten).
    """

    name: str
    invariant: str
    says: str
    sql: str
    online: bool = True  # holds at every moment; else only of a shop at rest
    sums: bool = False  # it reads the temporary tables of `prepare`
    needs: Store = "orders"  # the store beside the orders database without which nothing can be said
