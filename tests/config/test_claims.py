from pathlib import Path

import pytest

from devserve.config.claims import claims_of, conflicts, remedy
from devserve.config.values import Livereload, Project, Service

ROOT = Path("/repo")


def project(*services: Service) -> Project:
    return Project(ROOT / "devserve.toml", services=services)


def test_a_service_claims_its_names_and_its_live_reload():
    web = Service("web", ROOT, "web.test", aliases=("www.test",), path="/app")
    assert [(claim.url, claim.location[2:]) for claim in claims_of(project(web))] == [
        ("https://web.test/app", ("host",)),
        ("https://www.test/app", ("aliases", 0)),
        ("https://livereload.web.test/", ("livereload", "host")),
    ]


def test_live_reload_that_is_off_claims_nothing():
    web = Service("web", ROOT, "web.test", livereload=Livereload("off"))
    assert [claim.host for claim in claims_of(project(web))] == ["web.test"]


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ({"host": "a.test"}, {"host": "b.test"}, None),
        ({"host": "a.test"}, {"host": "a.test", "path": "/b"}, None),
        ({"host": "a.test"}, {"host": "a.test"}, "host or path"),
        ({"host": "a.test"}, {"host": "b.test", "aliases": ("a.test",)}, "host or path"),
        ({"host": "a.test"}, {"host": "livereload.a.test"}, "livereload.host"),
        ({"host": "a.test"}, {"host": "livereload.a.test", "path": "/x"}, None),
        (
            {"host": "a.test", "livereload": Livereload(35729)},
            {"host": "a.test", "path": "/b", "livereload": Livereload(35730)},
            "livereload.host",
        ),
        (
            {"host": "a.test", "livereload": Livereload(35729)},
            {"host": "a.test", "path": "/b", "livereload": Livereload(35729)},
            None,
        ),
        ({"host": "a.test"}, {"host": "a.test", "path": "/b", "livereload": Livereload("off")}, None),
    ],
)
def test_two_services_exclude_each_other_where_one_name_would_lead_to_both(one, other, said):
    found = conflicts(claims_of(project(Service("one", ROOT, **one), Service("other", ROOT, **other))))
    remedies = [remedy(*pair) for pair in found]
    assert remedies == ([] if said is None else [f"give one of them another {said}"])
