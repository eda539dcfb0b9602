import io
import logging
import os
import re
import subprocess
import sys
import threading

import pytest
from rich.console import Console

from devserve.cli.terminal import Terminal, TerminalHandler
from devserve.doctor.findings import Finding, Verdict
from devserve.plugins.listing import Listed, ListedHook
from devserve.proxy.overview import Row
from devserve.run.lifecycle import State
from devserve.run.status import Standing, Status


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


def test_no_end_of_an_address_is_left_out_where_the_terminal_is_narrow():
    output = io.StringIO()
    row = Row("widget", "https://widget.shop.localhost:8443/", "37395", "ready in 0.3 s")
    Terminal(Console(file=output, width=40, force_terminal=True, color_system=None)).table([row])
    assert "…" not in output.getvalue()
    assert "ready in 0.3 s" in output.getvalue()


def test_what_is_found_is_not_folded_for_a_file_that_somebody_searches():
    output = io.StringIO()
    said = "/home/ada/.local/share/pki/nssdb does not hold the CA: " + "certutil says so; " * 20
    Terminal(Console(file=output, width=80)).findings([Finding("stores", "Chromium", Verdict.BROKEN, said)])
    assert said.strip() in output.getvalue()


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


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_services_line_and_the_status_line_are_written_at_once():
    written = []
    screen = Screen()
    screen.write = lambda text: written.append(text) if text else None  # type: ignore[method-assign]
    shown = Terminal(Console(file=screen, width=40, color_system=None, force_terminal=True))
    shown.status(Status((Standing("web", State.READY),)))
    shown.line("web", "hello")
    assert len(written) == 2
    assert "hello" in written[1]
    shown.status(None)
    shown.redraw()
    shown.note("bye")
    assert written[-1] == "bye\n"


def test_without_a_terminal_nothing_is_live():
    shown, output = terminal()
    assert not shown.is_live
    shown.status(None)
    shown.redraw()
    assert output.getvalue() == ""


PRINTS = """
import sys
from rich.console import Console
from devserve.cli.terminal import Terminal
shown = Terminal(Console(stderr=True))
sys.stdin.read()  # until the test has closed the pipe
for number in range(1000):
    STATEMENT
print("went on", file=OTHER, flush=True)
"""


@pytest.mark.parametrize(
    ("statement", "closed", "other"),
    [("shown.note(f'line {number}')", "stderr", "stdout"), ("shown.data(f'line {number}')", "stdout", "stderr")],
)
def test_when_nobody_reads_any_more_all_else_goes_on(statement, closed, other):
    source = PRINTS.replace("STATEMENT", statement).replace("OTHER", f"sys.{other}")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", source], env=dict(os.environ), text=True, **pipes) as process:
        getattr(process, closed).close()
        process.stdin.close()
        assert getattr(process, other).read() == "went on\n"
    assert process.returncode == 0


def test_in_the_background_all_is_written_by_the_end():
    shown, output = terminal()
    with shown.in_background():
        for number in range(100):
            shown.line("web", f"line {number}")
        shown.note("bye")
    assert output.getvalue() == "".join(f"web │ line {number}\n" for number in range(100)) + "bye\n"


def test_lines_that_a_terminal_is_too_slow_for_are_left_out_and_counted():
    stopped = threading.Event()

    class Stopped(io.StringIO):
        def write(self, text: str) -> int:
            if text:
                stopped.wait()
            return super().write(text)

    output = Stopped()
    shown = Terminal(Console(file=output, width=100))
    with shown.in_background():
        for _ in range(100_000):
            shown.line("web", "a flood")
        stopped.set()
    lines = output.getvalue().splitlines()
    counted = re.fullmatch(r"web │ … ([0-9,]+) lines are not shown", lines[-1])
    assert counted
    assert len(lines) - 1 + int(counted[1].replace(",", "")) == 100_000
    assert len(output.getvalue()) < 300_000


def test_plugins_are_shown_with_their_hooks_and_what_came_of_them():
    shown, output = terminal()
    hooks = (ListedHook("devserve_watch"), ListedHook("devserve_snippet", 3, 1.25))
    file = Listed("/y/ribbon.py", "/y/ribbon.py", "", "y", hooks[:1])
    shown.plugins([Listed("blue", "devserve-blue", "1.2", "x", hooks), Listed("[none]", "none", "0", "y"), file])
    lines = [line.split() for line in output.getvalue().splitlines()]
    assert lines == [
        ["plugin", "source", "hook", "calls", "ms"],
        ["x"],
        ["blue", "devserve-blue", "1.2", "watch"],
        ["snippet", "3", "1.25"],
        ["y"],
        ["[none]", "none", "0", "no", "hooks"],
        ["ribbon.py", "/y/ribbon.py", "watch"],
    ]
