"""The one writer of catalogue rows. Validated inputs come in; rows, revisions and documents change together."""
