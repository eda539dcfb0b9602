"""The example fleet while `devserve run` serves it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from support.fleet_client import Answer, ask
from support.fleet_home import Home
from support.fleet_running import Running

FLEET = ("web", "contacts", "dashboard", "docs")


@dataclass(frozen=True)
class Stage:
    """The fleet, served."""

    home: Home
    folder: Path
    running: Running
    https_port: int
    http_port: int
    ca: Path

    def url(self, name: str, path: str = "/") -> str:
        """Return the https URL of a service by its host's first label."""
        return f"https://{name}.fleet.localhost:{self.https_port}{path}"

    def ask(self, name: str, path: str = "/", **fields: str) -> Answer:
        """Return a service's answer to a client that is no browser."""
        return ask(self.url(name, path), self.ca, **fields)

    def edit(self, file: str, old: str, new: str) -> None:
        """Save a file of the fleet with one passage changed, in one write."""
        path = self.folder / file
        text = path.read_text()
        assert old in text, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new))


def export_ca(home: Home, fleet: Path) -> Path:
    """Return a file with the public certificate of the home's CA."""
    exported = home.devserve("ca", "export", cwd=fleet)
    assert exported.returncode == 0, exported.stderr
    ca = home.path / "exported.pem"
    ca.write_text(exported.stdout)
    return ca
