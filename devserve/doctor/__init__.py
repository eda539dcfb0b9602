"""What is right and what is wrong on this machine: measured facts in, findings with their fixes out."""
