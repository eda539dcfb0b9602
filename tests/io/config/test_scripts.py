from pathlib import Path

from devserve.io.config.scripts import with_arguments
from devserve.run.command import Command

START = ("npm", "start")


def test_arguments_go_through_the_script_of_the_commands_folder(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"scripts": {"start": "vite"}}')
    command = with_arguments(Command(START, tmp_path, {"A": "1"}), "--host", "::1")
    assert command == Command((*START, "--", "--host", "::1"), tmp_path, {"A": "1"})


def test_where_no_script_starts_a_server_nothing_gets_them(tmp_path: Path) -> None:
    assert with_arguments(Command(START, tmp_path, {}), "--host", "::1") is None
