"""documents of entries have a list of terms for every vocabulary

No table changes. `kb migrate` renders the documents anew after any migration, and so after this one.
"""

revision = "5be0c94d7f21"
down_revision = "5f2d80c1b7e4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The documents follow from the catalogue."""


def downgrade() -> None:
    """Empty lists are right for older versions, too."""
