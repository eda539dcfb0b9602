"""The limit of open files is raised, never lowered."""

import subprocess
import sys

import pytest

ASK = """
import resource, sys
from devserve.io.limits import allow_files
soft, hard = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
print(allow_files(), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(
    ("soft", "hard", "now"), [(256, 100_000, 65_536), (256, 1024, 1024), (1024, 1024, 1024), (70_000, 100_000, 70_000)]
)
def test_the_soft_limit_is_raised_as_far_as_it_goes(soft, hard, now):
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(soft), str(hard)], capture_output=True, text=True, check=False
    )
    if "not allowed to raise" in done.stderr:
        pytest.skip("this user's hard limit is lower")
    assert done.stdout.split() == [str(now), str(now), str(hard)], done.stderr
