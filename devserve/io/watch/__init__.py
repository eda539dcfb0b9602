"""From a written file to the loop."""
