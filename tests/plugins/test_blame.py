import json

import pytest

from devserve.http1 import Headers
from devserve.plugins.blame import blame, place_of


def raised(call):
    with pytest.raises(BaseException) as found:  # noqa: PT011  # whatever it is
        call()
    return found.value


def test_the_place_is_the_plugins_own_line_not_that_of_what_it_called():
    here = __file__
    first = raised(lambda: json.loads("{"))
    assert blame(first, here).startswith(f"{here}:")
    assert "decoder.py" in blame(first)
    assert blame(raised(lambda: Headers([(b"a b", b"")]))).startswith(f"{here}:")


def test_a_syntax_error_has_the_place_that_it_names():
    error = raised(lambda: compile("def (", "plugin.py", "exec"))
    assert blame(error) == "plugin.py:1: SyntaxError: invalid syntax"


def test_an_error_without_a_place_is_said_alone():
    assert blame(KeyError("x")) == "KeyError: 'x'"


@pytest.mark.filterwarnings("ignore")
def test_a_function_is_found_below_its_decorators():
    place = place_of(decorated)
    lines = open(__file__).read().splitlines()  # noqa: SIM115, PTH123
    assert "def decorated" in lines[int(place.rpartition(":")[2]) - 1]


@pytest.mark.parametrize("x", [1])
@pytest.mark.parametrize("y", [1])
def decorated(x, y): ...
