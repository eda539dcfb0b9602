"""Watching as values: what is ignored, when a burst of changes has settled."""
