import os
import socket

import pytest

from devserve.errors import ServiceError
from devserve.io.run.launch import launch
from support.running import a_command, descriptors

SHELLS_OWN = {"./folder", "./garbage", "./lost"}  # the shell that passes a socket says it of these


def output_of(script, *, hold_stdin=False, listener=None, **env):
    launched = launch("web", a_command(script), env, hold_stdin=hold_stdin, listener=listener)
    try:
        launched.popen.wait(10)
        return os.read(launched.terminal, 4096).decode()
    finally:
        os.close(launched.terminal)
        if launched.held_stdin is not None:
            os.close(launched.held_stdin)


@pytest.mark.parametrize(
    ("script", "output"),
    [
        ("test -t 1 && test -t 2 && echo both are terminals", "both are terminals\n"),
        ("echo out; echo err >&2", "out\nerr\n"),
        ("stty size <&1", "40 120\n"),
        ("cat; echo the input has ended", "the input has ended\n"),
        ("echo $DEVSERVE_RUN", "7\n"),
        ("read pid rest </proc/self/stat; cut -d' ' -f5,6 /proc/$$/stat | tr ' ' = | sed s/$$/me/g", "me=me\n"),
        ("ls /proc/self/fd | wc -l | tr -d ' '", "4\n"),  # input, output, errors, and ls reading the folder
    ],
)
def test_a_command_runs_on_a_terminal_in_a_session_of_its_own(script, output):
    assert output_of(script, DEVSERVE_RUN="7") == output


def test_a_held_input_neither_ends_nor_is_a_terminal():
    script = "test -t 0 || echo no terminal; timeout 0.05 cat; echo $?"
    assert output_of(script, hold_stdin=True) == "no terminal\n124\n"


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.mark.parametrize(
    ("script", "output"),
    [
        ("test -t 1 && test -t 2 && echo both are terminals", "both are terminals\n"),
        ("test $LISTEN_PID = $$ && echo $LISTEN_FDS for me", "1 for me\n"),
        ("readlink /proc/self/fd/3 | cut -d: -f1", "socket\n"),
        ("test -t 0 || timeout 0.05 cat; echo $?", "124\n"),
        ("ls /proc/self/fd | wc -l | tr -d ' '", "5\n"),  # the socket too, and no other
    ],
)
def test_a_listening_socket_is_descriptor_3_of_the_command_that_is_meant(listener, script, output):
    assert output_of(script, hold_stdin=True, listener=listener) == output


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "plain").write_text("echo\n")
    (tmp_path / "folder").mkdir()
    for name, content in {"garbage": "\x7fELF nonsense", "lost": "#!/no/such/interpreter\n"}.items():
        (tmp_path / name).write_text(content)
        (tmp_path / name).chmod(0o755)
    return tmp_path


CANNOT_BE_STARTED = [
    (["no-such-program"], "", 'web: no program "no-such-program" is on the PATH. Install it, or mend the command'),
    (["./missing"], "", "web: there is no program FOLDER/missing. Create it, or mend the command of web"),
    (["./plain"], "", "web: FOLDER/plain may not be executed. Run `chmod +x FOLDER/plain`, or"),
    (["./folder"], "", "web: FOLDER/folder may not be executed."),
    (["./garbage"], "", "web: FOLDER/garbage is no program for this machine. If it is a script, begin it with"),
    (["./lost"], "", "web: the interpreter that the first line of FOLDER/lost names is not there. Install it"),
    (
        ["true"],
        "nowhere",
        "web: there is no folder FOLDER/nowhere to run in. Create it, or mend cwd in [services.web]",
    ),
    (["true"], "plain", "web: there is no folder FOLDER/plain to run in."),
    (["true", "\0"], "", "web: cannot be started: embedded null byte. Take it out: mend the command of web in"),
    (
        ["true", "x" * 9_000_000],
        "",
        'web: "true" cannot be started: Argument list too long. Mend the command of web',
    ),
]


def refused(argv, folder, cwd, **options):
    before = descriptors()
    with pytest.raises(ServiceError) as caught:
        launch("web", a_command(argv, folder / cwd), {}, **options)
    assert descriptors() == before
    return str(caught.value).replace(str(folder), "FOLDER")


@pytest.mark.parametrize(("argv", "cwd", "sentence"), CANNOT_BE_STARTED)
@pytest.mark.parametrize("hold_stdin", [True, False])
def test_a_command_that_cannot_be_started_is_told_with_the_fix(argv, cwd, sentence, hold_stdin, folder):
    assert refused(argv, folder, cwd, hold_stdin=hold_stdin).startswith(sentence)


@pytest.mark.parametrize(("argv", "cwd", "sentence"), [row for row in CANNOT_BE_STARTED if row[0][0] not in SHELLS_OWN])
def test_so_is_one_that_would_get_a_socket(argv, cwd, sentence, folder, listener):
    assert refused(argv, folder, cwd, hold_stdin=True, listener=listener).startswith(sentence)


def test_a_relative_program_is_looked_for_in_the_services_folder(folder):
    (folder / "run").write_text("#!/bin/sh\npwd\n")
    (folder / "run").chmod(0o755)
    launched = launch("web", a_command(["./run"], folder), {}, hold_stdin=False)
    assert launched.popen.wait(10) == 0
    assert os.read(launched.terminal, 4096).decode() == f"{folder}\n"
    os.close(launched.terminal)
