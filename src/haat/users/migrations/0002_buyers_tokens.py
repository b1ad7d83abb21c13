"""Tokens of buyers."""

from alembic import op

revision = "users_0002"
down_revision = "users_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("api_token") as table:
        table.drop_constraint("api_token_role", type_="check")
        table.create_check_constraint("api_token_role", "role IN ('operator', 'seller', 'user')")
