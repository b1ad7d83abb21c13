"""What serviceability publishes."""

from typing import ClassVar, Final

import msgspec

MATRIX_KEY: Final = "matrix"
"""The one key of the topic: all its events are in order."""


class LaneChanged(msgspec.Struct, frozen=True):
    """Something that decides who reaches whom has changed; what, only the matrix of that generation can tell."""

    topic: ClassVar[str] = "lanes"
    type: ClassVar[str] = "lane.changed"
    schema_version: ClassVar[int] = 1

    generation: int
