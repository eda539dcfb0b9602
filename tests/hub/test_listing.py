from dataclasses import replace

import pytest

from devserve.hub.choice import Known
from devserve.hub.listing import ailing, as_data, as_text
from devserve.hub.orders import Status

WEB = Known(7, Status("web", "web", "/src/shop", "ready", "https://web.test/", "http://127.0.0.1:3001", 3001))
MAIL = Known(8, Status("mail", "mail", "/src/mail", "exited", "https://mail.test/", "unix:/run/mail.sock"))
MAIL_WEB = Known(8, replace(WEB.status, root="/src/mail", problem="web: it has ended"))


@pytest.mark.parametrize(
    ("known", "problems", "text"),
    [
        ((), (), "name  state  address  port\n"),
        (
            (WEB, MAIL),
            (),
            "name  state   address             port\n"
            "web   ready   https://web.test/   3001\n"
            "mail  exited  https://mail.test/  unix:/run/mail.sock\n",
        ),
        (
            (WEB, MAIL_WEB),
            ("the devserve with pid 9 is silent",),
            "name      state  address            port\n"
            "shop/web  ready  https://web.test/  3001\n"
            "mail/web  ready  https://web.test/  3001\n"
            "mail/web: it has ended\n"
            "the devserve with pid 9 is silent\n",
        ),
    ],
)
def test_text_has_the_services_in_columns_and_what_is_wrong_below(known, problems, text):
    assert as_text(known, problems) == text


def test_data_tells_whose_each_service_is():
    data = as_data([WEB, MAIL_WEB], ["silent"])
    assert [(each["name"], each["repository"], each["devserve"], each["url"]) for each in data["services"]] == [
        ("web", "/src/shop", 7, "https://web.test/"),
        ("web", "/src/mail", 8, "https://web.test/"),
    ]
    assert data["problems"] == ["silent"]


def test_only_what_is_not_well_is_said():
    assert ailing([WEB, MAIL]) == []
    assert ailing([MAIL_WEB]) == ["web: it has ended"]
