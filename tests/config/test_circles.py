import pytest

from devserve.config.circles import circles


@pytest.mark.parametrize(
    ("needs", "found"),
    [
        ({}, []),
        ({"a": ("b",), "b": ("c",), "c": ()}, []),
        ({"a": ("b", "c"), "b": ("c",), "c": ()}, []),
        ({"a": ("a",)}, [("a",)]),
        ({"a": ("b",), "b": ("a",)}, [("a", "b")]),
        ({"c": ("a",), "b": ("c",), "a": ("b",)}, [("c", "a", "b")]),
        ({"a": ("b",), "b": ("a",), "c": ("d",), "d": ("c",)}, [("a", "b"), ("c", "d")]),
        ({"a": ("a", "b"), "b": ("a",)}, [("a",), ("a", "b")]),
        ({"a": ("b", "b"), "b": ("a",)}, [("a", "b"), ("a", "b")]),
    ],
)
def test_each_circle_is_found_from_its_first_service_on(needs, found):
    assert sorted(circles(needs)) == found
