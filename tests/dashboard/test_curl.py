import shlex
import subprocess

import pytest

from devserve.dashboard.curl import command
from support.accesses import access


def words(**more) -> list[str]:
    return shlex.split(command(access(**more)).replace("\\\n", ""))


def test_a_get_needs_no_more_than_its_url():
    assert words(target="/a?b=c&d") == ["curl", "https://web.test:8443/a?b=c&d"]


def test_secrets_are_masked_and_own_fields_left_to_curl():
    asked = [(b"Authorization", b"Bearer hunter2"), (b"Accept-Encoding", b"gzip"), (b"Content-Length", b"0")]
    assert words(target="/?token=hunter2", asked=asked) == [
        "curl", "https://web.test:8443/?token=***", "--header", "Authorization: Bearer ***", "--compressed",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"method": "HEAD"}, ["--head"]),
        ({"method": "DELETE"}, ["--request", "DELETE"]),
        ({"method": "POST", "request_body": b'{"a": 1}\n'}, ["--request", "POST", "--data-binary", '{"a": 1}\n']),
        ({"asked": [(b"X-Empty", b"")]}, ["--header", "X-Empty;"]),
    ],
)
def test_the_method_and_the_body(more, expected):
    assert words(**more)[2:] == expected


@pytest.mark.parametrize("hostile", ["'; touch x; '", "$(touch x)", "`touch x`", "a\nb", "!x"])
def test_no_part_of_a_request_reaches_the_shell(hostile, tmp_path):
    made = command(access(f"/{hostile}", asked=[(b"X-A", hostile.replace("\n", " ").encode())], method="POST",
                          request_body=hostile.encode()))  # fmt: skip
    script = f"curl() {{ printf '%s\\0' \"$@\"; }}\n{made}"
    said = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, check=True, timeout=10).stdout
    assert said.split(b"\0")[-2] == hostile.encode()
    assert list(tmp_path.iterdir()) == []


def test_a_body_that_is_no_text_is_written_byte_by_byte(tmp_path):
    made = command(access(method="PUT", request_body=b"\x00\xff'\n"))
    assert made.endswith("--data-binary $'\\x00\\xff\\x27\\x0a'")
