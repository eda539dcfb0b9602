"""The devserves of one user among each other: who serves the ports, and orders from other terminals."""
