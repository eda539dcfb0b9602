"""A pytest plugin for the tests of plugins: put `pytest_plugins = ["devserve.testing"]` into your conftest.py.

`hooked` calls the hooks of one service as devserve does, without sockets and processes. `devserve_in` runs a whole
devserve in this process, with a client that trusts it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from devserve.testing.hooked import Exchanged, Hooked, hooks_for
from devserve.testing.inside import Answered, Inside

__all__ = ["Answered", "Exchanged", "Hooked", "Inside", "devserve_in", "hooked", "hooks_for"]

ENVIRONMENT = {
    "DEVSERVE_HOME": "devserve-home",
    "DEVSERVE_HOSTS_FILE": "hosts",
    "DEVSERVE_SYSTEM_ROOT": "no-system",
}


@pytest.fixture
def hooked(tmp_path: Path) -> Callable[..., Hooked]:
    """Return a function that makes the `Hooked` of a service.

    It takes plugins (modules, or paths of files), and by keyword: `service`; `services` in its place, or none;
    `tables` (what the tables [plugins.NAME] say); `disabled` (plugins to do without); `root` (the repository's folder;
    this test's by default).
    """

    def make(*given: object, **fields: object) -> Hooked:
        return hooks_for(tmp_path, *given, **fields)  # type: ignore[arg-type]  # it says what it takes

    return make


@pytest.fixture
def devserve_in(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Inside]]:
    """Return a function that runs the devserve.toml of a folder until the test ends, and gives its `Inside`.

    It takes more plugins, modules or paths of files, beside those of the folder. All its state is a folder of the
    test's, and ports are free ones. A plugin that fails, fails the test.
    """
    home = tmp_path_factory.mktemp("devserve")
    for name, path in ENVIRONMENT.items():
        monkeypatch.setenv(name, str(home / path))
    (home / "hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
    with ExitStack() as running:

        def run(folder: Path, *given: object) -> Inside:
            return running.enter_context(Inside(folder, *given))  # type: ignore[arg-type]  # as above

        yield run
