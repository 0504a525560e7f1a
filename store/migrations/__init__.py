"""Alembic migrations, from the first table on; run by ``store.upgrade``."""
