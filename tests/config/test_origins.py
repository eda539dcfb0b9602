from pathlib import Path

import pytest

from devserve.config.origins import origin_of
from devserve.config.values import Origin

ROOT = Path("/repo")


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("http://127.0.0.1:3001", Origin("http", "127.0.0.1", 3001)),
        ("http://localhost:3001/", Origin("http", "localhost", 3001)),
        ("http://localhost", Origin("http", "localhost", 80)),
        ("https://Staging.example.com", Origin("https", "staging.example.com", 443)),
        ("https://staging.example.com:8443", Origin("https", "staging.example.com", 8443)),
        ("http://[::1]:3001", Origin("http", "::1", 3001)),
        ("http://my_app:80", Origin("http", "my_app", 80)),
        ("https://staging.müller.example", Origin("https", "staging.xn--mller-kva.example", 443)),
        ("unix:app.sock", Origin(unix_path="/repo/app.sock")),
        ("unix:/run/app.sock", Origin(unix_path="/run/app.sock")),
        ("unix:///run/app.sock", Origin(unix_path="/run/app.sock")),
    ],
)
def test_an_upstream_is_an_origin(written, origin):
    assert origin_of(written, ROOT) == origin


@pytest.mark.parametrize(
    ("written", "fix"),
    [
        ("localhost:3001", 'write "http://localhost:3001"'),
        ("127.0.0.1:3001", 'write "http://127.0.0.1:3001"'),
        ("//staging.test", 'write "http://staging.test"'),
        ("http://localhost:3001/api", 'write "http://localhost:3001"'),
        ("http://localhost?x", 'write "http://localhost"'),
        ("http://user:secret@localhost", ""),
        ("user:secret@localhost:80", ""),
        ("ws://localhost", ""),
        ("http://", ""),
        ("http://localhost:0", ""),
        ("http://localhost:99999", ""),
        ("http://localhost:x", ""),
        ("http://[::1", ""),
        ("http://a b", ""),
        ("unix:", ""),
        ("unix:a\0", ""),
    ],
)
def test_refuses_what_cannot_be_dialled_and_says_what_to_write(written, fix):
    with pytest.raises(ValueError, match="an origin") as caught:
        origin_of(written, ROOT)
    assert "".join(caught.value.args[1:]) == fix
