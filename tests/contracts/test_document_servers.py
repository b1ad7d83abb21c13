"""The suites of documents and of outgoing events on MongoDB's wire-compatible stand-in (make test-engines)."""

import pytest

from tests.contracts.documents import DocumentsContract, DocumentsRig
from tests.contracts.outgoing import OutgoingContract, OutgoingRig
from tests.contracts.rigs import Rigs
from tests.contracts.servers_documents import MongoDocumentsRig, MongoOutgoingRig, mongo_rig


@pytest.mark.engine("mongo")
class TestMongoDocuments(DocumentsContract):
    @pytest.fixture
    def rigs(self) -> Rigs[DocumentsRig]:
        return lambda: mongo_rig(MongoDocumentsRig)


@pytest.mark.engine("mongo")
class TestMongoOutgoing(OutgoingContract):
    @pytest.fixture
    def rigs(self) -> Rigs[OutgoingRig]:
        return lambda: mongo_rig(MongoOutgoingRig)
