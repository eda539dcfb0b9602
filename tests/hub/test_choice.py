import pytest

from devserve.errors import UsageError
from devserve.hub.choice import Known, chosen, is_meant, labels, there_are
from devserve.hub.orders import Status


def known(name: str, root: str, devserve: int = 7) -> Known:
    return Known(devserve, Status(name, name, root, "ready", f"https://{name}.test/", "http://127.0.0.1:3001"))


WEB, API = known("web", "/home/me/shop"), known("api", "/home/me/shop")
MAIL, OTHER_WEB = known("mail", "/home/me/mail", 8), known("web", "/home/me/mail", 8)
BRANCH_API = known("api", "/home/me/branch/shop", 9)
TWICE = known("web", "/home/me/shop", 10)
SIMPLE = (WEB, API, MAIL)
CLASHING = (WEB, API, MAIL, OTHER_WEB, BRANCH_API)


@pytest.mark.parametrize(
    ("names", "among", "expected"),
    [
        ((), SIMPLE, [WEB, API, MAIL]),
        ((), (), []),
        (("api",), SIMPLE, [API]),
        (("mail", "web"), SIMPLE, [MAIL, WEB]),
        (("web", "web", "shop/web"), SIMPLE, [WEB]),
        (("mail/web",), CLASHING, [OTHER_WEB]),
        (("shop/web",), CLASHING, [WEB]),
        (("me/shop/api",), CLASHING, [API]),
        (("branch/shop/api",), CLASHING, [BRANCH_API]),
        (("/home/me/shop/api",), CLASHING, [API]),
        (("web",), (WEB, TWICE), [WEB, TWICE]),
    ],
)
def test_names_mean_services(names, among, expected):
    assert chosen(names, among) == expected


@pytest.mark.parametrize(
    ("name", "among", "sentence"),
    [
        ("wbe", SIMPLE, "wbe: no service is called so; did you mean web, which runs in /home/me/shop?"),
        ("mail/api", SIMPLE, "mail/api: no service is called so; did you mean api, which runs in /home/me/shop?"),
        ("x", SIMPLE, "x: no service is called so; there are web, api in /home/me/shop; mail in /home/me/mail"),
        ("web", (), "web: no service is called so; none runs"),
        ("web", CLASHING, "web: several repositories have a service of this name; write shop/web or mail/web"),
        (
            "shop/api",
            CLASHING,
            "shop/api: several repositories have a service of this name; write me/shop/api or branch/shop/api",
        ),
    ],
)
def test_a_name_that_means_none_or_several_is_said(name, among, sentence):
    with pytest.raises(UsageError) as refused:
        chosen((name,), among)
    assert str(refused.value) == sentence


@pytest.mark.parametrize("name", ["", "/", "hop/web", "b", "home/me/shop/web/", "x/home/me/shop/web"])
def test_a_part_of_a_name_means_nobody(name):
    assert not is_meant(name, WEB)


def test_services_are_called_by_as_little_as_tells_them_apart():
    assert list(labels(CLASHING).values()) == ["shop/web", "me/shop/api", "mail", "mail/web", "branch/shop/api"]
    assert list(labels((WEB, TWICE)).values()) == ["web", "web"]


def test_every_label_means_its_service():
    for one, label in labels(CLASHING).items():
        assert chosen((label,), CLASHING) == [one]


def test_a_repository_below_the_end_of_another_one_can_be_named():
    short, long = known("web", "/shop"), known("web", "/home/shop")
    assert labels((short, long)) == {short: "/shop/web", long: "home/shop/web"}
    assert chosen(("/shop/web",), (short, long)) == [short]


def test_says_which_run_where():
    assert there_are(SIMPLE) == "there are web, api in /home/me/shop; mail in /home/me/mail"
