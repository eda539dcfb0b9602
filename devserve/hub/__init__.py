"""What another devserve command says to a running one, as values."""
