from pathlib import Path

from devserve.ca import catalogue
from devserve.ca.facts import Facts
from support.authority import authority


def test_a_machine_of_which_nothing_is_known_has_nothing_that_wants_the_root():
    bare = Facts("Linux", home=Path("/h"), config_home=Path("/h/.config"), data_home=Path("/h/.local/share"))
    assert [store.wanted for store in catalogue.trust_stores(bare, authority().root)] == [False]


def test_texts_are_not_shown():
    facts = Facts("Linux", Path("/h"), Path("/h"), Path("/h"), texts={Path("/h/profiles.ini"): "Path=secret"})
    assert "secret" not in repr(facts)
