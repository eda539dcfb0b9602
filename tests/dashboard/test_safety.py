import pytest

from devserve.dashboard.safety import (
    ELSEWHERE,
    NO_ORIGIN,
    NO_TOKEN,
    OTHER_SITE,
    POLICY,
    TOKEN_FIELD,
    order_refusal,
    refusal,
    socket_refusal,
)

OWN = "https://devserve.localhost"
HERE = {"X-Forwarded-For": "127.0.0.1"}
PAGE = {**HERE, "Origin": OWN, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (HERE, ""),
        ({"X-Forwarded-For": "::1"}, ""),
        ({"X-Forwarded-For": "::ffff:127.0.0.1"}, ""),
        ({"X-Forwarded-For": "192.168.1.7"}, ELSEWHERE),
        ({"X-Forwarded-For": ""}, ELSEWHERE),
        ({}, ELSEWHERE),
        (PAGE, ""),
        ({**HERE, "Origin": "https://web.test"}, OTHER_SITE),
        ({**HERE, "Origin": "http://devserve.localhost"}, OTHER_SITE),
        ({**HERE, "Origin": "https://devserve.localhost:444"}, OTHER_SITE),
        ({**HERE, "Origin": "null"}, OTHER_SITE),
        ({**HERE, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"}, OTHER_SITE),
        ({**HERE, "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}, OTHER_SITE),
        ({**HERE, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, ""),
        ({**HERE, "Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, ""),
    ],
)
def test_who_may_read(headers, expected):
    assert refusal(headers, OWN) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({**PAGE, TOKEN_FIELD: "token"}, ""),
        ({**HERE, TOKEN_FIELD: "token"}, ""),
        (PAGE, NO_TOKEN),
        ({**PAGE, TOKEN_FIELD: "tokem"}, NO_TOKEN),
        ({**PAGE, TOKEN_FIELD: "tök"}, NO_TOKEN),
        ({**PAGE, TOKEN_FIELD: "token", "Origin": "https://web.test"}, OTHER_SITE),
        ({**PAGE, TOKEN_FIELD: "token", "X-Forwarded-For": "10.0.0.1"}, ELSEWHERE),
    ],
)
def test_who_may_order(headers, expected):
    assert order_refusal(headers, OWN, "token") == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [(PAGE, ""), (HERE, NO_ORIGIN), ({**PAGE, "Origin": "https://web.test"}, OTHER_SITE)],
)
def test_who_may_have_a_socket(headers, expected):
    assert socket_refusal(headers, OWN) == expected


def test_the_policy_lets_no_script_in_the_page_and_no_frame_around_it():
    assert "unsafe" not in POLICY
    assert "frame-ancestors 'none'" in POLICY
    assert "default-src 'none'" in POLICY
