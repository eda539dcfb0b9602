from pathlib import Path

import pytest

from devserve.ca.facts import Facts
from devserve.ca.trust.java import globs, places, store, stores
from devserve.ca.trust.linux_system import FAMILIES
from support.authority import authority

HOME = Path("/home/me")
ROOT = authority().root
JDK = Path("/usr/lib/jvm/temurin-25")
OWN = HOME / ".sdkman/candidates/java/21"
CACERTS = "lib/security/cacerts"


def facts(
    matches: dict[str | Path, str | Path] | None = None, *, writable=(), paths=(), commands=(), variables=None
) -> Facts:
    found = {Path(file): Path(real) for file, real in (matches or {}).items()}
    return Facts(
        "Linux",
        HOME,
        HOME,
        HOME,
        frozenset(map(Path, paths)),
        frozenset(commands),
        matches=found,
        writable=frozenset(map(Path, writable)),
        environment=variables or {},
    )


def jdk(home: Path) -> dict[str | Path, str | Path]:
    return {home / CACERTS: home / CACERTS, home / "bin/keytool": home / "bin/keytool"}


def test_each_jdk_is_changed_by_its_own_keytool():
    found = stores(facts(jdk(JDK) | jdk(OWN)), ROOT)
    assert [each.place for each in found] == [OWN / CACERTS, JDK / CACERTS]
    assert [each.install[0].argv[0] for each in found] == [str(OWN / "bin/keytool"), str(JDK / "bin/keytool")]
    assert [each.title for each in found] == ["Java (21)", "Java (temurin-25)"]


def test_the_commands_are_keytools_with_the_certificate_on_stdin():
    [found] = stores(facts(jdk(JDK)), ROOT)
    keytool, name = f"{JDK}/bin/keytool", f"-alias devserve-{ROOT.short}"
    place = f"-keystore {JDK}/{CACERTS} -storepass changeit"
    assert [step.describe() for step in (*found.install, *found.look_up, *found.remove)] == [
        f"{keytool} -importcert -noprompt {place} {name} < the CA's certificate",
        f"test -r {JDK}/{CACERTS}",
        f"{keytool} -list -rfc {place} {name}",
        f"{keytool} -delete {place} {name}",
    ]
    assert found.install[0].stdin == ROOT.pem


@pytest.mark.parametrize(("writable", "needs_root"), [((), True), ([JDK / CACERTS], False)])
def test_root_is_asked_for_only_where_the_user_may_not_write(writable, needs_root):
    [found] = stores(facts(jdk(JDK), writable=writable), ROOT)
    assert found.install[0].needs_root is needs_root
    assert found.remove[0].needs_root is needs_root
    assert not any(step.needs_root for step in found.look_up)


def test_jdks_that_share_a_file_are_one_store():
    shared = "/etc/elsewhere/cacerts"
    assert len(stores(facts({JDK / CACERTS: shared, OWN / CACERTS: shared}, commands=["keytool"]), ROOT)) == 1


FEDORA = [Path("/") / FAMILIES[1].anchors, "/etc/pki/ca-trust"]


@pytest.mark.parametrize(
    ("paths", "commands", "count"),
    [(FEDORA, ["update-ca-trust"], 0), (FEDORA[:1], ["update-ca-trust"], 1), (FEDORA[1:], [], 1)],
)
def test_what_the_systems_refresh_writes_anew_is_left_to_it(paths, commands, count):
    machine = facts(
        {JDK / CACERTS: "/etc/pki/ca-trust/extracted/java/cacerts"}, paths=paths, commands=[*commands, "keytool"]
    )
    assert len(stores(machine, ROOT)) == count


def test_debians_shared_file_has_the_alias_that_debian_gives_and_never_removes():
    [found] = stores(facts({JDK / CACERTS: "/etc/ssl/certs/java/cacerts", **jdk(OWN)}), ROOT)[1:]
    assert found.place == Path("/etc/ssl/certs/java/cacerts")
    assert found.remove[0].argv[-1] == f"debian:devserve-{ROOT.short}.pem"


def test_a_runtime_without_keytool_borrows_one():
    bare = {OWN / CACERTS: OWN / CACERTS}
    [own, _] = stores(facts(bare | jdk(JDK)), ROOT)
    assert own.install[0].argv[0] == f"{JDK}/bin/keytool"
    [own] = stores(facts(bare, commands=["keytool"]), ROOT)
    assert own.install[0].argv[0] == "keytool"


def test_without_any_keytool_it_is_said_and_is_no_failure():
    [found] = stores(facts({OWN / CACERTS: OWN / CACERTS}), ROOT)
    assert "keytool" in found.obstacle
    assert not found.wanted


@pytest.mark.parametrize("told", ["/", "", ".", "/nonexistent/jdk"])
def test_a_java_home_that_is_none_does_no_harm(told):
    assert all(glob and not glob.startswith("/") for _, glob in globs(facts(variables={"JAVA_HOME": told})))


def test_an_old_jdk_keeps_its_file_below_jre():
    old = Path("/usr/lib/jvm/java-8")
    [found] = stores(facts({old / "jre" / CACERTS: old / "jre" / CACERTS, **jdk(old)}), ROOT)[-1:]
    assert found.title == "Java (java-8)"
    assert found.install[0].argv[0] == f"{old}/bin/keytool"


def test_without_a_jdk_there_is_no_store_and_no_noise():
    assert stores(facts(), ROOT) == ()


def test_a_place_leads_back_to_its_steps():
    machine = facts(jdk(JDK))
    assert store(JDK / CACERTS, machine, ROOT) == stores(machine, ROOT)[0]


def test_jdks_are_looked_for_where_packages_people_and_tools_put_them():
    folders = {str(folder) for folder, _ in globs(facts(variables={"JAVA_HOME": "/odd/jdk-22"}))}
    assert {"/usr/lib/jvm", "/opt", f"{HOME}/.jdks", f"{HOME}/.sdkman/candidates/java", "/odd"} <= folders
    assert ("/odd", f"jdk-22/{CACERTS}") in {
        (str(folder), glob) for folder, glob in globs(facts(variables={"JAVA_HOME": "/odd/jdk-22"}))
    }
    assert Path("/etc/pki/ca-trust") in set(places(facts()))
