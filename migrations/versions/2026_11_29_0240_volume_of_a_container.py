"""a chapter tells which volume its book is

No table changes. `kb migrate` renders the documents anew after any migration, and so after this one.
"""

revision = "b3f7d2c94e15"
down_revision = "b3f90d57c214"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The documents follow from the catalogue."""


def downgrade() -> None:
    """Older versions ignore the member until they render the documents anew."""
