"""The item index on an engine: tantivy, inside the process."""
