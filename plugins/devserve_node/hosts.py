"""Which hosts a development server is told to answer, and how: by its environment, or by its arguments."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from devserve_node.installed import UNKNOWN, version_of, webpack_configuration

VITE_VARIABLE = (6, 1)  # from this version on there is its variable
VITE_SEVERAL = (8, 1)  # and takes more than one host
NEXT_REFUSES = (16, 2)  # before, it warns at most where allowedDevOrigins is not set
WEBPACK_ARGUMENTS = (4, 0)
WEBPACK = frozenset({"webpack", "webpack-dev-server"})
INSIDE_ANGULAR = "node_modules/@angular/build"  # it may have a Vite of its own
NEXT_ADAPTER = Path(__file__).with_name("next_adapter.mjs")
# Its client asks for its socket at the server's own port, unless it is told to ask where the page is from. webpack
# does not start with that argument where its configuration says `client: false`; what says more is left as it is.
PAGES_SOCKET = ("--client-web-socket-url", "auto://0.0.0.0:0/ws")
OWN_SOCKET = re.compile(r"webSocketURL|webSocketServer|\bclient\s*:\s*(?:true|false)")


def told(hosts: Sequence[str]) -> tuple[str, ...]:
    """Return the hosts that have to be told: each of these servers knows those below localhost."""
    return tuple(host for host in hosts if not host.endswith(".localhost"))


def variables(dev_server: str, hosts: Sequence[str], folder: Path) -> Mapping[str, str]:
    """Return the variables that allow hosts. Vite's is its own door for tools around it, whatever is built on it."""
    found, strange = {}, told(hosts)
    if taken := taken_by_vite(dev_server, strange, folder):
        found["__VITE_ADDITIONAL_SERVER_ALLOWED_HOSTS"] = ",".join(taken)
    if dev_server == "ng":  # its server-side rendering knows no host, and may take these in place of its own
        found["NG_ALLOWED_HOSTS"] = ",".join((*hosts, "localhost"))
    if dev_server == "next" and strange and version_of("next", folder) >= NEXT_REFUSES:
        found |= {"NEXT_ADAPTER_PATH": str(NEXT_ADAPTER), "DEVSERVE_HOSTS": ",".join(strange)}
    return found


def taken_by_vite(dev_server: str, hosts: Sequence[str], folder: Path) -> Sequence[str]:
    """Return the hosts that Vite takes from its variable; where it is not found, those that each version takes."""
    version = version_of("vite", folder / INSIDE_ANGULAR if dev_server == "ng" else folder)
    if version >= VITE_SEVERAL:
        return hosts
    may_read = version >= VITE_VARIABLE or (version == UNKNOWN and dev_server)
    return hosts[:1] if may_read else ()


def takes_arguments(dev_server: str, folder: Path) -> bool:
    """Tell whether a server is told its hosts by arguments."""
    return dev_server in WEBPACK and version_of("webpack-dev-server", folder) >= WEBPACK_ARGUMENTS


def arguments(hosts: Sequence[str], folder: Path) -> tuple[str, ...]:
    """Return the arguments of webpack that allow hosts, and that have its pages find its socket."""
    allowed = tuple(word for host in told(hosts) for word in ("--allowed-hosts", host))
    return allowed if OWN_SOCKET.search(webpack_configuration(folder)) else (*allowed, *PAGES_SOCKET)
