import io
import logging

from rich.console import Console

from devserve.doctor.findings import Finding, Verdict
from devserve.proxy.overview import Row
from devserve.terminal import Terminal, TerminalHandler


def terminal(**options) -> tuple[Terminal, io.StringIO]:
    output = io.StringIO()
    return Terminal(Console(file=output, width=100, **options)), output


def test_a_services_line_stands_behind_its_name():
    shown, output = terminal()
    shown.names(["web", "contacts"])
    shown.line("web", "hello [bold]not markup[/bold]")
    assert output.getvalue() == "web      │ hello [bold]not markup[/bold]\n"


def test_a_services_own_colours_are_kept_on_a_terminal_only():
    for options, expected in (({}, False), ({"force_terminal": True, "color_system": "standard"}, True)):
        shown, output = terminal(**options)
        shown.line("web", "\x1b[31mred\x1b[0m")
        assert ("\x1b[31m" in output.getvalue()) is expected


def test_a_long_line_is_not_broken():
    shown, output = terminal()
    shown.line("web", "x" * 500)
    assert "x" * 500 in output.getvalue()


def test_the_table_has_name_address_port_and_state():
    shown, output = terminal()
    shown.table([Row("web", "https://web.test/", "3001", "ready")])
    assert output.getvalue().split() == [
        "name",
        "address",
        "port",
        "state",
        "web",
        "https://web.test/",
        "3001",
        "ready",
    ]


def test_log_records_are_sentences():
    shown, output = terminal()
    logger = logging.Logger("test")
    logger.addHandler(TerminalHandler(shown))
    logger.warning("web: %s", "[x] happened")
    assert output.getvalue() == "web: [x] happened\n"


def test_findings_are_grouped_each_with_its_fix_and_absent_clients_make_no_noise():
    shown, output = terminal()
    shown.findings(
        [
            Finding("stores", "Firefox", Verdict.ABSENT, "not on this machine"),
            Finding("stores", "system", Verdict.GOOD, "holds the CA"),
            Finding("clients", "node", Verdict.BROKEN, "refuses [it]", "Run `devserve setup`"),
        ]
    )
    text = output.getvalue()
    assert "Firefox" not in text
    assert "refuses [it]" in text
    assert "→ Run `devserve setup`" in text
    assert "1 broken" in text


def test_when_nothing_is_broken_that_is_said():
    shown, output = terminal()
    shown.findings([Finding("stores", "system", Verdict.NOTE, "x")])
    assert "nothing is broken" in output.getvalue()
