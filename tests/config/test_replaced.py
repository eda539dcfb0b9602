from pathlib import Path

import pytest

from devserve.config.labels import labelled, of_all
from devserve.config.replaced import replaced, without
from devserve.config.values import Origin, Project, Service

STAGING = Origin("https", "contacts.staging.test", 443)
HOST = "contacts.shop.test"


def project(folder: str, name: str, host: str = HOST, **fields) -> Project:
    root = Path("/work") / folder
    return Project(root / "devserve.toml", services=(Service(name, root, host, **fields),))


@pytest.mark.parametrize(
    ("projects", "gone"),
    [
        ([project("shop", "contacts", upstream=STAGING)], {}),
        ([project("shop", "contacts", upstream=STAGING), project("contacts", "api", port=1)], {"contacts": "api"}),
        ([project("contacts", "api", command=("x",)), project("shop", "people", upstream=STAGING)], {"people": "api"}),
        ([project("shop", "people", upstream=STAGING), project("contacts", "api", port=1, aliases=(HOST,))],
         {"people": "api"}),
        ([project("shop", "people", upstream=STAGING), project("contacts", "api", HOST, path="/api", port=1)], {}),
        ([project("shop", "people", upstream=STAGING), project("contacts", "api", "api.test", port=1)], {}),
        ([project("shop", "one", port=1), project("contacts", "api", port=1)], {}),
        ([project("shop", "people", upstream=STAGING), project("mail", "addresses", upstream=STAGING)],
         {"addresses": "people"}),
        ([project("shop", "people", upstream=STAGING), project("mail", "addresses", upstream=Origin(host="qa.test"))],
         {}),
    ],
)  # fmt: skip
def test_a_way_to_a_remote_gives_way_to_the_service_itself(projects, gone):
    found = labelled(projects)
    assert replaced(found) == gone
    staying = {service.label for _, service in of_all(without(found, gone))}
    assert staying == {service.label for _, service in of_all(found)} - set(gone)
