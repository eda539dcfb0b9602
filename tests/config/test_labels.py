from pathlib import Path

import pytest

from devserve.config.labels import is_called, labelled, named, repository_names
from devserve.config.values import Project, Service


def project(folder: str, *names: str) -> Project:
    root = Path(folder)
    return Project(root / "devserve.toml", services=tuple(Service(name, root, f"{name}.test") for name in names))


SHOP, CONTACTS = project("/work/shop", "web", "api"), project("/work/contacts", "api", "db")
OLD = project("/old/contacts", "db")


@pytest.mark.parametrize(
    ("roots", "names"),
    [
        (["/work/shop"], ["shop"]),
        (["/work/shop", "/work/contacts"], ["shop", "contacts"]),
        (["/work/contacts", "/old/contacts", "/work/shop"], ["work/contacts", "old/contacts", "shop"]),
        (["/a/x/contacts", "/b/x/contacts"], ["a/x/contacts", "b/x/contacts"]),
    ],
)
def test_a_repository_is_called_by_its_folder_and_no_more_of_the_path_than_tells_it_apart(roots, names):
    assert list(repository_names([Path(root) for root in roots]).values()) == names


def test_a_service_whose_name_is_anothers_too_is_called_by_its_repository_as_well():
    labels = [service.label for each in labelled([SHOP, CONTACTS]) for service in each.services]
    assert labels == ["web", "shop/api", "contacts/api", "db"]


def test_a_name_that_is_taken_twice_within_one_repository_is_no_reason_for_a_label():
    (only,) = labelled([project("/work/shop", "web", "web")])
    assert [service.label for service in only.services] == ["web", "web"]


@pytest.mark.parametrize(
    ("wanted", "home", "found"),
    [
        ("web", None, ["web"]),
        ("api", None, ["shop/api", "contacts/api"]),
        ("api", CONTACTS, ["contacts/api"]),
        ("db", SHOP, ["work/contacts/db", "old/contacts/db"]),
        ("shop/api", CONTACTS, ["shop/api"]),
        ("contacts/api", SHOP, ["work/contacts/api"]),
        ("contacts/db", SHOP, ["work/contacts/db", "old/contacts/db"]),
        ("old/contacts/db", SHOP, ["old/contacts/db"]),
        ("shop/db", SHOP, []),
        ("contact/api", SHOP, []),
        ("gone", None, []),
    ],
)
def test_finds_the_services_that_a_name_means(wanted, home, found):
    projects = labelled([SHOP, CONTACTS, OLD] if "db" in wanted or "contacts" in wanted else [SHOP, CONTACTS])
    assert [service.label for service in named(wanted, projects, home)] == found


@pytest.mark.parametrize(
    ("repository", "expected"),
    [("contacts", True), ("work/contacts", True), ("old/contacts", False), ("tacts", False), ("work", False)],
)
def test_a_repository_answers_to_the_end_of_its_path(repository, expected):
    assert is_called(CONTACTS.root, repository) is expected
