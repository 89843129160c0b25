"""The command line, `kb`."""

from app.kit.system.gc_tuning import raise_gc_thresholds

# Before its modules are imported: what they make stays, and to look for garbage among it costs a tenth.
raise_gc_thresholds()
