"""The command line, `kb`."""

from app.kit.gc_tuning import raise_gc_thresholds

raise_gc_thresholds()  # before its modules are imported: what they make stays, and looking for garbage in it costs a fifth
