"""Running the service: health, backup, integrity checks, seeding, link checks."""
