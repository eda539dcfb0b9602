import pytest

from devserve.config.syntax import data_of
from devserve.errors import ConfigError


def test_toml_is_data():
    assert data_of('[a]\nb = [1, "c"]\n', "f") == {"a": {"b": [1, "c"]}}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a = b\n", "f:1:5: not TOML: invalid value; text needs quotes, and true and false are in lower case"),
        ("a = [\n", "f:2:1: not TOML: the text ends where a value must stand; write it, or the ] or } that is missing"),
        ('a = { b = 1 }\na.c = "d"\n', "f:2:10: not TOML: [a] is there already; put its keys into the first one"),
        ("[a.b]\n[a.b]\n", "f:2:5: not TOML: [a.b] is there already; put its keys into the first one"),
    ],
)
def test_where_the_text_stops_being_toml_is_one_problem(text, problem):
    with pytest.raises(ConfigError) as caught:
        data_of(text, "f")
    assert caught.value.problems == (problem,)
