"""Moving a whole shop from its engines to others: `haat export` and `haat import --all`.

A shop is a list of parts (`parts.py`): every table, every collection of documents, the event log, where its consumers
go on, and the blobs. Each part is read as canonical lines, which do not depend on the engine they were read from; the
SHA-256 of a part's lines is what two shops are compared by. Why so: docs/adr/0033-a-shop-moves-at-rest.md.

Not moved: the search index, which is built anew, and the key-value store, which holds hints and counters.
"""
