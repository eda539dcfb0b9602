"""The livereload.js for each livereload host, read from the package, a repository's node_modules or a named file."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from devserve.config.values import Service
from devserve.io.config.node import repository_folders
from devserve.live import script

MOST_BYTES = 2 * 1024 * 1024
LOG = logging.getLogger("devserve")


class Scripts:
    """The script for each livereload host; what is newer or named is looked for once, when a service is added."""

    def __init__(self, services: Iterable[Service] = ()) -> None:
        self._plugin = files("devserve.live").joinpath("plugin.js").read_bytes()
        self._stock = stock_script()
        self._own: dict[str, bytes] = {}
        for service in services:
            self.add(service)

    def __repr__(self) -> str:
        return f"<Scripts {len(self._own)} of their own>"

    def add(self, service: Service) -> None:
        """Look for a service's own script; of services that share a host the first one that has one counts."""
        if service.livereload_host not in self._own and (own := self._own_script(service)):
            self._own[service.livereload_host] = own

    def remove(self, service: Service) -> None:
        """Forget the script of a service's host; `add` it for the others that share the host."""
        self._own.pop(service.livereload_host, None)

    def of(self, livereload_host: str) -> bytes:
        """Return the script for a host, with our plugin in front."""
        return script.with_plugin(self._plugin, self._own.get(livereload_host, self._stock))

    def _own_script(self, service: Service) -> bytes:
        named = service.livereload.script
        if named is not None:
            return self._named(service, named)
        for folder in repository_folders(service.root):
            package = folder / script.PACKAGE
            version = script.version_of_package(_text(package / "package.json").decode(errors="replace"))
            if version > script.version_of_script(self._stock):
                return next(filter(None, (_text(package / file) for file in script.FILES)), b"")
        return b""

    def _named(self, service: Service, named: Path) -> bytes:
        found = _text(named)
        if not found:
            LOG.warning(
                "%s: %s cannot be read, so its pages get devserve's own livereload.js; mend script in"
                " [services.%s.livereload]",
                *(service.label, named, service.name),
            )
        return found


def stock_script() -> bytes:
    """Return the browser's script; the only use of the `livereload` package (DESIGN 4.7)."""
    return files("livereload").joinpath("vendors", "livereload.js").read_bytes()


def _text(file: Path) -> bytes:
    """Return what is in a file; nothing when it cannot be read, or is no script by its size."""
    try:
        return file.read_bytes() if file.stat().st_size <= MOST_BYTES else b""
    except OSError:
        return b""
