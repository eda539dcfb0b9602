"""The shell: everything that touches sockets, files, processes and the clock. It carries out; it does not decide.

Each folder carries out what the package of its name decides: io/watch what devserve/watch decides, and so on.
"""
