import subprocess
from pathlib import Path

import pytest

from devserve.ca.facts import Facts
from devserve.ca.low_ports import DROP_IN, VALUE_FILE, low_ports, provision, sentence


def facts(system: str = "Linux", value: str = "1024\n", ours: bool = False) -> Facts:
    paths = frozenset({Path("/") / DROP_IN} if ours else ())
    return Facts(system, Path("/h"), Path("/h"), Path("/h"), paths=paths, texts={Path("/") / VALUE_FILE: value})


@pytest.mark.parametrize(
    ("machine", "needed"),
    [
        (facts(), True),
        (facts(value="443"), True),
        (facts(value="81"), True),
        (facts(value="80\n"), False),
        (facts(value="0"), False),
        (facts(value="80", ours=True), True),  # ours: to be seen as already there
        (facts(value=""), False),  # no such setting in this kernel
        (facts(system="Darwin"), False),
    ],
)
def test_the_setting_is_provided_where_ports_are_closed(machine, needed):
    assert bool(low_ports(machine)) is needed


def test_it_is_written_for_the_next_start_and_set_for_now_as_root():
    steps = low_ports(facts())[0].install
    assert [step.describe() for step in steps] == [
        f"write {len(steps[0].data)} bytes to /etc/sysctl.d/50-devserve.conf",
        "sysctl -w net.ipv4.ip_unprivileged_port_start=80",
    ]
    assert steps[0].data.splitlines()[-1] == b"net.ipv4.ip_unprivileged_port_start = 80"
    assert all(step.needs_root for step in steps)


def test_removal_leaves_the_kernels_default():
    assert [step.describe() for step in low_ports(facts())[0].remove] == [
        "rm -f -- /etc/sysctl.d/50-devserve.conf",
        "sysctl -w net.ipv4.ip_unprivileged_port_start=1024",
    ]


@pytest.mark.parametrize(("value", "works"), [("80", True), ("0", True), ("81", False), ("1024", False)])
def test_the_kernels_own_value_decides_whether_it_works(value, works, tmp_path):
    file = tmp_path / "a value"
    file.write_text(f"{value}\n")
    [step] = provision(Path("/drop-in"), file).verify
    assert (subprocess.run(step.argv, check=False, timeout=10).returncode == 0) is works


@pytest.mark.parametrize(
    ("system", "said"), [("Linux", "setup"), ("Darwin", "macOS"), ("Windows", "WSL2"), ("Plan9", "--https-port")]
)
def test_each_system_has_its_sentence(system, said):
    assert said in sentence(system)
