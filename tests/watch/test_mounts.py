"""Mount tables of machines that people have."""

from __future__ import annotations

import pytest

from devserve.watch.mounts import file_system, is_silent

LAPTOP = r"""22 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw
25 22 0:24 / /proc rw,nosuid shared:5 - proc proc rw
60 22 0:48 / /home/ann/server rw shared:30 - nfs4 nas:/export rw,vers=4.2
61 60 259:3 / /home/ann/server/local rw shared:31 - xfs /dev/sdb1 rw
62 22 0:50 / /home/ann/my\040share rw - cifs //nas/share rw
63 22 0:51 / /home/ann/remote rw - fuse.sshfs ann@build:/src rw
64 22 0:52 / /tmp rw - tmpfs tmpfs rw
65 22 259:4 / /tmp rw master:1 propagate_from:2 - btrfs /dev/sdc1 rw
broken line
"""
WSL = """97 62 8:48 / / rw,relatime - ext4 /dev/sdd rw
120 97 0:66 / /mnt/c rw,noatime - 9p C:\\134 rw,dirsync,aname=drvfs;path=C:\\;uid=1000
"""


@pytest.mark.parametrize(
    ("path", "mountinfo", "kind"),
    [
        ("/home/ann/shop", LAPTOP, "ext4"),
        ("/", LAPTOP, "ext4"),
        ("/home/ann/server", LAPTOP, "nfs4"),
        ("/home/ann/server/shop", LAPTOP, "nfs4"),
        ("/home/ann/server-room", LAPTOP, "ext4"),
        ("/home/ann/server/local/shop", LAPTOP, "xfs"),
        ("/home/ann/my share/shop", LAPTOP, "cifs"),
        ("/home/ann/remote/shop", LAPTOP, "fuse.sshfs"),
        ("/tmp/shop", LAPTOP, "btrfs"),
        ("/mnt/c/shop", WSL, "9p"),
        ("/home/ann/shop", WSL, "ext4"),
        ("/home/ann/shop", "", ""),
    ],
)
def test_the_file_system_of_a_path(path, mountinfo, kind):
    assert file_system(path, mountinfo) == kind


@pytest.mark.parametrize(
    "kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "drvfs", "vboxsf", "fuse.sshfs", "fuse.grpcfuse"]
)
def test_tells_nothing(kind):
    assert is_silent(kind)


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "zfs", "overlay", "tmpfs", "fuseblk", "apfs", ""])
def test_tells_what_changes(kind):
    assert not is_silent(kind)
