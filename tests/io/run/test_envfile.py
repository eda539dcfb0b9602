import pytest

from devserve.errors import ServiceError
from devserve.io.run.envfile import read_env_file


def test_reads_what_other_tools_read(tmp_path):
    file = tmp_path / ".env"
    file.write_text("# comment\nexport A=1\nB='two words'\nEMPTY=\nNOTHING\n")
    assert read_env_file(file) == {"A": "1", "B": "two words", "EMPTY": ""}


def test_no_file_is_no_variable():
    assert read_env_file(None) == {}


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"A=1\nthis is = no 'line\n"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, content):
    file = tmp_path / ".env"
    if content:
        file.write_bytes(content)
    with pytest.raises(ServiceError, match=str(file)):
        read_env_file(file)
