"""Takes the pictures of docs/pictures, of the example fleet as it runs: make docs-screenshots."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from support.browser_drive import Seen, chromium, watched
from support.browser_find import need_browser
from support.fleet_home import DEVSERVE, Home, copy_of_fleet, new_home
from support.fleet_running import turn_at, until
from support.terminals import OnTerminal, on_terminal

FOLDER = Path(__file__).parent / "pictures"
MOST = 150 * 1024  # bytes of one picture
WIDE = {"width": 1180, "height": 820}
COLUMNS, LINES = 124, 60
LOW = {"width": 900, "height": 420}
TYPED = "~/fleet$ devserve run"
QUESTION = "May it run? [y/N]: "
READY = "all 4 services ready in "
ERASE = "\r\x1b[J"  # before the status line is drawn anew
NO_COLOR = re.compile(r"\x1b\[[0-9;?]*[A-Za-ln-z]|\x1b\]8;[^\x1b]*\x1b\\")  # control sequences but colours
FACE = re.compile(r"@font-face \{.*?\}", re.DOTALL)  # of another site
HOME = "/home/ann"
BROKEN = 'raise SystemExit("harbour.json: line 3: no such field: peir")\n'
THEME = TerminalTheme(
    (28, 32, 40), (230, 233, 240),
    [(28, 32, 40), (240, 113, 120), (126, 200, 120), (240, 176, 80), (110, 170, 250), (200, 140, 240), (90, 200, 210),
     (200, 205, 215)],
    [(120, 130, 150), (255, 140, 145), (150, 225, 145), (255, 200, 110), (140, 190, 255), (220, 165, 255),
     (120, 220, 230), (255, 255, 255)],
)  # fmt: skip


@dataclass
class Stage:
    """The fleet as it runs, and the browser."""

    fleet: Path
    terminal: OnTerminal
    browser: BrowserContext
    port: str
    into: Path

    def url(self, name: str, path: str = "/") -> str:
        """Return an address, by the host's first label."""
        host = name if "." in name else f"{name}.fleet.localhost"
        return f"https://{host}{self.port}{path}"

    @contextmanager
    def page(self, name: str, path: str = "/", scheme: str = "light") -> Iterator[tuple[Page, Seen]]:
        """Open a page, in light or dark."""
        page = self.browser.new_page()
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]  # it is one
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        seen = watched(page)
        page.goto(self.url(name, path))
        yield page, seen
        page.close()

    def keep(self, page: Page, name: str) -> None:
        """Keep what a page shows."""
        page.screenshot(path=self.into / name, scale="css", animations="disabled")


def terminal(stage: Stage) -> None:
    """The first run, in the terminal."""
    rows = [row.rpartition(ERASE)[2] for row in stage.terminal.raw.replace("\r\n", "\n").split("\n")]
    shown = NO_COLOR.sub("", "\n".join([TYPED, *rows])).replace(str(stage.fleet.parent), HOME)
    with Path(os.devnull).open("w") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True, color_system="truecolor")
        console.print(Text.from_ansi(shown))
        drawing = console.export_svg(title="devserve run", theme=THEME, unique_id="terminal")
    (stage.into / "first-run.svg").write_text(FACE.sub("", drawing))


def dashboard(stage: Stage) -> None:
    """The services, in light and dark, the requests and the reloads: with pages that load and a file that is saved."""
    with stage.page("devserve.localhost", "/#services") as (board, _), stage.page("web") as (web, seen):
        seen.until(lambda: seen.greeted, "the page is connected")
        for _ in range(4):
            web.reload(wait_until="networkidle")
        board.get_by_role("link", name="Reloads").click()
        for file in ("web/static/style.css", "contacts/server.py"):
            with (stage.fleet / file).open("a") as saved:
                saved.write("\n")
            expect(board.get_by_role("heading", name=file.partition("/")[2])).to_be_visible()
        expect(board.get_by_text("loaded itself").first).to_be_visible()
        stage.keep(board, "reloads.png")
        board.get_by_role("link", name="Requests").click()
        expect(board.get_by_text("/static/style.css").first).to_be_visible()
        board.set_viewport_size({**WIDE, "height": 620})  # type: ignore[arg-type]  # it is one
        stage.keep(board, "requests.png")
        board.set_viewport_size(WIDE)  # type: ignore[arg-type]  # it is one
        board.get_by_role("link", name="Services").click()
        for scheme in ("light", "dark"):
            board.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # it is one
            stage.keep(board, f"dashboard-{scheme}.png")


def failures(stage: Stage) -> None:
    """What lies over a page whose service has ended, and the page of one that is down."""
    with stage.page("web") as (page, seen):
        seen.until(lambda: seen.greeted, "the page is connected")
        (stage.fleet / "web/server.py").write_text(BROKEN)
        expect(page.get_by_role("alert")).to_contain_text("peir")
        stage.keep(page, "overlay.png")
    with stage.page("web", scheme="dark") as (page, _):
        expect(page.get_by_role("heading", level=1)).to_have_text("web is down")
        page.set_viewport_size(LOW)  # type: ignore[arg-type]  # it is one
        stage.keep(page, "failure.png")


PICTURES: tuple[Callable[[Stage], None], ...] = (terminal, dashboard, failures)


def take(into: Path, port: int = 443) -> None:
    """Run the fleet and take every picture. Raises AssertionError when something does not come."""
    into.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place, turn_at(port):
        home, fleet = new_home(Path(place)), copy_of_fleet(Path(place))
        setup = home.devserve("setup", "--yes", "--store", "nss", cwd=fleet)
        assert setup.returncode == 0, setup.stderr
        with running(home, fleet, port) as shown, chromium(need_browser(), home) as browser:
            for picture in PICTURES:
                picture(Stage(fleet, shown, browser, "" if port == 443 else f":{port}", into))
            shown.type("q")
            until(lambda: shown.process.poll() is not None, "devserve ends")


@contextmanager
def running(home: Home, fleet: Path, port: int) -> Iterator[OnTerminal]:
    """Run the fleet as a person does for the first time: by a yes to each question."""
    ports = () if port == 443 else ("--https-port", str(port), "--http-port", "0")
    size, environment = (LINES, COLUMNS), {**home.environment, "FORCE_COLOR": "1", "COLORTERM": "truecolor"}
    with on_terminal(DEVSERVE, "run", *ports, cwd=fleet, env=environment, size=size) as shown:
        for count in range(1, 4):
            shown.wait_for(lambda count=count: shown.text.count(QUESTION) == count)
            shown.type("y\r")
        shown.wait_for(lambda: re.search(rf"{READY}.*\n.*ready ", shown.text))
        yield shown


def main() -> None:
    """Take the pictures again."""
    with suppress(KeyboardInterrupt):
        take(FOLDER)


if __name__ == "__main__":
    main()
