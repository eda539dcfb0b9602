from datetime import date

import pytest
from pydantic import ValidationError

from devserve.config.mistakes import Mistake, general, in_order, instead, mistake_of, shown, subject, table_name
from devserve.config.positions import locate
from devserve.config.tables import Document


def mistakes_in(data: dict[str, object]) -> list[Mistake]:
    with pytest.raises(ValidationError) as caught:
        Document.model_validate(data)
    return [mistake_of(error) for error in caught.value.errors()]


def test_an_unknown_key_is_placed_at_itself():
    (mistake,) = mistakes_in({"services": {"web": {"comand": "npm start"}}})
    assert mistake == Mistake(
        ("services", "web", "comand"), 'unknown key "comand" in [services.web]; did you mean "command"?'
    )


def test_a_wrong_name_is_placed_at_the_key_that_has_it():
    (mistake,) = mistakes_in({"services": {"Web": {}}})
    assert mistake.location == ("services", "Web")


@pytest.mark.parametrize(
    ("location", "name"),
    [
        (("services", "web"), "[services.web]"),
        (("services", "web", "watch", 0), "[[services.web.watch]]"),
        (("services", "my shop", "env"), '[services."my shop".env]'),
    ],
)
def test_a_table_is_named_as_its_header_is_written(location, name):
    assert table_name(location) == name


@pytest.mark.parametrize(
    ("location", "words"),
    [
        (("services",), '"services" at the top level'),
        (("project", "domain"), '"domain" in [project]'),
        (("services", "web", "watch", 1, "paths", 0), 'item 1 of "paths" in [[services.web.watch]]'),
    ],
)
def test_a_key_is_named_with_its_table(location, words):
    assert subject(location) == words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("ü", '"ü"'),
        (True, "true"),
        (1.5, "1.5"),
        ([1, "a", {}, 4], '[1, "a", a table, …]'),
        ({"a": 1}, "a table"),
        (date(1979, 5, 27), "1979-05-27"),
        ("x" * 99, '"' + "x" * 58 + "…"),
    ],
)
def test_a_value_is_shown_as_toml_has_it(value, text):
    assert shown(value) == text


@pytest.mark.parametrize(
    ("location", "value"),
    [(("services", "web", "env", "TOKEN"), "a"), (("services", "web", "upstream"), "http://user:secret@host")],
)
def test_what_may_be_secret_is_not_shown(location, value):
    assert instead(location, value) == ""


def test_a_location_without_what_differs_between_files():
    assert general(("services", "web", "watch", 3)) == ("services", "NAME", "watch", 0)


def test_mistakes_are_ordered_by_line_and_column_and_said_once():
    positions = locate("b = 1\n" * 1 + "a = 1\n" + "\n" * 8 + "c = 1\n")
    mistakes = [Mistake(("c",), "three"), Mistake(("a",), "two"), Mistake(("a",), "two"), Mistake(("b",), "one")]
    assert in_order(mistakes, positions, "f") == ["f:1:1: one", "f:2:1: two", "f:11:1: three"]
