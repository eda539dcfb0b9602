"""From an accepted connection to the last byte back. Start with downstream.py."""
