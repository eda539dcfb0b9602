from pathlib import Path

import pytest

from devserve.config.includes import parted


@pytest.mark.parametrize(
    ("include", "folder", "pattern"),
    [
        ("/work/shop/../contacts", "/work/shop/../contacts", ""),
        ("/work/shop/../services/*", "/work/shop/../services", "*"),
        ("/work/shop/../*/app", "/work/shop/..", "*/app"),
        ("/work/team-[ab]/x?", "/work", "team-[ab]/x?"),
    ],
)
def test_a_pattern_begins_with_the_first_part_that_has_a_wildcard(include, folder, pattern):
    assert parted(Path(include)) == (Path(folder), pattern)
