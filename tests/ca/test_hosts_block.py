import pytest
from hypothesis import given
from hypothesis import strategies as st

from devserve.ca.hosts_block import (
    BEGIN,
    END,
    JOINED,
    WRITTEN_BEGIN,
    is_loopback,
    leading_elsewhere,
    lines_of,
    names_in,
    needs_entry,
    with_names,
    without_names,
    written,
)
from devserve.errors import HostsFileError

USUAL = b"127.0.0.1\tlocalhost\n::1 localhost ip6-localhost\n\n# the printer\n10.0.0.9 printer # upstairs\n"
BLOCK = WRITTEN_BEGIN + b"\n127.0.0.1 web.shop.test\n::1 web.shop.test\n" + END + b"\n"
FILES = {
    "usual": USUAL,
    "empty": b"",
    "no final newline": USUAL.rstrip(),
    "CRLF": USUAL.replace(b"\n", b"\r\n"),
    "CRLF without a final one": USUAL.replace(b"\n", b"\r\n").rstrip(),
    "no line ending at all": b"127.0.0.1 localhost",
    "latin-1": "127.0.0.1 localhost # Büro\n".encode("latin-1"),
    "a byte order mark": b"\xef\xbb\xbf127.0.0.1 localhost\n",
    "blank lines at the end": USUAL + b"\n\n",
    "spaces at the end": USUAL + b"   ",
    "another tool's block": USUAL + b"# BEGIN docker\n10.0.0.5 host.docker.internal\n# END docker\n",
    "mixed line endings": b"127.0.0.1 localhost\r\n::1 localhost\n",
    "form feed and next line": b"127.0.0.1 localhost\n# a\x0cb\x85c\x1cd\n",
}
BROKEN = [
    (USUAL + END + b"\n", "line 6 of 6"),
    (USUAL + BLOCK + BLOCK, "line 6, 9, 10, 13 of 13"),
    (BLOCK + END + b"\n", "line 1, 4, 5 of 5"),
    (END + b"\n" + WRITTEN_BEGIN + b"\n", "line 1, 2 of 2"),
    (WRITTEN_BEGIN + b"\n127.0.0.1 web.test\n::1 web.test\n10.0.0.9 printer\n", "line 1 of 4"),
    (WRITTEN_BEGIN + b"\n127.0.0.1 one.test\n127.0.0.1 two.test\n127.0.0.1 three.test\n", "line 1 of 4"),
    (BLOCK.replace(END, b"10.0.0.9 printer\n" + END), "line 4 stands between"),
    (BLOCK.replace(END, b"\n" + END), "line 4 stands between"),
    (USUAL + b"\0\0\0\0", "zero bytes"),
]


@pytest.mark.parametrize("data", FILES.values(), ids=FILES)
def test_every_byte_of_others_stays_and_removal_gives_the_file_back(data):
    made = with_names(data, ["web.shop.test"])
    assert made.startswith(data)
    assert made.replace(b"\r\n", b"\n").endswith(BLOCK[len(WRITTEN_BEGIN) :])
    assert without_names(made) == data


@given(st.text("ab 1.#\n\r\t:é", max_size=60), st.sets(st.sampled_from(["a.test", "b.test", "xn--bcher-kva.test"])))
def test_whatever_the_file_holds_removal_gives_it_back(text, names):
    data = text.encode()
    assert without_names(with_names(data, names)) == data


@pytest.mark.parametrize("data", FILES.values(), ids=FILES)
def test_a_second_time_changes_nothing(data):
    made = with_names(data, ["web.shop.test", "api.shop.test"])
    assert with_names(made, ["api.shop.test"]) == made
    assert names_in(made) == {"api.shop.test", "web.shop.test"}


@pytest.mark.parametrize("data", FILES.values(), ids=FILES)
def test_more_names_join_those_that_are_there_and_what_follows_stays(data):
    made = with_names(data, ["web.shop.test"]) + b"10.0.0.7 later\n"
    more = with_names(made, ["api.shop.test"])
    assert names_in(more) == {"api.shop.test", "web.shop.test"}
    assert more.endswith(b"10.0.0.7 later\n")
    assert without_names(more) == without_names(made)


def test_a_line_ending_that_was_added_stays_once_something_follows():
    made = with_names(b"127.0.0.1 localhost", ["web.test"])
    assert JOINED in made
    assert without_names(made + b"10.0.0.7 later\n") == b"127.0.0.1 localhost\n10.0.0.7 later\n"


def test_both_addresses_are_written_one_name_a_line():
    assert with_names(USUAL, ["web.shop.test"]) == USUAL + BLOCK


def test_line_endings_are_the_files_own():
    made = with_names(FILES["CRLF"], ["web.shop.test"])
    assert made.count(b"\n") == made.count(b"\r\n")


@pytest.mark.parametrize(("data", "where"), BROKEN)
def test_damaged_markers_are_named_and_nothing_is_guessed(data, where):
    for change in (names_in, without_names, lambda file: with_names(file, ["web.test"])):
        with pytest.raises(HostsFileError, match=where):
            change(data)


@pytest.mark.parametrize("kept", range(len(BEGIN), len(BLOCK) + 1))
def test_a_block_that_a_write_cut_off_is_still_known_as_ours(kept):
    cut = USUAL + BLOCK[:kept]
    assert without_names(cut) == USUAL
    assert with_names(cut, ["web.shop.test"]).startswith(USUAL)
    assert names_in(with_names(cut, ["web.shop.test"])) == {"web.shop.test"}


@pytest.mark.parametrize(
    "name", ["a b.test", "*.shop.test", "web.test\n10.0.0.1 bank.example", "10.0.0.1", "", "-.test"]
)
def test_what_is_no_host_name_is_never_written(name):
    with pytest.raises(HostsFileError, match="cannot stand in a hosts file"):
        with_names(USUAL, [name])


def test_an_international_name_is_written_as_it_goes_on_the_wire():
    assert names_in(with_names(b"", ["Bücher.Test"])) == {"xn--bcher-kva.test"}


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("printer", [(5, "10.0.0.9")]),
        ("localhost", []),
        ("upstairs", []),  # in a comment
        ("print", []),  # whole names only
        ("nas.test", [(6, "fe80::1%eth0"), (7, "0.0.0.0")]),
    ],
)
def test_lines_that_lead_elsewhere_are_found_by_whole_names(name, found):
    data = USUAL + b"fe80::1%eth0 NAS.test\n0.0.0.0 x nas.test\nnonsense\n"
    assert [(line.number, line.address) for line in leading_elsewhere(data, name)] == found


def test_lines_are_read_as_a_resolver_reads_them():
    assert [line.names for line in lines_of(USUAL)] == [("localhost",), ("localhost", "ip6-localhost"), ("printer",)]


@pytest.mark.parametrize(
    ("host", "system", "needed"),
    [
        ("web.shop.test", "Linux", True),
        ("web.localhost", "Linux", False),
        ("web.localhost", "Darwin", True),
        ("localhost", "Darwin", False),
        ("notlocalhost", "Linux", True),
    ],
)
def test_names_below_localhost_need_no_line_but_for_safari(host, system, needed):
    assert needs_entry(host, system) is needed


def test_the_block_can_be_shown_alone():
    assert written(["web.shop.test"]) == BLOCK


@pytest.mark.parametrize(
    ("address", "own"), [("127.0.0.1", True), ("::1", True), ("::1%lo", True), ("10.0.0.1", False), ("x", False)]
)
def test_loopback_addresses_are_this_machines(address, own):
    assert is_loopback(address) is own
