import pytest

from devserve.errors import UsageError
from devserve.hub.choice import Known
from devserve.hub.orders import Status
from devserve.hub.reloading import Reload, reloads


@pytest.fixture
def known(tmp_path):
    found = {"web": tmp_path / "web", "mail": tmp_path / "mail", "docs": tmp_path / "web" / "docs"}
    for root in found.values():
        root.mkdir(parents=True)
    return {name: Known(7, Status(name, name, str(root), "ready", "", "")) for name, root in found.items()}


@pytest.mark.parametrize(
    ("folder", "words", "expected"),
    [
        ("", (), [("web",), ("mail",), ("docs",)]),
        ("", ("mail",), [("mail",)]),
        ("mail", ("mail", "css/a.css"), [("mail", "css/a.css")]),
        ("mail", ("mail/mail", "css/a.css"), [("mail", "css/a.css")]),
        ("mail", ("css/a.css", "b.css"), [("mail", "css/a.css", "b.css")]),
        ("", ("web/docs/a.css",), [("web", "docs/a.css"), ("docs", "a.css")]),
        ("mail", ("web", "a.css"), [("web", "a.css")]),
        ("mail", ("../web/a.css",), [("web", "a.css")]),
    ],
)
def test_words_mean_services_and_their_files(known, tmp_path, folder, words, expected):
    meant = reloads(words, tmp_path / folder, list(known.values()))
    assert list(meant) == [Reload(known[name], tuple(files)) for name, *files in expected]


def test_what_is_neither_a_service_nor_a_file_of_one_is_said(known, tmp_path):
    with pytest.raises(UsageError, match="wbe is neither a service nor a file of one; there are web in "):
        reloads(("wbe",), tmp_path, list(known.values()))
