"""Hubs to begin with: the sorting centres of the postal data."""

from collections import Counter
from dataclasses import dataclass

from haat.serviceability.model import Hub
from haat.serviceability.ports import NetworkStore, Places


@dataclass(frozen=True, slots=True)
class SeedHubs:
    """Adds hubs that the postal data knows and the database does not. Repeating it changes nothing."""

    places: Places
    store: NetworkStore

    async def __call__(self) -> int:
        """How many hubs were added. Raises: Unavailable. Cost: a second."""
        seen: Counter[str] = Counter()
        hubs = []
        for known in self.places.hubs():
            seen[known.pincode] += 1
            number = seen[known.pincode]
            hubs.append(
                Hub(
                    ordinal=0,  # the store numbers them
                    code=known.pincode if number == 1 else f"{known.pincode}-{number}",
                    name=known.name,
                    pincode=known.pincode,
                    city=known.city,
                    state=known.state,
                    latitude=known.latitude,
                    longitude=known.longitude,
                )
            )
        return await self.store.add_hubs(hubs)
