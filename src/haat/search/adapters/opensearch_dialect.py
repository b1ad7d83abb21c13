"""The few things in which the search servers differ."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from haat.errors import Unavailable

OUR_SCORES: Final = 2.2
"""k1 + 1 of BM25 with k1 = 1.2: older Lucene and tantivy multiply by it, newer Lucene does not. Bonuses are in the
larger scale. Source: LUCENE-8563."""


class PointsInTime:
    """How OpenSearch is asked for snapshots. Source: its documentation of the Point in Time API."""

    def open(self, index: str, keep_s: float) -> str:
        """Path of the POST that opens one."""
        return f"/{index}/_search/point_in_time?keep_alive={keep_s:.0f}s"

    def name(self, answer: Mapping[str, Any]) -> str:
        """Its name in that answer."""
        return str(answer["pit_id"])

    def close(self, ids: Sequence[str]) -> tuple[str, Mapping[str, Any]]:
        """Path and body of the DELETE that ends them."""
        return "/_search/point_in_time", {"pit_id": list(ids)}


class Dialect(Protocol):
    """How one kind of server is asked."""

    snapshots: PointsInTime | None
    """How a view stays that of one moment; None where none can."""
    score_scale: float
    """What text scores are multiplied by, to be in the scale of the bonuses."""

    def check(self, about: Mapping[str, Any]) -> None:
        """See what the server says of itself. Raises: Unavailable when another kind stands there."""


class OpenSearch:
    """OpenSearch 3: points in time, and the newer scale of scores. Version 2 has the older scale."""

    snapshots: PointsInTime | None = PointsInTime()
    score_scale = OUR_SCORES

    def check(self, about: Mapping[str, Any]) -> None:
        """See Dialect."""
        version = about.get("version", {})
        if version.get("distribution") != "opensearch":
            raise Unavailable("This is not an OpenSearch; HAAT_SEARCH_URL may have to begin with elasticsearch:")
        if int(str(version.get("number", "0")).partition(".")[0]) < 3:
            self.score_scale = 1.0


class Elasticsearch:
    """Elasticsearch 7.10: no points in time in its free part, and the older scale of scores."""

    snapshots: PointsInTime | None = None
    score_scale = 1.0

    def check(self, about: Mapping[str, Any]) -> None:
        """See Dialect."""
        if "distribution" in about.get("version", {}):
            raise Unavailable("This is not an Elasticsearch; HAAT_SEARCH_URL may have to begin with opensearch:")
