"""Which files of a repository are never looked at: .gitignore's semantics over texts (gitignore(5))."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

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

    What git ignores counts over the defaults: `above` are the .gitignore of the folders around, from the repository's
    down, each with the way from there to here; `gitignore` is the folder's own, and `nest` adds those further down.
    `extra` counts over all of them. `wanted` are the patterns of the folder's watch rules: a place that a rule names in
    full letters (`dist/css/*.css`) is looked at although it is ignored otherwise, because somebody wrote it down.
    """

    def __init__(
        self,
        gitignore: str = "",
        extra: Iterable[str] = (),
        wanted: Iterable[str] = (),
        above: Iterable[tuple[str, str]] = (),
    ) -> None:
        specs = ((f"{way}/", compile_text(text)) for way, text in above)
        # Not one that leaves out this very folder: somebody runs what the repository ignores.
        self._above = tuple((way, spec) for way, spec in specs if not spec.match_file(way))
        self._own = {"": compile_text(gitignore)} if gitignore else {}
        self._extra = compile_leniently(extra)
        self._verdicts: dict[str, bool] = {}  # folder to whether it is left out
        self._last = "", False  # a file, and whether it is
        places = {place for pattern in wanted if (place := spelled_out(pattern))}
        self._wanted: tuple[str, ...] = ()
        self._wanted = tuple(sorted(place for place in places if self.covers(place, is_dir=True)))
        self._verdicts.clear()

    def __repr__(self) -> str:
        count = sum(len(spec.patterns) for spec in (defaults(), self._extra, *self._own.values()))
        return f"<Ignored {count} patterns, except {', '.join(self._wanted) or 'nothing'}>"

    def same(self, other: Ignored) -> bool:
        """Tell whether two leave out the same, as far as they were told the same .gitignore."""
        mine, others = (self._above, self._extra, self._wanted), (other._above, other._extra, other._wanted)
        return mine == others

    def nest(self, folder: str, gitignore: str) -> None:
        """Take in the .gitignore of a folder further down, "" for none."""
        if gitignore:
            self._own[folder] = compile_text(gitignore)
        elif self._own.pop(folder, None) is None:
            return
        self._verdicts.clear()
        self._last = "", False

    def covers(self, relative: str, is_dir: bool = False) -> bool:
        """Whether a path, relative to the folder and with "/" between its parts, is left out."""
        if is_dir:
            return self._covers_folder(relative)
        last, verdict = self._last
        if last != relative:
            head, _, _ = relative.rpartition("/")
            verdict = (bool(head) and self._covers_folder(head)) or self._decide(relative)
            self._last = relative, verdict  # the next service of the same folder asks the same
        return verdict

    def _covers_folder(self, relative: str) -> bool:
        verdict = self._verdicts.get(relative)
        if verdict is None:
            head, _, _ = relative.rpartition("/")
            if head and self._covers_folder(head):
                return True  # not kept: nobody knows how many there are in a folder that is ignored
            verdict = self._verdicts[relative] = self._decide(f"{relative}/")
        return verdict

    def _decide(self, path: str) -> bool:
        """Decide about a path in a folder that is not left out; a folder's ends in "/"."""
        for place in self._wanted:
            if path.rstrip("/") == place or (path.endswith("/") and place.startswith(path)):
                return False
            if path.startswith(f"{place}/"):
                return defaults().match_file(path.removeprefix(f"{place}/"))
        for spec, asked in self._asked(path):
            found = spec.check_file(asked).include
            if found is not None:
                return found
        if self._wanted:  # on the way to a place that is wanted there are folders that are ignored otherwise
            return defaults().match_file(path)
        head, slash, name = path.rpartition("/")
        return is_default(name or head.rpartition("/")[2] + slash)

    def _asked(self, path: str) -> Iterator[tuple[GitIgnoreSpec, str]]:
        """Yield what decides, the most important first, each with the path as it sees it."""
        if self._extra.patterns:
            yield self._extra, path
        if self._own:
            folder = path.rstrip("/")
            while folder:
                folder = folder.rpartition("/")[0]
                if folder in self._own:
                    yield self._own[folder], path[len(folder) + 1 if folder else 0 :]
        for way, spec in reversed(self._above):
            yield spec, f"{way}{path}"


@cache
def defaults() -> GitIgnoreSpec:
    """Return the default patterns."""
    return compile_text(DEFAULT_PATTERNS)


@lru_cache(4096)
def is_default(name: str) -> bool:
    """Whether a name is left out by default, whatever folder it is in; a folder's ends in "/"."""
    return defaults().match_file(name)


@cache
def compile_text(gitignore: str) -> GitIgnoreSpec:
    """Return the patterns of a .gitignore."""
    return compile_leniently(gitignore.splitlines())


def compile_leniently(lines: Iterable[str]) -> GitIgnoreSpec:
    """Return the patterns of a .gitignore; a line that is none matches nothing, as with git."""
    kept = tuple(lines)
    try:
        return GitIgnoreSpec.from_lines(kept)
    except (ValueError, re.error):
        return GitIgnoreSpec.from_lines(line for line in kept if is_pattern(line))


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
