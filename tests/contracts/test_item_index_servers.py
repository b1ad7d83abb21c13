"""ItemIndex on OpenSearch and Elasticsearch (make test-engines)."""

import pytest

from tests.contracts.item_index import IndexRig, ItemIndexContract, SnapshotContract
from tests.contracts.rigs import Rigs
from tests.contracts.search_servers import opened_index


@pytest.mark.engine("opensearch")
class TestOpenSearchItemIndex(SnapshotContract):
    @pytest.fixture
    def rigs(self) -> Rigs[IndexRig]:
        return lambda: opened_index("opensearch")


@pytest.mark.engine("elasticsearch")
class TestElasticsearchItemIndex(ItemIndexContract):
    @pytest.fixture
    def rigs(self) -> Rigs[IndexRig]:
        return lambda: opened_index("elasticsearch")
