"""Repositories on disk: found, read, and allowed."""
