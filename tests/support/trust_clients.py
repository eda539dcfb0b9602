"""The clients of a developer's machine, each with the trust that it finds by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from support.certificates import need
from support.fleet_home import Home
from support.private_system import System, plain_environment
from support.verifiers import JAVA, jdk

NODE = """
require('https').get(process.argv[1], (answer) => { console.log(answer.statusCode); answer.resume(); })
  .on('error', (error) => { console.error(error.message); process.exitCode = 1; });
"""
PYTHON = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).status)"


@dataclass(frozen=True)
class Clients:
    """Where the clients run, and whose page they ask for."""

    system: System
    home: Home
    folder: Path
    url: str

    def accepts(self, command: list[str | Path]) -> str:
        """Return nothing when a client accepts the page's certificate, or else its complaint."""
        done = self.system.run(command, self.folder, plain_environment(self.home))
        return "" if done.returncode == 0 else f"{done.stderr}{done.stdout}"

    def curl(self) -> str:
        return self.accepts([need("curl", "curl"), "--silent", "--show-error", "--fail", "--noproxy", "*", self.url])

    def git(self) -> str:
        return self.accepts([need("git", "git"), "ls-remote", f"{self.url}repository.git"])

    def python(self) -> str:
        """The system's Python: others may bring roots of their own."""
        return self.accepts([need("/usr/bin/python3", "python3", needed=False), "-c", PYTHON, self.url])

    def node(self) -> str:
        """Node with the system's roots: what it brings itself never knows a local one."""
        return self.accepts([need("node", "nodejs", needed=False), "--use-openssl-ca", "-e", NODE, self.url])

    def java(self) -> str:
        (self.folder / "Probe.java").write_text(JAVA)
        return self.accepts([jdk() / "bin/java", "Probe.java", self.url])

    def nss(self, database: Path) -> str:
        """NSS itself, with a browser's database."""
        where = urlsplit(self.url)
        tstclnt = [need("tstclnt", "libnss3-tools"), "-h", str(where.hostname), "-p", str(where.port)]
        return self.accepts([*tstclnt, "-d", f"sql:{database}", "-Q"])


BY_THE_SYSTEM: dict[str, Callable[[Clients], str]] = {
    "curl": Clients.curl,
    "git": Clients.git,
    "Python": Clients.python,
    "Node": Clients.node,
    "Java": Clients.java,
}
