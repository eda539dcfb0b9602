import click
import pytest
from click.testing import CliRunner

from devserve.cli import options


@pytest.mark.parametrize(
    ("option", "arguments", "value"),
    [
        ("HTTPS_PORT", (), 443),
        ("HTTPS_PORT", ("--https-port", "8443"), 8443),
        ("HTTPS_PORT", ("--https-port", "0"), None),
        ("HTTP_PORT", (), 80),
        ("HTTP_PORT", ("--http-port", "0"), 0),
        ("HTTP_PORT", ("--http-port", "65536"), None),
        ("JSON", (), False),
        ("JSON", ("--json",), True),
        ("YES", (), False),
        ("YES", ("--yes",), True),
        ("STRICT", (), False),
        ("STRICT", ("--strict-plugins",), True),
    ],
)
def test_each_has_its_default_and_its_bounds(option, arguments, value):
    @click.command()
    @getattr(options, option)
    def command(**given: object) -> None:
        (came,) = given.values()
        click.echo(repr(came))

    result = CliRunner().invoke(command, list(arguments))
    assert result.exit_code == (2 if value is None else 0)
    assert value is None or result.stdout == f"{value!r}\n"
