"""ItemIndex on OpenSearch and Elasticsearch (make test-engines)."""

import pytest

from tests.contracts.item_index import IndexRig, ItemIndexContract, SnapshotContract
from tests.contracts.rigs import Rigs
from tests.contracts.search_servers import opened_index

pytestmark = pytest.mark.timeout(400)  # indices are made by the hundred, on machines that do something else as well


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
