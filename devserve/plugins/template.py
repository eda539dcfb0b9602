"""The package of a new plugin: one hook, its settings, a passing test, a page and a workflow that runs the test."""

from __future__ import annotations

from collections.abc import Mapping

from devserve.config.hosts import LABEL, label_like
from devserve.errors import UsageError

PREFIX = "devserve"  # a first word that each package of a plugin has already

PROJECT = """\
[build-system]
requires = ["setuptools>=80"]
build-backend = "setuptools.build_meta"

[project]
name = "devserve-NAME"
version = "0.1.0"
description = "A plugin for devserve"
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["devserve"]

[project.optional-dependencies]
test = ["pytest>=9"]

# Every project of a machine that has this package sees the plugin.
[project.entry-points.devserve]
MODULE = "devserve_MODULE"

[tool.setuptools]
py-modules = ["devserve_MODULE"]

[tool.pytest.ini_options]
testpaths = ["tests"]
"""

PLUGIN = '''\
"""The plugin MODULE for devserve: each response says who served it."""

from __future__ import annotations

from pydantic import BaseModel

from devserve import Headers, Service, hookimpl


class Settings(BaseModel):
    """The table [plugins.MODULE] of a devserve.toml."""

    text: str = "a laptop"


@hookimpl
def devserve_settings() -> type[Settings]:
    """What [plugins.MODULE] may say."""
    return Settings


@hookimpl
def devserve_response_headers(headers: Headers, service: Service) -> None:
    """The text of the settings, in each response."""
    headers.replace(b"X-Served-By", service.settings_for(Settings).text.encode())
'''

CONFTEST = '''\
"""The fixtures of devserve.testing, for all tests."""

pytest_plugins = ["devserve.testing"]
'''

TEST = '''\
"""The hooks, called as devserve calls them, and once in a whole devserve."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import devserve_MODULE
from devserve.testing import Hooked, Inside

SERVICE = """
[services.web]
command = ["python3", "-m", "http.server", "--bind", "127.0.0.1", "$PORT"]

[plugins.MODULE]
text = "a test"
"""


@pytest.mark.parametrize(("table", "said"), [({}, "a laptop"), ({"text": "me"}, "me")])
def test_each_response_says_who_served_it(hooked: Callable[..., Hooked], table: dict[str, str], said: str) -> None:
    found = hooked(devserve_MODULE, tables={"MODULE": table}).request("/")
    assert (found.status, found.header("X-Served-By")) == (200, said)


def test_a_whole_devserve_says_so_too(devserve_in: Callable[..., Inside], tmp_path: Path) -> None:
    (tmp_path / "devserve.toml").write_text(SERVICE)
    assert devserve_in(tmp_path, devserve_MODULE).get("web").headers["X-Served-By"] == "a test"
'''

PAGE = """\
# devserve-NAME

A plugin for devserve: each response says who served it, in `X-Served-By`.

```sh
python -m pip install devserve-NAME
devserve plugins list
```

```toml
[plugins.MODULE]
text = "a laptop"  # what it says
```

Without it: `disable_plugins = ["MODULE"]` in `[project]`.

## Work on it

```sh
python -m pip install --editable '.[test]'
python -m pytest
```
"""

WORKFLOW = """\
name: test
on: [push, pull_request]
jobs:
  test:
    runs-on: ubuntu-latest
    strategy:
      matrix:
        python: ["3.11", "3.14"]
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: ${{ matrix.python }}
      - run: python -m pip install --editable '.[test]'
      - run: python -m pytest
"""

IGNORED = """\
.venv/
__pycache__/
*.egg-info/
.pytest_cache/
build/
dist/
"""

FILES = {
    "pyproject.toml": PROJECT,
    "devserve_MODULE.py": PLUGIN,
    "tests/conftest.py": CONFTEST,
    "tests/test_MODULE.py": TEST,
    "README.md": PAGE,
    ".github/workflows/test.yml": WORKFLOW,
    ".gitignore": IGNORED,
}


def package_for(name: str, taken: Mapping[str, str]) -> dict[str, str]:
    """Return the files of a new plugin's package, by their paths. `taken` are the plugins here with their packages.

    Raises:
        UsageError: the name is none for a package, or a plugin has it.
    """
    if not LABEL.fullmatch(name) or not name[0].isalpha() or name.startswith(f"{PREFIX}-"):
        better = label_like(name.lower().removeprefix(PREFIX).lstrip("-_0123456789")) or "headers"
        raise UsageError(
            f"{name}: a plugin's name has lower-case letters, digits and hyphens and begins with a letter; "
            f"its package is called devserve-NAME; try: devserve plugins new {better}"
        )
    module = name.replace("-", "_")
    if module in taken:
        raise UsageError(f"{name}: a plugin {module} is here already ({taken[module]}); choose another name")
    return {_filled(path, name, module): _filled(text, name, module) for path, text in FILES.items()}


def _filled(text: str, name: str, module: str) -> str:
    return text.replace("devserve-NAME", f"devserve-{name}").replace("MODULE", module)
