"""Stands for a database migration: runs once before a release starts."""

print("migrated", flush=True)
