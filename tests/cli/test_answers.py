import io
from dataclasses import replace

import pytest
from rich.console import Console

from devserve.cli.answers import Progressing, show_routes, show_status, uptime
from devserve.cli.terminal import Terminal
from devserve.hub.choice import Known
from devserve.hub.orders import Leads, Outcome, Progress, Status

WEB = Status("web", "web", "/home/me/shop", "ready", "https://web.test/", "http://127.0.0.1:3001", 3001, 12, 75.0, 2)
API = Status(
    "api", "api", "/home/me/shop", "exited", "https://api.test/", "http://127.0.0.1:3002", 3002, problem="api: no"
)
FAR = Status("web", "web", "/home/me/far", "ready", "https://far.test/", "https://staging.example.com:443")


def terminal(**options) -> tuple[Terminal, io.StringIO]:
    output = io.StringIO()
    return Terminal(Console(file=output, **options)), output


def test_services_have_a_row_each_and_what_is_wrong_a_sentence():
    shown, output = terminal()
    show_status(shown, [Known(7, WEB), Known(7, API)])
    assert [line.split() for line in output.getvalue().splitlines()] == [
        ["name", "state", "address", "port", "pid", "up", "restarts"],
        ["web", "ready", "https://web.test/", "3001", "12", "1", "m", "15", "s", "2"],
        ["api", "exited", "https://api.test/", "3002"],
        ["api:", "no"],
    ]


def test_services_of_several_repositories_are_told_apart():
    shown, output = terminal()
    show_status(shown, [Known(7, WEB), Known(8, FAR)])
    _, one, other = (line.split() for line in output.getvalue().splitlines())
    assert one[:3] == ["shop/web", "shop", "ready"]
    assert other == ["far/web", "far", "ready", "https://far.test/", "https://staging.example.com:443"]


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (90, ["name", "repository", "state", "address", "port", "pid", "up", "restarts"]),
        (60, ["name", "repository", "state", "address", "port", "pid"]),
        (44, ["name", "state", "address", "port"]),
        (30, ["name", "state", "address"]),
    ],
)
def test_a_narrow_terminal_shows_less_instead_of_folding(width, columns):
    shown, output = terminal(width=width, force_terminal=True, color_system=None)
    show_status(shown, [Known(7, WEB), Known(8, replace(FAR, origin="", port=3002))])
    assert output.getvalue().splitlines()[0].split() == columns


def test_no_address_is_cut():
    long = Status("web", "web", "/shop", "ready", f"https://{'a' * 90}.test/", "", 3001)
    for options in ({}, {"width": 60, "force_terminal": True, "color_system": None}):
        shown, output = terminal(**options)
        show_status(shown, [Known(7, long)])
        assert output.getvalue().count("a") >= 90
        assert "…" not in output.getvalue()


def test_routes_are_shown_without_the_page_that_is_at_every_host():
    shown, output = terminal()
    own = Leads("https://web.test/.well-known/devserve-ca", "web.test", "/.well-known/devserve-ca", "devserve", "")
    live = Leads("https://livereload.web.test/", "livereload.web.test", "/", "devserve", "")
    show_routes(
        shown, [Leads("https://web.test/", "web.test", "/", "http://127.0.0.1:3001", "web", "/shop"), own, live]
    )
    assert [line.split() for line in output.getvalue().splitlines()] == [
        ["address", "service", "origin"],
        ["https://web.test/", "web", "http://127.0.0.1:3001"],
        ["https://livereload.web.test/", "devserve", "devserve"],
    ]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.4, "0 s"),
        (59.9, "59 s"),
        (60, "1 m 0 s"),
        (312, "5 m 12 s"),
        (3599, "59 m 59 s"),
        (11_040, "3 h 4 m"),
        (176_400, "2 d 1 h"),
    ],
)
def test_a_time_is_said_in_two_units(seconds, said):
    assert uptime(seconds) == said


def test_without_a_terminal_each_change_is_a_line():
    shown, output = terminal()
    with Progressing(shown) as progressing:
        for state, seconds in (("restarting", 0.0), ("starting", 1.0), ("starting", 2.0)):
            progressing.show("shop/web", Progress("web", state, seconds))
        progressing.end("shop/web", Outcome("web", ok=True, text="ready after 2.1 s"))
    assert output.getvalue().splitlines() == [
        "shop/web: restarting",
        "shop/web: starting",
        "shop/web: ready after 2.1 s",
    ]


def test_on_a_terminal_what_is_awaited_stands_in_one_line_that_goes():
    shown, output = terminal(force_terminal=True, width=80)
    with Progressing(shown) as progressing:
        progressing.show("web", Progress("web", "starting", 1.0))
        progressing.show("api", Progress("api", "starting", 2.0))
        progressing.end("web", Outcome("web", ok=False, text="no"))
        assert repr(progressing) == "<Progressing {'api': 'api: starting (2 s)'}>"
        progressing.end("api", Outcome("api", ok=True, text="ready"))
    assert "api: ready" in output.getvalue()
    assert output.getvalue().endswith("\x1b[?25h\r\x1b[1A\x1b[2K") or "\x1b[?25h" in output.getvalue()


def test_columns_of_plugins_come_last_and_leave_first():
    shown, output = terminal()
    web = replace(WEB, columns=(("owner", "ann"), ("name", "never")))
    show_status(shown, [Known(7, web), Known(7, API)])
    first = output.getvalue().splitlines()[0].split()
    assert first[-1] == "owner"
    assert "ann" in output.getvalue()
    assert "never" not in output.getvalue()
