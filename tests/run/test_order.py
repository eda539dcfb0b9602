from pathlib import Path

import pytest

from devserve.config.values import Service
from devserve.errors import ServiceError
from devserve.run.order import dependents, start_order


def services(**needs):
    return [
        Service(name=name, root=Path("/r"), host=f"{name}.localhost", needs=tuple(needed.split()))
        for name, needed in needs.items()
    ]


@pytest.mark.parametrize(
    ("needs", "order"),
    [
        ({}, []),
        ({"b": "", "a": "", "c": ""}, ["b", "a", "c"]),
        ({"a": "b", "b": "c", "c": ""}, ["c", "b", "a"]),
        ({"web": "api auth", "api": "db", "auth": "db", "db": ""}, ["db", "api", "auth", "web"]),
        ({"a": "b b", "b": ""}, ["b", "a"]),
    ],
)
def test_a_service_starts_after_what_it_needs_and_else_in_the_order_of_the_file(needs, order):
    assert list(start_order(services(**needs))) == order


def test_each_service_is_given_with_what_it_waits_for():
    assert start_order(services(web="api", api="")) == {"api": (), "web": ("api",)}


def test_services_of_one_name_are_told_apart_by_their_repositories():
    shop, contacts = (
        Service("api", Path(folder), "api.test", repository=folder, shares_name=True, needs=needs)
        for folder, needs in (("shop", ("contacts/api",)), ("contacts", ()))
    )
    assert start_order([shop, contacts]) == {"contacts/api": (), "shop/api": ("contacts/api",)}


@pytest.mark.parametrize(
    ("needs", "sentence"),
    [
        ({"a": "b", "b": "a"}, r"a needs b needs a|b needs a needs b"),
        ({"a": "a"}, r"a needs a"),
        ({"x": "", "a": "b", "b": "c", "c": "a"}, r"a needs b needs c needs a|b needs c.* needs b|c needs a.* needs c"),
        ({"web": "api"}, r'^web: it needs "api", which is not started here\. Add \[services\.api\]'),
    ],
)
def test_refuses_needs_that_cannot_be_met(needs, sentence):
    with pytest.raises(ServiceError, match=sentence):
        start_order(services(**needs))


@pytest.mark.parametrize(
    ("needs", "found"),
    [
        ({}, {}),
        ({"a": "", "b": ""}, {"a": (), "b": ()}),
        ({"web": "shared", "shared": ""}, {"shared": ("web",), "web": ()}),
        ({"shop": "web", "web": "shared", "shared": ""}, {"shared": ("web", "shop"), "web": ("shop",), "shop": ()}),
        (
            {"shop": "web api", "web": "db", "api": "db", "db": ""},
            {"db": ("web", "api", "shop"), "web": ("shop",), "api": ("shop",), "shop": ()},
        ),
    ],
)
def test_what_needs_a_service_comes_after_it_in_order(needs, found):
    assert dependents(start_order(services(**needs))) == found
