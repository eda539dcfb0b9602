"""A machine to set up: an empty home, real NSS databases, a system of its own below a folder, and a user's sudo."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from devserve.ca.authority import Subject, create
from devserve.ca.facts import Facts
from devserve.ca.provisions import Kind, Outcome, State
from devserve.io.ca import trust
from support.certificates import need

PROFILES = "[Profile0]\nPath=abc.default\nIsRelative=1\n[Profile1]\nPath=def.work\nIsRelative=1\n"
# Debian's own command, told to keep to our folder.
UPDATE = """#!/bin/sh
exec /usr/sbin/update-ca-certificates --certsconf {root}/ca-certificates.conf --hooksdir {root}/hooks \
  --localcertsdir {root}/usr/local/share/ca-certificates --etccertsdir {root}/etc/ssl/certs "$@"
"""
# A stand-in for Windows: its store is a folder of certificates, named by their SHA-1.
CERTUTIL_EXE = """#!/bin/sh
mkdir -p '{store}'
[ "$2" = -store ] || printf '%s\\n' "$*" >> '{log}'
case "$2" in
-store) ls '{store}' ;;
-addstore)
  file="${{4#*Debian}}"
  name=$(openssl x509 -in "$file" -noout -fingerprint -sha1 | cut -d= -f2 | tr -d : | tr A-F a-f)
  cp "$file" '{store}'/"$name" ;;
-delstore) rm '{store}'/"$4" ;;
esac
"""
SYSCTL = """#!/bin/sh
echo "${{2##*=}}" > {root}/proc/sys/net/ipv4/ip_unprivileged_port_start
"""


@dataclass
class Machine:
    """A home and a system below a temporary folder."""

    folder: Path
    announced: list[str] = field(default_factory=list)

    @property
    def user(self) -> Path:
        return self.folder / "Ann O'Ther.d"

    @property
    def home(self) -> Path:
        """devserve's own folder."""
        return self.user / ".devserve"

    @property
    def root(self) -> Path:
        return self.folder / "system"

    @property
    def chromium(self) -> Path:
        return self.user / ".local/share/pki/nssdb"

    @property
    def anchors(self) -> Path:
        return self.root / "usr/local/share/ca-certificates"

    @property
    def bundle(self) -> Path:
        return self.root / "etc/ssl/certs/ca-certificates.crt"

    def facts(self) -> Facts:
        return trust.survey(self.root)

    def command(self, name: str, script: str) -> None:
        """Put a command in front of the PATH."""
        path = self.folder / "bin" / name
        path.write_text(script)
        path.chmod(0o755)

    def firefox(self, *profiles: str, password: str = "") -> list[Path]:
        """Make profiles of Firefox with databases."""
        parent = self.user / ".mozilla/firefox"
        parent.mkdir(parents=True, exist_ok=True)
        (parent / "profiles.ini").write_text(PROFILES)
        for profile in profiles:
            (parent / profile).mkdir()
            (parent / "password").write_text(f"{password}\n")
            kind = ("-f", str(parent / "password")) if password else ("--empty-password",)
            certutil(parent / profile, "-N", *kind)
        return [parent / profile for profile in profiles]

    def debian(self) -> None:
        """Make the system a Debian one that trusts a root of the company's."""
        if not Path("/usr/sbin/update-ca-certificates").exists():
            pytest.skip("no update-ca-certificates here")
        for folder in ("usr/local/share/ca-certificates", "etc/ssl/certs", "hooks"):
            (self.root / folder).mkdir(parents=True)
        (self.root / "ca-certificates.conf").touch()
        company = create(Subject("Company", "it", "server"), ["company.test"], datetime.now(UTC))
        (self.anchors / "company.crt").write_bytes(company.root.pem)
        self.command("update-ca-certificates", UPDATE.format(root=self.root))
        subprocess.run(["update-ca-certificates"], check=True, capture_output=True, timeout=30)

    def java(self) -> Path:
        """Give the system a JDK that trusts a root of the company's; return its file of trusted roots."""
        own = need("keytool", "default-jre-headless", needed=False)
        jdk = self.root / "usr/lib/jvm/jdk-21"
        (jdk / "lib/security").mkdir(parents=True)
        (jdk / "bin").mkdir()
        (jdk / "bin/keytool").symlink_to(own)
        cacerts = jdk / "lib/security/cacerts"
        company = create(Subject("Company", "it", "server"), ["company.test"], datetime.now(UTC))
        keytool(cacerts, "-importcert", "-noprompt", "-alias", "company", stdin=company.root.pem)
        return cacerts

    def windows(self) -> Path:
        """Let the system lie beside Windows; return what its certutil.exe was told."""
        (self.root / "proc/sys/kernel").mkdir(parents=True)
        (self.root / "proc/sys/kernel/osrelease").write_text("5.15-microsoft-standard-WSL2\n")
        self.command("wslpath", "#!/bin/sh\nprintf '\\\\\\\\wsl.localhost\\\\Debian%s\\n' \"$2\"\n")
        self.command("certutil.exe", CERTUTIL_EXE.format(log=self.folder / "windows.log", store=self.folder / "store"))
        return self.folder / "windows.log"

    def closed_ports(self) -> Path:
        """Make the system one whose low ports are root's; return the kernel's value."""
        value = self.root / "proc/sys/net/ipv4/ip_unprivileged_port_start"
        value.parent.mkdir(parents=True)
        value.write_text("1024\n")
        (self.root / "etc/sysctl.d").mkdir(parents=True)
        self.command("sysctl", SYSCTL.format(root=self.root))
        return value

    def files(self) -> dict[str, bytes]:
        """Return every file and what is in it."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes() for path in self.folder.rglob("*") if path.is_file()
        }


def new_machine(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Return a machine whose user is the one who runs the tests."""
    need("certutil", "libnss3-tools")
    machine = Machine(folder)
    machine.home.mkdir(parents=True, mode=0o700)
    machine.root.mkdir()
    (folder / "bin").mkdir()
    machine.command("sudo", '#!/bin/sh\nshift\nexec "$@"\n')  # a user with a password typed already
    monkeypatch.setenv("HOME", str(machine.user))
    monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "JAVA_HOME", "WSL_DISTRO_NAME"):
        monkeypatch.delenv(name, raising=False)
    return machine


def certutil(database: Path, *arguments: str, stdin: bytes = b"") -> str:
    """Run certutil on a database; return its output."""
    done = subprocess.run(
        ["certutil", "-d", f"sql:{database}", *arguments], input=stdin, capture_output=True, timeout=30, check=True
    )
    return done.stdout.decode()


def keytool(cacerts: Path, *arguments: str, stdin: bytes = b"") -> str:
    """Run keytool on a file of trusted roots, to list it if nothing else is said; return its output."""
    command = ["keytool", *(arguments or ("-list",)), "-keystore", str(cacerts), "-storepass", "changeit"]
    return subprocess.run(command, input=stdin, capture_output=True, timeout=30, check=True).stdout.decode()


def states(outcomes: Iterable[Outcome]) -> list[tuple[Kind, State]]:
    """Return what came of what."""
    return [(outcome.kind, outcome.state) for outcome in outcomes]
