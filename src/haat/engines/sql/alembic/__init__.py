"""The alembic environment shared by all lines."""
