from pathlib import Path

import pytest

from devserve.config.values import Origin, Project, Service
from devserve.run.needs import Known, Standing, Way, parted, question, remote_for, sentence, way

CHECKOUT = Path("/work/my contacts")
STAGING = Origin("https", "contacts.staging.test", 443)
REMOTE = Service("contacts", Path("/work/shop"), "contacts.test", upstream=STAGING)
RUNS = Standing(ready=True, coming=False)


@pytest.mark.parametrize(
    ("known", "may_ask", "expected"),
    [
        (Known(RUNS, CHECKOUT, REMOTE), True, Way.USE),
        (Known(Standing(ready=False, coming=False)), True, Way.USE),
        (Known(None, CHECKOUT, REMOTE), True, Way.OFFER),
        (Known(None, CHECKOUT, REMOTE), False, Way.REMOTE),
        (Known(None, CHECKOUT), True, Way.OFFER),
        (Known(None, CHECKOUT), False, Way.TELL),
        (Known(None, None, REMOTE), True, Way.REMOTE),
        (Known(), True, Way.SEEK),
        (Known(), False, Way.SEEK),
    ],
)
def test_a_need_is_met_by_who_runs_it_a_checkout_or_a_remote(known, may_ask, expected):
    assert way(known, may_ask=may_ask) is expected


@pytest.mark.parametrize(
    ("need", "expected"), [("contacts/api", ("contacts", "api")), ("old/contacts/api", ("old/contacts", "api"))]
)
def test_a_need_is_a_repository_and_a_service(need, expected):
    assert parted(need) == expected


@pytest.mark.parametrize(
    ("need", "found"),
    [("contacts/api", True), ("old/contacts/api", True), ("people/contacts", True), ("mail/api", False)],
)
def test_a_remote_stands_for_a_need_when_it_is_called_like_its_service_or_repository(need, found):
    local = Service("api", Path("/work/shop"), "api.test", port=3000)
    project = Project(Path("/work/shop/devserve.toml"), services=(local, REMOTE))
    assert remote_for(need, project) == (REMOTE if found else None)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (Way.USE, ""),
        (Way.OFFER, ""),
        (
            Way.REMOTE,
            "web needs contacts/api, which nobody runs: https://contacts.staging.test:443 answers for it.",
        ),
        (
            Way.TELL,
            "web needs contacts/api, which nobody runs; start it with: devserve run '/work/my contacts'",
        ),
        (
            Way.SEEK,
            "web needs contacts/api, which nobody runs, and contacts is not beside this repository; clone it, "
            'or write [services.api] with an upstream such as "https://api.staging.example.com"',
        ),
    ],
)
def test_a_person_is_told_what_becomes_of_a_need(chosen, expected):
    assert sentence("web", "contacts/api", Known(None, CHECKOUT, REMOTE), chosen) == expected


def test_a_person_is_asked_with_the_folder():
    asked = question("web", "contacts/api", Path("/work/contacts"))
    assert asked == "web needs contacts/api, which nobody runs. Start it too, from /work/contacts?"
