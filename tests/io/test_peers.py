import os
import socket

from devserve.io.peers import is_own, user_of


def test_the_kernel_knows_whose_the_other_end_is():
    one, other = socket.socketpair()
    with one, other:
        assert user_of(one) == os.getuid()
        assert is_own(other)
