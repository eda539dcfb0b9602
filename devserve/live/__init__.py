"""Live reload as values: protocol 7, audiences, which change means which action."""
