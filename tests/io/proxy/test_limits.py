"""The limit of open files is raised, never lowered."""

import subprocess
import sys

import pytest

ASK = """
import resource, sys
from devserve.io.proxy import limits
limits.ENOUGH = 2048
resource.setrlimit(resource.RLIMIT_NOFILE, tuple(map(int, sys.argv[1:])))
print(limits.allow_files(), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(
    ("soft", "hard", "now"), [(256, 4096, 2048), (256, 1024, 1024), (1024, 1024, 1024), (3000, 4096, 3000)]
)
def test_the_soft_limit_is_raised_as_far_as_it_goes(soft, hard, now):
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(soft), str(hard)], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == [str(now), str(now), str(hard)], done.stderr
