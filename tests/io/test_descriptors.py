import subprocess
import sys

LIMITS = """
import resource
from devserve.io.descriptors import allow_many
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (256, {hard}))
allow_many()
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""


def limits(hard: str) -> list[int]:
    done = subprocess.run([sys.executable, "-c", LIMITS.format(hard=hard)], capture_output=True, text=True, check=True)
    return [int(word) for word in done.stdout.split()]


def test_the_soft_limit_is_raised_as_far_as_it_may():
    assert limits("1024") == [1024, 1024]
    soft, hard = limits("hard")
    assert soft == (min(65536, hard) if hard > 0 else 65536)
