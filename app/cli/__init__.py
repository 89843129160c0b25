"""The command line, `kb`."""

from app.kit.system.gc_tuning import raise_gc_thresholds

# Before its modules are imported: their objects stay, and collecting garbage among them takes a tenth of the start.
raise_gc_thresholds()
