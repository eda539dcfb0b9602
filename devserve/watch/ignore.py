"""Which files of a repository are never looked at: .gitignore's semantics over texts (gitignore(5))."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pathspec import GitIgnoreSpec

# What watchfiles, process-compose and docker compose watch leave out too; nobody saves a source file there.
DEFAULT_PATTERNS = """
.git
.hg/
.svn/
.bzr/
.jj/
CVS/

node_modules/
bower_components/
jspm_packages/
.yarn/
.pnpm-store/

.venv/
venv/
.tox/
.nox/
site-packages/
*.egg-info/

__pycache__/
*.py[cod]
.mypy_cache/
.pytest_cache/
.ruff_cache/
.hypothesis/
.ipynb_checkpoints/
.cache/
.parcel-cache/
.sass-cache/
.turbo/
.gradle/
.terraform/
.nyc_output/
.coverage*
coverage/
htmlcov/

dist/
build/
target/
.next/
.nuxt/
.output/
.svelte-kit/
.angular/
.astro/
.vercel/

.idea/
.vs/
.vscode/
*~
*.sw[opx]
4913
.#*
\\#*#
*___jb_tmp___
*___jb_old___
*.kate-swp
.goutputstream-*
.subl*.tmp
.nfs*
*.tmp
*.tmp.*
*.bak
*.orig
*.rej

.DS_Store
Thumbs.db
*.log
logs/
*.pid
*.sqlite-journal
*.sqlite-wal
"""

GLOB = re.compile(r"[*?\[\\!]")


class Ignored:
    """The files that are never looked at, below one folder.

    `wanted` are the patterns of the folder's watch rules: a place that a rule names in full letters (`dist/css/*.css`)
    is looked at although it is ignored otherwise, because somebody wrote it down.
    """

    def __init__(self, gitignore: str = "", extra: Iterable[str] = (), wanted: Iterable[str] = ()) -> None:
        defaults = DEFAULT_PATTERNS.splitlines()
        self._everywhere = compile_leniently(defaults)
        self._spec = compile_leniently([*defaults, *gitignore.splitlines(), *extra])
        places = {place for pattern in wanted if (place := spelled_out(pattern))}
        self._wanted = tuple(sorted(place for place in places if self._spec.match_file(f"{place}/")))

    def __repr__(self) -> str:
        return f"<Ignored {len(self._spec.patterns)} patterns, except {', '.join(self._wanted) or 'nothing'}>"

    def covers(self, relative: str, is_dir: bool = False) -> bool:
        """Whether a path, relative to the folder and with "/" between its parts, is left out."""
        slash = "/" if is_dir else ""
        for place in self._wanted:
            if relative == place or (is_dir and place.startswith(f"{relative}/")):
                return False
            if relative.startswith(f"{place}/"):
                return self._everywhere.match_file(relative.removeprefix(f"{place}/") + slash)
        return self._spec.match_file(relative + slash)


def compile_leniently(lines: Iterable[str]) -> GitIgnoreSpec:
    """Return the patterns of a .gitignore; a line that is none matches nothing, as with git."""
    return GitIgnoreSpec.from_lines(line for line in lines if is_pattern(line))


def is_pattern(line: str) -> bool:
    """Whether a line can be compiled."""
    try:
        GitIgnoreSpec.from_lines([line])
    except (ValueError, re.error):
        return False
    return True


def spelled_out(pattern: str) -> str:
    """Return the leading parts of a pattern that are plain names: `dist/css` of `dist/css/*.css`."""
    names: list[str] = []
    for part in pattern.strip("/").split("/"):
        if GLOB.search(part):
            break
        names.append(part)
    return "/".join(names)
