"""Which file systems tell what changes in them: /proc/self/mountinfo as text (proc_pid_mountinfo(5))."""

from __future__ import annotations

import re

# What others change there, this kernel does not see: the server's side, the host of a virtual machine, Windows.
NETWORKS = {"nfs", "nfs4", "cifs", "smbfs", "smb3", "ncpfs", "afs", "ceph", "lustre", "gpfs"}
VIRTUAL_MACHINES = {"9p", "drvfs", "wslfs", "vboxsf", "prl_fs", "vmhgfs", "virtiofs"}
SILENT_FAMILY = "fuse."  # fuse.sshfs, fuse.grpcfuse, fuse.vmhgfs-fuse …; fuseblk is a disk of this machine
OCTAL = re.compile(r"\\([0-7]{3})")


def file_system(path: str, mountinfo: str) -> str:
    """Return the type of the file system that a path without links is on, "" where nothing says so."""
    found, length = "", -1
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        fields = left.split(" ")
        if len(fields) < 5 or not right:
            continue
        point = OCTAL.sub(lambda code: chr(int(code[1], 8)), fields[4]).rstrip("/")
        # A later mount at the same place hides the earlier one.
        if len(point) >= length and (path == point or path.startswith(f"{point}/")):
            found, length = right.split(" ")[0], len(point)
    return found


def is_silent(kind: str) -> bool:
    """Tell whether a type of file system tells nothing of what others change in it."""
    return kind in NETWORKS | VIRTUAL_MACHINES or kind.startswith(SILENT_FAMILY)
