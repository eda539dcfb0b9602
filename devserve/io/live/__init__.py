"""Browsers: who is connected, and what they are told."""
