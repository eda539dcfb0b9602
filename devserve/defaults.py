"""devserve's own hookimpls: the snippet, the watch rules, the reload rule. They use no private door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devserve.config.values import Placement, Service, Then, WatchRule
from devserve.hookspecs import hookimpl
from devserve.proxy.pages.tags import Position, Tag

REFRESHED = ("*.css", "*.png", "*.jpg", "*.jpeg", "*.gif", "*.svg", "*.webp", "*.avif", "*.ico")
RELOADED = ("*.html", "*.htm", "*.xhtml", "*.js", "*.mjs", "*.json", "*.jinja", "*.jinja2", "*.j2", "*.tmpl", "*.md")

POSITIONS: Mapping[Placement, Position] = {"head": "head-prepend", "body": "body-prepend", "end": "body"}


@hookimpl(trylast=True)
def devserve_watch(service: Service) -> Sequence[WatchRule]:
    """A service without watch rules: stylesheets and images are swapped, pages and scripts reload the page.

    Not one with a hot client of its own, whose every hot update a reload would undo; nor one whose own livereload
    server says what changed.
    """
    own_server = service.livereload.relay is not None or isinstance(service.livereload.source, int)
    if service.watch or service.dev_server or own_server:
        return ()
    return (WatchRule(REFRESHED, then=Then.REFRESH), WatchRule(RELOADED, then=Then.RELOAD))


@hookimpl(trylast=True)
def devserve_changed(rule: WatchRule) -> Then:
    """What the rule says."""
    return rule.then


@hookimpl(trylast=True)
def devserve_snippet(service: Service, livereload_url: str) -> Sequence[Tag]:
    """The livereload script, unless the service wants none or its pages have a hot client."""
    inject = service.livereload.inject
    if service.livereload.source == "off" or not (not service.dev_server if inject is None else inject):
        return ()
    return (Tag("script", {"src": livereload_url}, position=POSITIONS[service.livereload.placement]),)
