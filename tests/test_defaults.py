from dataclasses import replace
from pathlib import Path

import pytest

from devserve import defaults
from devserve.config.values import Livereload, Service, Then, WatchRule

SERVICE = Service("web", Path("/repository"), "web.test")
URL = "https://livereload.web.test/livereload.js?port=443"


def test_a_service_without_rules_refreshes_styles_and_reloads_pages():
    refresh, reload = defaults.devserve_watch(SERVICE)
    assert (refresh.then, reload.then) == (Then.REFRESH, Then.RELOAD)
    assert "*.css" in refresh.paths
    assert "*.html" in reload.paths


def test_restart_is_never_guessed():
    assert all(rule.then is not Then.RESTART for rule in defaults.devserve_watch(SERVICE))


def test_own_rules_replace_the_default_ones():
    own = Service("web", Path("/repository"), "web.test", watch=(WatchRule(("*.py",), then=Then.RESTART),))
    assert defaults.devserve_watch(own) == ()


def test_a_change_leads_to_what_the_rule_says():
    assert defaults.devserve_changed(WatchRule(("*",), then=Then.NOTHING)) is Then.NOTHING


def test_the_snippet_is_the_livereload_script():
    (tag,) = defaults.devserve_snippet(SERVICE, URL)
    assert tag.render() == f'<script src="{URL}"></script>'


@pytest.mark.parametrize(
    ("placement", "position"), [("head", "head-prepend"), ("body", "body-prepend"), ("end", "body")]
)
def test_the_snippet_is_where_its_service_wants_it(placement, position):
    (tag,) = defaults.devserve_snippet(replace(SERVICE, livereload=Livereload(placement=placement)), URL)
    assert tag.position == position


@pytest.mark.parametrize(
    ("inject", "dev_server", "injected"),
    [(None, "", True), (None, "vite", False), (True, "vite", True), (False, "", False), (True, "", True)],
)
def test_a_page_with_a_hot_client_gets_the_snippet_only_when_told_to(inject, dev_server, injected):
    service = replace(SERVICE, dev_server=dev_server, livereload=Livereload(inject=inject))
    assert bool(defaults.devserve_snippet(service, URL)) is injected


@pytest.mark.parametrize(
    "service",
    [
        replace(SERVICE, dev_server="vite"),
        replace(SERVICE, livereload=Livereload(source=35729)),
        replace(SERVICE, livereload=Livereload(relay=35729)),
    ],
    ids=["hot client", "own server", "relayed server"],
)
def test_who_tells_of_changes_itself_has_no_rules_by_default(service):
    assert defaults.devserve_watch(service) == ()


@pytest.mark.parametrize("livereload", [Livereload(source="off"), Livereload(inject=False)])
def test_a_service_can_do_without_the_snippet(livereload):
    assert defaults.devserve_snippet(Service("web", Path("/r"), "web.test", livereload=livereload), URL) == ()
