"""From input models to rows. An input comes in; changed rows, or every error in it, go out."""
