import pytest

from devserve.errors import UsageError
from devserve.hub.messages import ReloadOrder
from devserve.hub.reloading import Reload, reloads


@pytest.fixture
def roots(tmp_path):
    found = {"web": tmp_path / "web", "mail": tmp_path / "mail", "docs": tmp_path / "web" / "docs"}
    for root in found.values():
        root.mkdir(parents=True)
    return found


@pytest.mark.parametrize(
    ("folder", "words", "expected"),
    [
        ("", (), [Reload("web"), Reload("mail"), Reload("docs")]),
        ("", ("mail",), [Reload("mail")]),
        ("mail", ("mail", "css/a.css"), [Reload("mail", ("css/a.css",))]),
        ("mail", ("css/a.css", "b.css"), [Reload("mail", ("css/a.css", "b.css"))]),
        ("", ("web/docs/a.css",), [Reload("web", ("docs/a.css",)), Reload("docs", ("a.css",))]),
        ("mail", ("web", "a.css"), [Reload("web", ("a.css",))]),
        ("mail", ("../web/a.css",), [Reload("web", ("a.css",))]),
    ],
)
def test_an_order_means_services_and_their_files(roots, tmp_path, folder, words, expected):
    assert list(reloads(ReloadOrder(words, str(tmp_path / folder)), roots)) == expected


def test_what_is_neither_a_service_nor_a_file_of_one_is_said(roots, tmp_path):
    with pytest.raises(UsageError, match="wbe is neither a service nor a file of one; the services are web, mail"):
        reloads(ReloadOrder(("wbe",), str(tmp_path)), roots)


LABELS = ("web", "shop/api", "contacts/api")


@pytest.mark.parametrize(
    ("word", "label"),
    [("web", "web"), ("shop/web", "web"), ("contacts/api", "contacts/api"), ("shop/api", "shop/api")],
)
def test_a_service_is_meant_by_its_name_or_with_its_repository(tmp_path, word, label):
    roots = {each: tmp_path / ("contacts" if each.startswith("contacts") else "shop") for each in LABELS}
    assert reloads(ReloadOrder((word,), str(tmp_path)), roots) == (Reload(label),)


def test_a_name_that_several_repositories_have_is_not_guessed(tmp_path):
    with pytest.raises(UsageError, match="api: several repositories have such a service; say shop/api or contacts/api"):
        reloads(ReloadOrder(("api",), str(tmp_path)), dict.fromkeys(LABELS, tmp_path))
