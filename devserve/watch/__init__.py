"""Watching as values: what is ignored, which folders are watched, when a burst of changes has settled."""
