"""Java's trust stores: the file cacerts of each JDK, changed with keytool."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from devserve.ca.facts import Facts
from devserve.ca.provisions import Kind, Provision
from devserve.ca.root import Root
from devserve.ca.steps import Run
from devserve.ca.trust import linux_system

CACERTS = Path("lib/security/cacerts")
KEYTOOL = "keytool"
VARIABLE = "JAVA_HOME"
HINT = "Restart Java programs"
CAUTION = "Java does not heed the limits of a root: if its key is ever stolen, run `devserve teardown`"
PASSWORD = ("-storepass", "changeit")  # what every JDK ships; it protects nothing
BELOW_ROOT = (  # folders that hold JDKs, by package, by hand, by macOS's convention
    ("usr/lib/jvm", "*"),
    ("usr/java", "*"),
    ("opt", "*jdk*"),
    ("Library/Java/JavaVirtualMachines", "*/Contents/Home"),
)
BELOW_HOME = (  # by SDKMAN, IntelliJ IDEA, asdf, mise
    (".sdkman/candidates/java", "*"),
    (".jdks", "*"),
    (".asdf/installs/java", "*"),
    (".local/share/mise/installs/java", "*"),
    ("Library/Java/JavaVirtualMachines", "*/Contents/Home"),
)
# Debian's JDKs share this file. A hook of update-ca-certificates adds to it under this alias, but never removes.
DEBIAN = Path("etc/ssl/certs/java/cacerts")
DEBIAN_ALIAS = "debian:{}.pem"
# Written anew from the system's store by its refresh: what keytool put there would be lost.
SHARED = (
    (Path("etc/pki/ca-trust/extracted/java/cacerts"), Path("etc/pki/ca-trust")),
    (Path("etc/ca-certificates/extracted/java-cacerts.jks"), Path("etc/ca-certificates/extracted")),
    (Path("var/lib/ca-certificates/java-cacerts"), Path("var/lib/ca-certificates")),
)


def globs(facts: Facts) -> Iterator[tuple[Path, str]]:
    """Return the folders, and the patterns below them, in which JDKs' files are looked for."""
    homes = [
        *((facts.root / folder, pattern) for folder, pattern in BELOW_ROOT),
        *((facts.home / folder, pattern) for folder, pattern in BELOW_HOME),
    ]
    told = Path(facts.environment.get(VARIABLE, ""))
    if told.name:
        homes.append((told.parent, told.name))
    for folder, pattern in homes:
        for file in (CACERTS, Path("jre") / CACERTS, Path("bin") / KEYTOOL, Path("jre/bin") / KEYTOOL):
            yield folder, f"{pattern}/{file}"


def places(facts: Facts) -> Iterator[Path]:
    """Return the paths whose existence `stores` asks about."""
    yield from (facts.root / sign for _, sign in SHARED)


def stores(facts: Facts, root: Root) -> tuple[Provision, ...]:
    """Return the file of each JDK; of those that share one, once; none that the system's store fills."""
    refreshed = {
        facts.root / shared for shared, sign in SHARED if facts.root / sign in facts.paths and _has_system(facts, root)
    }
    found = dict.fromkeys(real for file, real in sorted(facts.matches.items()) if file.name == CACERTS.name)
    return tuple(store(place, facts, root) for place in found if place not in refreshed)


def store(place: Path, facts: Facts, root: Root) -> Provision:
    """Return the steps for a file of trusted roots."""
    keytool = _keytool(place, facts)
    needs_root = place not in facts.writable
    shared = place == facts.root / DEBIAN
    alias = ("-alias", DEBIAN_ALIAS.format(root.file_name) if shared else root.file_name)
    return Provision(
        kind=Kind.JAVA,
        title=f"Java ({_home(place, facts).name})",
        place=place,
        sha256=root.sha256,
        evidence=root.pem.decode(),
        install=(
            Run(
                (keytool, "-importcert", "-noprompt", "-keystore", str(place), *PASSWORD, *alias),
                stdin=root.pem,
                stdin_name="the CA's certificate",
                needs_root=needs_root,
            ),
        ),
        look_up=(
            Run(("test", "-r", str(place))),
            Run((keytool, "-list", "-rfc", "-keystore", str(place), *PASSWORD, *alias)),
        ),
        remove=(Run((keytool, "-delete", "-keystore", str(place), *PASSWORD, *alias), needs_root=needs_root),),
        obstacle="" if keytool else "keytool, which changes this store, is not installed",
        fix="" if keytool else "Install a JDK, or set JAVA_HOME to one, then `devserve setup`",
        wanted=False,
        hint=HINT,
        caution=CAUTION,
    )


def _has_system(facts: Facts, root: Root) -> bool:
    return any(not store.obstacle for store in linux_system.stores(facts, root))


def _home(place: Path, facts: Facts) -> Path:
    file = next((file for file, real in sorted(facts.matches.items()) if real == place), place)
    home = file.parent.parent.parent
    return home.parent if home.name == "jre" else home


def _keytool(place: Path, facts: Facts) -> str:
    """Return the JDK's own keytool, which knows the file's format; or else the one on the PATH, or anyone's."""
    own = _home(place, facts)
    found = [file for file in sorted(facts.matches) if file.name == KEYTOOL]
    for file in found:
        if file.is_relative_to(own):
            return str(file)
    return KEYTOOL if KEYTOOL in facts.commands else str(found[0]) if found else ""
