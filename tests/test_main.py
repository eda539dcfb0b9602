import subprocess
import sys


def test_the_module_is_the_command():
    result = subprocess.run([sys.executable, "-m", "devserve", "--version"], capture_output=True, text=True, check=True)
    assert "devserve" in result.stdout
