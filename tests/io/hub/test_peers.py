import os
import socket
import sys

import pytest

from devserve.io.hub.peers import LONGEST, address_of, is_own, user_of


def test_the_kernel_knows_whose_the_other_end_is():
    one, other = socket.socketpair()
    with one, other:
        assert user_of(one) == os.getuid()
        assert is_own(other)


@pytest.mark.parametrize("length", [10, LONGEST + 1, 250])
def test_a_folder_may_have_a_long_path(tmp_path, length):
    folder = tmp_path / ("x" * max(1, length - len(str(tmp_path))))
    folder.mkdir()
    path = folder / "443.join"
    if len(str(path)) > LONGEST and sys.platform != "linux":
        pytest.skip("only Linux has a way around sun_path's length")
    with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as connecting:
        with address_of(path) as address:
            listening.bind(address)
        listening.listen()
        with address_of(path) as address:
            connecting.connect(address)
        assert path.is_socket()
