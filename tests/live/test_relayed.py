import json
from pathlib import PurePosixPath

import pytest

from devserve.live.protocol import OFFICIAL_7, alert, hello, reload
from devserve.live.relayed import is_greeting, message_of

ROOT = PurePosixPath("/home/me/shop")


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (hello("tiny-lr"), True),
        (json.dumps({"command": "hello", "protocols": [OFFICIAL_7.replace("7", "6")]}), False),
        (json.dumps({"command": "hello"}), False),
        ("!!ver:1.6", False),
        (b"\x00", False),
        (reload("/a"), False),
    ],
)
def test_knows_a_greeting(frame, expected):
    assert is_greeting(frame) is expected


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ({"command": "reload", "path": "/home/me/shop/css/a.css"}, reload("/css/a.css")),
        ({"command": "reload", "path": "a.css", "liveCSS": False}, reload("a.css", live_css=False)),
        ({"command": "reload", "path": "/home/a.png", "liveImg": False}, reload("/home/a.png", live_image=False)),
        ({"command": "reload", "path": "a.css", "overrideURL": "/x"}, reload("a.css")),
        ({"command": "alert", "message": "hi"}, alert("hi")),
        ({"command": "reload"}, None),
        ({"command": "kill"}, None),
        ([], None),
    ],
)  # fmt: skip
def test_passes_on_what_pages_understand(frame, message):
    assert message_of(json.dumps(frame), ROOT) == message


def test_what_is_malformed_is_not_passed_on():
    assert message_of("{", ROOT) is None
