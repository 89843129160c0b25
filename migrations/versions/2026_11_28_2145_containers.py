"""publications show what they are part of

No table changes. `kb migrate` renders the documents anew after any migration, and so after this one.
"""

revision = "e7a3c5d1f082"
down_revision = "d41f8a2b9e60"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The documents follow from the catalogue."""


def downgrade() -> None:
    """Older versions ignore the member until they render the documents anew."""
