"""One file per kind of trust store: what to run to install, look up and remove a certificate."""
