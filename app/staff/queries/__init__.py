"""What staff read: one subject, lists of work, the history."""
