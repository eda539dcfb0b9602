"""What is measured on this machine, without changing anything."""
