"""Work on what is stored: documents rendered anew, and fields taken out of the history."""
