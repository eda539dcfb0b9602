import os
import subprocess
import sys
import time
from signal import SIGKILL

from devserve.io.run.usage import Usage
from support.running import wait_until

BUSY = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'while True: pass'])"


def test_counts_what_a_service_has_started_too():
    parent = subprocess.Popen([sys.executable, "-c", BUSY], start_new_session=True)
    try:
        usage = Usage()
        usage.measure([parent.pid])

        def is_busy() -> bool:
            time.sleep(0.05)  # a share of a processor needs some time to be a share of
            return usage.measure([parent.pid])[parent.pid].processor > 0.1

        wait_until(is_busy)
        assert usage.measure([parent.pid])[parent.pid].memory > 1_000_000
    finally:
        os.killpg(parent.pid, SIGKILL)  # its child too, which it may not have started yet
        parent.wait()


def test_a_process_that_is_gone_takes_nothing():
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    found = Usage().measure([gone.pid])
    assert found[gone.pid].memory == 0
