"""Blobs: bytes under the digest of their content. Feeds, pictures and the matrix lie here."""

from haat.engines.blobs.ports import Blob, Blobs, Damaged

__all__ = ["Blob", "Blobs", "Damaged"]
