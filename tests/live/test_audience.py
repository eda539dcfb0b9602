"""Who hears of a change."""

from __future__ import annotations

import pytest

from devserve.live.audience import Audience, Page, page_of

ROUTES = {("mail.test", "/"): "mail", ("mail.test", "/people"): "contacts", ("other.test", "/"): "other"}
LIVERELOAD = {"livereload.mail.test": {"mail", "contacts"}, "livereload.other.test": {"other"}}


def service_for(host, path):
    """The service with the longest matching prefix, as routes do it."""
    fitting = [prefix for at, prefix in ROUTES if at == host and path.startswith(prefix)]
    return ROUTES[host, max(fitting, key=len)] if fitting else None


@pytest.fixture
def audience():
    audience = Audience(service_for, lambda host: LIVERELOAD.get(host, ()))
    audience.join("tab", "livereload.mail.test")
    return audience


@pytest.mark.parametrize(
    ("url", "services"),
    [
        ("https://mail.test/", {"mail"}),
        ("https://mail.test:8443/inbox?token=1#x", {"mail"}),
        ("https://MAIL.test/people/7", {"contacts"}),
        ("https://other.test/", {"other"}),
        ("https://mail.test", {"mail"}),
        ("https://example.com/", {"mail", "contacts"}),
        ("about:srcdoc", {"mail", "contacts"}),
        ("", {"mail", "contacts"}),
    ],
)
def test_a_page_hears_of_its_own_service(audience, url, services):
    audience.locate("tab", url)
    assert {name for name in ("mail", "contacts", "other") if audience.hearing(name)} == services


def test_a_page_that_has_not_said_where_it_is_hears_of_its_livereload_host(audience):
    assert audience.hearing("mail") == audience.hearing("contacts") == ("tab",)
    assert audience.hearing("other") == ()


def test_a_page_that_moves_on_hears_of_the_new_service(audience):
    audience.locate("tab", "https://mail.test/")
    audience.locate("tab", "https://mail.test/people")
    assert audience.hearing("mail") == ()
    assert audience.hearing("contacts") == ("tab",)


def test_clients_hear_in_the_order_in_which_they_came(audience):
    audience.join("frame", "LIVERELOAD.mail.test")
    assert audience.hearing("mail") == ("tab", "frame")


def test_who_has_left_hears_nothing_and_cannot_be_located(audience):
    audience.leave("tab")
    audience.leave("tab")
    audience.locate("tab", "https://mail.test/")
    assert audience.hearing("mail") == ()
    assert len(audience) == 0


def test_a_route_that_comes_later_counts(audience, monkeypatch):
    audience.locate("tab", "https://new.test/")
    monkeypatch.setitem(ROUTES, ("new.test", "/"), "new")
    assert audience.hearing("new") == ("tab",)
    assert audience.hearing("mail") == ()


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://a.test/x?secret=1", Page("a.test", "/x")),
        ("http://a.test", Page("a.test", "/")),
        ("file:///home/x.html", None),
        ("blob:https://a.test/1", None),
        ("https://[::1/", None),
        ("https:///x", None),
        ("nonsense", None),
    ],
)
def test_where_a_url_leads(url, page):
    assert page_of(url) == page


def test_says_how_many_there_are(audience):
    assert repr(audience) == "<Audience 1 clients>"


def test_knows_what_a_client_hears_of_and_which_plugins_it_has(audience):
    assert set(audience.heard_by("tab")) == {"mail", "contacts"}
    assert not audience.has_plugin("tab", "devserve")
    audience.locate("tab", "https://mail.test/people", ("devserve", "less"))
    assert set(audience.heard_by("tab")) == {"contacts"}
    assert audience.has_plugin("tab", "devserve")
    audience.leave("tab")
    assert set(audience.heard_by("tab")) == set()
    assert not audience.has_plugin("tab", "devserve")
