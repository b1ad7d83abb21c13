"""Documents: JSON bytes under an id, with a version that guards every write and an outbox in the same commit."""

from haat.engines.documents.ports import WORD, Document, Documents, MovableDocuments, Put, Whole

__all__ = ["WORD", "Document", "Documents", "MovableDocuments", "Put", "Whole"]
