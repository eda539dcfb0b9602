from pathlib import Path

import pytest

from devserve.ca.steps import MakeFolder, ReadFile, RemoveFile, Run, WriteFile, as_root

STEPS = [
    (Run(("certutil", "-n", "a b")), "certutil -n 'a b'", "sudo -- certutil -n 'a b'"),
    (Run(("certutil", "-a"), b"PEM", "ca.pem"), "certutil -a < ca.pem", "sudo -- certutil -a < ca.pem"),
    (MakeFolder(Path("/a b")), "mkdir -p -m 700 '/a b'", "sudo -- mkdir -p -m 700 '/a b'"),
    (
        WriteFile(Path("/etc/x"), b"data"),
        "write 4 bytes to /etc/x",
        "sudo -- install -m 644 /dev/stdin /etc/x < 4 bytes",
    ),
    (RemoveFile(Path("/etc/x y")), "rm -f -- '/etc/x y'", "sudo -- rm -f -- '/etc/x y'"),
    (ReadFile(Path("/etc/x")), "cat /etc/x", "sudo -- cat /etc/x"),
]


@pytest.mark.parametrize(("step", "plain", "elevated"), STEPS)
def test_a_step_is_described_as_one_would_type_it(step, plain, elevated):
    assert step.describe() == plain
    assert as_root(step).describe() == elevated


@pytest.mark.parametrize("step", [Run(("x",), b"data", "d"), WriteFile(Path("/x"), b"data")])
def test_sudo_passes_the_steps_own_bytes_on(step):
    assert as_root(step).stdin == b"data"


def test_sudo_has_time_for_a_password():
    assert as_root(Run(("x",))).timeout > Run(("x",)).timeout
