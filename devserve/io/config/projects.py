"""Projects on disk: found, read, checked, and begun."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from devserve import plugins
from devserve.config.dev_servers import dev_server_of
from devserve.config.facts import READ, SEEN, Facts
from devserve.config.includes import parted
from devserve.config.load import NamedPath, load, paths_to_check
from devserve.config.together import check_together
from devserve.config.values import Project, Service
from devserve.errors import ConfigError, DevserveError, UsageError

NAME = "devserve.toml"
MARK = b"\xef\xbb\xbf"  # a byte order mark, which some editors write
MOST_EXAMINED = 1 << 20  # bytes of one file


def nearest(start: Path) -> Path:
    """Return the devserve.toml of a folder or of the nearest one above it.

    Raises:
        UsageError: there is none.
    """
    folder = start.resolve()
    for candidate in (folder / NAME, *(parent / NAME for parent in folder.parents)):
        if candidate.is_file():
            return candidate
    raise UsageError(f"There is no {NAME} in {folder} or above it; write one there with: devserve init")


def here() -> Path:
    """Return the nearest devserve.toml upward, else the present folder: its sub-folders may have some."""
    try:
        return nearest(Path.cwd())
    except UsageError:
        return Path.cwd()


def read(path: Path) -> Project:
    """Return the project of a devserve.toml or of the folder that has it, or of one for which a plugin needs none.

    Raises:
        ConfigError: it cannot be read, or with every mistake in it.
        UsageError: there is none.
    """
    file = path.resolve()
    if file.is_dir():
        file = file / NAME
    if (bare := unwritten(file.parent)) and bare.file == file:
        return bare
    shown = shown_as(file)
    text = text_of(file, shown)
    project = load(text, file, shown)
    absent = [said for named in paths_to_check(project, text, shown) if (said := lacking(named))]
    if absent:
        raise ConfigError(*absent)
    return replace(project, services=tuple(recognised(service) for service in project.services))


def unwritten(folder: Path) -> Project | None:
    """Return the project of a folder that has no devserve.toml, if installed plugins find services in it."""
    project = Project(folder / NAME)
    if os.path.lexists(project.file) or not folder.is_dir():
        return None
    return project if plugins.load(project).services(project).services else None


def recognised(service: Service) -> Service:
    """Return the service with the development server that it starts, if its command or package.json tells."""
    text = package_in(service.root / (service.cwd or "")) if service.command else ""
    return replace(service, dev_server=dev_server_of(service.command, text))


def package_in(folder: Path) -> str:
    """Return the text of a folder's package.json, "" where there is none."""
    package = folder / "package.json"
    return start_of(package) if package.is_file() else ""


def read_all(paths: Sequence[Path]) -> tuple[Project, ...]:
    """Return the projects of files and folders and those that they include, each once, sorted by file.

    A folder without a devserve.toml whose direct sub-folders have one stands for all of these. One without any is a
    project if an installed plugin finds services in it.

    Raises:
        ConfigError: with every mistake in all files, or else between them.
        UsageError: a path leads to no devserve.toml.
    """
    projects: dict[Path, Project] = {}
    problems: dict[Path, tuple[str, ...]] = {}
    waiting = [file for path in paths for file in files_of(path)]
    while waiting:
        file = waiting.pop()
        if file in projects or file in problems:
            continue
        try:
            projects[file] = read(file)
            waiting += included(projects[file])
        except ConfigError as error:
            problems[file] = error.problems
    found = tuple(projects[file] for file in sorted(projects))
    complaints = [problem for file in sorted(problems) for problem in problems[file]] or check_together(found)
    if complaints:
        raise ConfigError(*complaints)
    return found


def counting(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return each devserve.toml that these paths lead to, with its plugin files and env_files: there or not.

    Nothing is refused here: a file with mistakes counts, too, for it is about to be mended.
    """
    found: dict[Path, None] = {}
    waiting = [file for path in paths for file in _meant(path)]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found[file] = None
            with suppress(DevserveError):
                shown = shown_as(file)
                text = text_of(file, shown)
                project = load(text, file, shown)
                found.update((named.path, None) for named in paths_to_check(project, text) if counts(named))
                waiting += [file for include in project.include for file in _places(include)]
    return tuple(found)


def counts(named: NamedPath) -> bool:
    """Tell whether what runs depends on what is in a named file."""
    return named.location[:2] == ("project", "plugins") or named.location[-1] == "env_file"


def _meant(path: Path) -> tuple[Path, ...]:
    try:
        return files_of(path)
    except UsageError:
        place = path.resolve()
        return (place if place.suffix == ".toml" else place / NAME,)


def _places(include: Path) -> Iterator[Path]:
    """Yield the devserve.toml of each folder that an include means, there or not."""
    folder, pattern = parted(include)
    for each in sorted(folder.glob(pattern)) if pattern else [folder]:
        yield from _meant(each)


def included(project: Project) -> list[Path]:
    """Return the devserve.toml files of the repositories that a project includes.

    Of the folders that a pattern finds, those without such a file are passed over.
    """
    found: list[Path] = []
    for include in project.include:
        folder, pattern = parted(include)
        folders = sorted(folder.glob(pattern)) if pattern else [folder]
        files = [file for each in folders for file in files_in(each.resolve())]
        found += [file for file in files if file.is_file() or not pattern]
    return found


def files_of(path: Path) -> tuple[Path, ...]:
    """Return the devserve.toml that a path means: itself, the one inside, or those of its direct sub-folders."""
    place = path.resolve()
    if place.is_file():
        return (place,)
    if found := files_in(place):
        return found
    if place.is_dir():
        raise UsageError(f"There is no {NAME} in {place} or its sub-folders; write one there with: devserve init")
    raise UsageError(f"There is no file or folder {place}; give one that has a {NAME}")


def files_in(folder: Path) -> tuple[Path, ...]:
    """Return the devserve.toml of a folder, else those of its direct sub-folders, else the one that it does without."""
    if (folder / NAME).is_file():
        return (folder / NAME,)
    if found := tuple(sorted(file.resolve() for file in folder.glob(f"*/{NAME}"))):
        return found
    return (bare.file,) if (bare := unwritten(folder)) else ()


def shown_as(file: Path) -> str:
    """Return a file as people here call it: from the current folder if it lies below."""
    here = Path.cwd()
    return str(file.relative_to(here) if file.is_relative_to(here) else file)


def text_of(file: Path, shown: str) -> str:
    """Return the text of a devserve.toml."""
    try:
        data = file.read_bytes().removeprefix(MARK)
    except FileNotFoundError:
        raise UsageError(f"There is no {shown}; write one in its folder with: devserve init") from None
    except OSError as error:
        raise ConfigError(f"{shown}:1:1: cannot be read: {error.strerror}; change its owner or mode") from None
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        culprit = f"byte 0x{data[error.start]:02x}"
        raise ConfigError(f"{shown}:{line}:{column}: not UTF-8: {culprit}; save the file as UTF-8") from None


def lacking(named: NamedPath) -> str:
    """Return the sentence for a path that is not what its key takes; empty when it is."""
    if named.kind == "file":
        return "" if named.path.is_file() else named.absence
    if not named.path.is_dir():
        return named.absence
    return named.emptiness if named.kind == "repository" and not files_in(named.path.resolve()) else ""


def examine(folder: Path) -> Facts:
    """Return what a first devserve.toml for a folder can be proposed from."""
    place = folder.resolve()
    files = {name: start_of(place / name) for name in READ if (place / name).is_file()}
    seen = {name: "" for name in SEEN if (place / name).is_file()}
    return Facts(place.name, {**seen, **files})


def start_of(file: Path) -> str:
    """Return the text of a file, up to a bound; what is not UTF-8 in it does not matter here."""
    with file.open("rb") as stream:
        return stream.read(MOST_EXAMINED).decode(errors="replace")


def refuse_existing(path: Path) -> None:
    """Return if a file is not there yet. Raises UsageError."""
    if os.path.lexists(path):
        raise UsageError(f"{path} is there already and stays as it is; edit it, or move it away first")


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet.

    Raises:
        UsageError: it is there, or its folder cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except FileExistsError:
        refuse_existing(path)
        raise
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}; give a folder that you may write in") from None


def write_folder(folder: Path, files: Mapping[str, str]) -> None:
    """Write files, by their paths below a folder that is not there yet.

    Raises:
        UsageError: it is there, or cannot be written.
    """
    try:
        folder.mkdir()
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            write_new(folder / name, text)
    except FileExistsError:
        raise UsageError(
            f"{folder} is there already and stays as it is; move it away, or choose another name"
        ) from None
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be written: {error.strerror}; go to a folder that you may write in"
        ) from None
