from pathlib import Path

import pytest

from devserve.ca.facts import Facts
from devserve.ca.trust.windows import places, stores
from support.authority import authority

HOME = Path("/home/me")
KERNEL = Path("/proc/sys/kernel/osrelease")
WSL = "5.15.153.1-microsoft-standard-WSL2\n"
ROOT = authority().root
FILE = f"/home/me/.devserve-{ROOT.short}.crt"


def facts(kernel: str = WSL, variables=None, commands=("certutil.exe",), paths=(), system: str = "Linux") -> Facts:
    found = frozenset(map(Path, paths))
    return Facts(system, HOME, HOME, HOME, found, frozenset(commands), {KERNEL: kernel}, environment=variables or {})


@pytest.mark.parametrize(
    ("machine", "count"),
    [
        (facts(), 1),
        (facts("6.1.0-37-amd64\n", {"WSL_DISTRO_NAME": "Debian"}), 1),
        (facts("6.1.0-37-amd64\n"), 0),
        (facts(system="Darwin"), 0),
    ],
)
def test_the_store_is_there_inside_wsl_only(machine, count):
    assert len(stores(machine, ROOT)) == count


def test_only_the_public_certificate_crosses_over_by_the_path_that_windows_knows():
    [store] = stores(facts(), ROOT)
    assert [step.describe() for step in store.install] == [
        f"write {len(ROOT.pem)} bytes to {FILE}",
        f"""sh -c '"$0" -user -addstore Root "$(wslpath -w "$1")"' certutil.exe {FILE}""",
        f"rm -f -- {FILE}",
    ]
    assert store.install[0].data == ROOT.pem
    assert not any(step.needs_root for step in (*store.install, *store.look_up, *store.remove))


def test_the_fingerprint_finds_and_removes_it():
    [store] = stores(facts(), ROOT)
    assert [step.describe() for step in store.look_up] == ["certutil.exe -user -store Root"]
    assert [step.describe() for step in store.remove] == [f"certutil.exe -user -delstore Root {ROOT.sha1}"]
    spaced = " ".join(ROOT.sha1[index : index + 2] for index in range(0, 40, 2))
    assert store.is_shown_by(f"Cert Hash(sha1): {spaced}\n")  # as older versions print it


def test_a_path_without_windows_folders_is_no_obstacle():
    usual = "/mnt/c/Windows/System32/certutil.exe"
    [store] = stores(facts(commands=(), paths=[usual]), ROOT)
    assert not store.obstacle
    assert store.look_up[0].argv[0] == usual
    assert list(places(facts())) == [Path(usual)]


def test_without_certutil_the_way_to_it_is_named():
    [store] = stores(facts(commands=()), ROOT)
    assert "certutil.exe" in store.obstacle
    assert "/etc/wsl.conf" in store.fix
