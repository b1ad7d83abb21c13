"""The one alembic environment of all lines; `haat.engines.sql.migrations` gives it the engine and the tables."""

from alembic import context

config = context.config

with config.attributes["engine"].connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=config.attributes["metadata"],
        transaction_per_migration=True,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()
