import pytest

from devserve.doctor.findings import Verdict
from devserve.doctor.names import Resolved, complaints, damage, findings, on_windows
from devserve.errors import HostsFileError

HOSTS = b"127.0.0.1 localhost\n10.0.0.9 api.shop.test\n"


@pytest.mark.parametrize(
    ("resolved", "system", "verdict", "said", "fix"),
    [
        (Resolved("web.shop.test", ("127.0.0.1", "::1")), "Linux", Verdict.GOOD, "leads to 127.0.0.1 and ::1", ""),
        (Resolved("web.shop.test", ("127.0.1.1",)), "Linux", Verdict.GOOD, "leads to 127.0.1.1", ""),
        (Resolved("web.shop.test", error="not known"), "Linux", Verdict.BROKEN, "leads nowhere: not known", "setup"),
        (Resolved("web.shop.test"), "Linux", Verdict.BROKEN, "did not answer in time", "devserve setup"),
        (
            Resolved("web.localhost", error="x"),
            "Linux",
            Verdict.NOTE,
            "curl know web.localhost",
            "--write web.localhost",
        ),
        (Resolved("web.localhost", error="not known"), "Darwin", Verdict.BROKEN, "leads nowhere", "devserve setup"),
        (Resolved("web.shop.test", ("93.184.216.34",)), "Linux", Verdict.BROKEN, "leads to 93.184.216.34", "setup"),
        (Resolved("web.shop.test", ("127.0.0.1", "2001:db8::1")), "Linux", Verdict.BROKEN, "2001:db8::1", "setup"),
        (Resolved("api.shop.test", ("10.0.0.9",)), "Linux", Verdict.BROKEN, "10.0.0.9", "line 2 of /etc/hosts"),
    ],
)
def test_each_way_of_a_name_has_its_verdict_and_fix(resolved, system, verdict, said, fix):
    [found] = findings([resolved], HOSTS, "/etc/hosts", system)
    assert found.verdict is verdict
    assert said in found.said
    assert fix in found.fix
    assert bool(found.fix) is (verdict is not Verdict.GOOD)


def test_all_names_that_browsers_know_by_themselves_are_one_finding():
    resolved = [Resolved(host, error="x") for host in ("a.localhost", "b.localhost", "c.test")]
    found = findings(resolved, HOSTS, "/etc/hosts", "Linux")
    assert [(each.subject, each.verdict) for each in found] == [
        ("c.test", Verdict.BROKEN),
        ("below localhost", Verdict.NOTE),
    ]
    assert "a.localhost and b.localhost" in found[1].said


@pytest.mark.parametrize(
    ("resolved", "said"),
    [
        ([Resolved("web.test", ("127.0.0.1", "::1"))], []),
        ([], []),
        (
            [Resolved("web.test", error="x")],
            ["web.test leads nowhere yet, so no browser finds it; `devserve setup` mends that"],
        ),
        (
            [Resolved("a.test", error="x"), Resolved("b.test", error="x"), Resolved("c.test")],
            ["a.test, b.test and c.test lead nowhere yet, so no browser finds them; `devserve setup` mends that"],
        ),
        (
            [Resolved("web.test", ("192.0.2.7",))],
            ["web.test leads to 192.0.2.7, not to this machine. Run `devserve setup`."],
        ),
        (
            [Resolved("api.shop.test", ("10.0.0.9",))],
            [
                "api.shop.test leads to 10.0.0.9, not to this machine."
                " Take api.shop.test out of line 2 of /etc/hosts, then run `devserve setup`."
            ],
        ),
    ],
)
def test_run_says_what_does_not_lead_here_with_the_one_command(resolved, said):
    assert complaints(resolved, HOSTS, "/etc/hosts") == said


def test_what_setup_does_not_know_is_written_by_name():
    resolved = [Resolved(f"{name}.test", error="x") for name in "abc"]
    assert complaints(resolved, HOSTS, "/etc/hosts", {"b.test", "c.test"}) == [
        "a.test leads nowhere yet, so no browser finds it; `devserve setup` mends that",
        "b.test and c.test lead nowhere yet, so no browser finds them;"
        " `sudo devserve hosts --write b.test c.test` mends that",
    ]


@pytest.mark.parametrize(
    ("content", "verdict", "said"),
    [
        (b"127.0.0.1 web.test api.test\r\n", Verdict.GOOD, "has every name"),
        (b"127.0.0.1 my-web.test\r\n", Verdict.BROKEN, "no line for api.test and web.test"),
        (b"10.0.0.1 web.test\r\n127.0.0.1 api.test\r\nnonsense web.test\r\n", Verdict.BROKEN, "no line for web.test"),
    ],
)
def test_from_wsl_the_hosts_file_of_windows_counts(content, verdict, said):
    found = on_windows(["web.test", "api.test", "x.localhost"], content, "/mnt/c/hosts")
    assert found.verdict is verdict
    assert said in found.said


def test_a_damaged_hosts_file_is_a_finding():
    found = damage(HostsFileError("/etc/hosts: markers are damaged"))
    assert (found.verdict, found.said) == (Verdict.BROKEN, "/etc/hosts: markers are damaged")
