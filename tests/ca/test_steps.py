from pathlib import Path

import pytest

from devserve.ca.steps import MakeFolder, ReadFile, RemoveFile, Run, WriteFile, as_command, as_root, shell_line

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


@pytest.mark.parametrize(
    ("step", "line"),
    [
        (Run(("a b", "c")), rb"""'a b' c </dev/null 2>&1; printf '\nend %d\n' "$?" """),
        (Run(("x",), b"A'\n"), rb"""printf '\101\047\012' | x 2>&1; printf '\nend %d\n' "$?" """),
    ],
)
def test_a_shell_is_told_each_byte_so_that_it_cannot_mistake_it(step, line):
    assert shell_line(step, "end") == line.rstrip() + b"\n"


def test_a_command_keeps_its_own_deadline():
    assert as_command(Run(("x",), timeout=7)).timeout == 7


@pytest.mark.parametrize("step", [Run(("x",), b"data", "d"), WriteFile(Path("/x"), b"data")])
def test_sudo_passes_the_steps_own_bytes_on(step):
    assert as_root(step).stdin == b"data"


def test_sudo_has_time_for_a_password():
    assert as_root(Run(("x",))).timeout > Run(("x",)).timeout
