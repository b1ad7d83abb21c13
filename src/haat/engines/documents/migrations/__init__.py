"""The history of every database of documents."""
