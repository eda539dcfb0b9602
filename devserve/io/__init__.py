"""The shell: everything that touches sockets, files, processes and the clock. It carries out; it does not decide."""
