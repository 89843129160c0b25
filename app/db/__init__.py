"""The databases: engines, sessions, migrations, and the statements that differ between SQLite and PostgreSQL."""
