"""Keys, trust stores and system files, changed one step at a time and written down first."""
