"""Provides and withdraws what setup needs on this machine, store by store, with a ledger of what was done."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum, auto
from hashlib import sha256
from pathlib import Path

from devserve.ca import catalogue
from devserve.ca.authority import Authority
from devserve.ca.facts import Facts
from devserve.ca.ledger import Entry
from devserve.ca.provisions import Outcome, Provision, State, outcome
from devserve.ca.root import Root
from devserve.ca.steps import Step, WriteFile
from devserve.errors import TrustStoreError
from devserve.io.ca import ledger
from devserve.io.ca.root_shell import RootShell
from devserve.io.ca.steps import carry_out, carry_out_all, elevated, search_path

Announce = Callable[[str], None]
Confirm = Callable[[str], bool]
VARIABLE = "DEVSERVE_SYSTEM_ROOT"
NOT_MADE = "it is not there yet"
Work = tuple[Provision, tuple[Step, ...]]


class Sight(Enum):
    """What a look-up saw."""

    WORKING = auto()
    PRESENT = auto()  # there, but not doing its work
    ABSENT = auto()
    UNKNOWN = auto()  # the place cannot be looked at


@dataclass(frozen=True, slots=True)
class _Seen:
    sight: Sight
    reason: str = ""


def yes(_: str) -> bool:
    """Agree to every question."""
    return True


def survey(root: Path | None = None) -> Facts:
    """Return what this machine and this user's home have; the system's part below another root, if one is told."""
    home = Path.home()
    root = root or Path(os.environ.get(VARIABLE) or "/")
    bare = Facts(
        system=platform.system(),
        home=home,
        config_home=Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config"),
        data_home=Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share"),
        commands=frozenset(command for command in catalogue.COMMANDS if shutil.which(command, path=search_path())),
        environment={name: os.environ[name] for name in catalogue.VARIABLES if os.environ.get(name)},
        root=root,
    )
    # What this user may not read, this user's browser may not either.
    files = (file for file in catalogue.text_files(bare) if file.is_file() and os.access(file, os.R_OK))
    worded = replace(bare, texts={file: file.read_text(errors="replace") for file in files})
    matches = {match: match.resolve() for folder, glob in catalogue.globs(bare) for match in _matching(folder, glob)}
    paths = frozenset(place for place in catalogue.places(worded) if _exists(place))
    return replace(
        worded,
        matches=matches,
        paths=paths,
        writable=frozenset(place for place in (*paths, *matches.values()) if os.access(place, os.W_OK)),
        read_only=frozenset(place for place in paths if _is_on_read_only(place)),
    )


def looked_up(facts: Facts, root: Root, also: Iterable[Provision] = ()) -> list[Outcome]:
    """Return for each trust store, and what else is asked about, whether it is there now. Changes nothing."""
    return [_verdict(provision, _look(provision)) for provision in (*catalogue.trust_stores(facts, root), *also)]


def install(
    home: Path,
    authority: Authority,
    facts: Facts,
    announce: Announce,
    *,
    confirm: Confirm = yes,
    dry_run: bool = False,
    groups: Collection[str] = tuple(catalogue.GROUPS),
    before: Iterable[Provision] = (),
    also: Iterable[Provision] = (),
    shell: RootShell | None = None,
) -> list[Outcome]:
    """Make each trust store trust the authority, and provide what else is asked for; one that fails stops no other.

    Every command is announced before the first runs, and confirmed in one question. What is there is left alone.
    """
    provisions = (*before, *catalogue.trust_stores(facts, authority.root, groups), *also)
    seen = [(provision, _look(provision)) for provision in provisions]
    work = [(provision, provision.install) for provision, sight in seen if _is_missing(provision, sight)]
    answer = _asked(work, announce, confirm, dry_run)
    return [_provided(home, provision, sight, authority.root, answer, shell) for provision, sight in seen]


def remove(
    home: Path,
    facts: Facts,
    announce: Announce,
    *,
    confirm: Confirm = yes,
    dry_run: bool = False,
    only: Collection[str] | None = None,
    shell: RootShell | None = None,
) -> list[Outcome]:
    """Undo, last first, what the ledger holds; with `only`, what it holds of these fingerprints. Needs no other file.

    An entry leaves the ledger once a look-up no longer finds it; one that fails stays, and stops no other.
    """
    entries = [entry for entry in reversed(ledger.read(home).entries) if only is None or entry.sha256 in only]
    outcomes: list[Outcome] = []
    found: list[tuple[Entry, Provision, _Seen]] = []
    for entry in entries:
        try:
            provision = catalogue.recorded(entry, facts)
        except TrustStoreError as error:
            outcomes.append(Outcome(entry.kind, entry.kind, entry.place, State.FAILED, str(error)))
        else:
            found.append((entry, provision, _look(provision)))
    work = [(provision, provision.remove) for _, provision, seen in found if _is_removable(provision, seen)]
    answer = _asked(work, announce, confirm, dry_run)
    return outcomes + [_withdrawn(home, entry, provision, seen, answer, shell) for entry, provision, seen in found]


def _exists(path: Path) -> bool:
    return os.access(path, os.F_OK)  # unlike Path.exists without an error for a folder that is closed


def _matching(folder: Path, glob: str) -> list[Path]:
    try:
        return sorted(folder.glob(glob))
    except OSError:  # closed to this user, so no store of this user's
        return []


def _is_on_read_only(path: Path) -> bool:
    try:
        return bool(os.statvfs(path).f_flag & os.ST_RDONLY)
    except OSError:  # nothing is known of it; the steps will tell
        return False


def _is_missing(provision: Provision, seen: _Seen) -> bool:
    return seen.sight is not Sight.WORKING and not provision.obstacle


def _is_gone(provision: Provision, seen: _Seen) -> bool:
    unseen = seen.sight is Sight.ABSENT or (seen.sight is Sight.UNKNOWN and not _exists(provision.place))
    return unseen and not _files_of(provision)


def _changed_file(provision: Provision, recorded: str = "") -> Path | None:
    """Return a file that is neither ours, nor the beginning of it that a crash left, nor has the recorded digest."""
    ours = {step.path: step.data for step in provision.install if isinstance(step, WriteFile)}
    for file in provision.files:
        try:
            found = file.read_bytes()
        except FileNotFoundError:
            continue
        except OSError:
            return file
        if file in ours and not ours[file].startswith(found) and sha256(found).hexdigest() != recorded:
            return file
    return None


def _is_removable(provision: Provision, seen: _Seen) -> bool:
    seen_or_left = seen.sight in {Sight.WORKING, Sight.PRESENT} or _files_of(provision)
    return bool(seen_or_left) and not provision.obstacle


def _files_of(provision: Provision) -> list[Path]:
    return [file for file in provision.files if _exists(file)]


def _asked(work: Sequence[Work], announce: Announce, confirm: Confirm, dry_run: bool) -> State:
    """Announce the commands; return DONE when they shall run, else PLANNED or DECLINED."""
    for provision, steps in work:
        announce(f"# {provision.title} ({provision.place})")
        for step in steps:
            announce(elevated(step).describe())
            if isinstance(step, WriteFile):
                for line in step.data.decode(errors="replace").splitlines():
                    announce(f"+ {line}")
    if dry_run:
        return State.PLANNED
    if work and not confirm(f"Run these commands for {len(work)} place{'s' if len(work) > 1 else ''}?"):
        return State.DECLINED
    return State.DONE


def _look(provision: Provision) -> _Seen:
    first, *others = provision.look_up
    try:
        outputs = [carry_out(first)]
    except TrustStoreError as error:
        return _Seen(Sight.UNKNOWN, str(error))
    try:
        outputs += [carry_out(step) for step in others]
    except TrustStoreError as error:
        return _Seen(Sight.ABSENT, str(error))
    if not provision.is_shown_by("".join(outputs)):
        return _Seen(Sight.ABSENT)
    try:
        carry_out_all(provision.verify)
    except TrustStoreError as error:
        return _Seen(Sight.PRESENT, str(error))
    return _Seen(Sight.WORKING)


def _verdict(provision: Provision, seen: _Seen) -> Outcome:
    if seen.sight is Sight.WORKING:
        return outcome(provision, State.ALREADY)
    if provision.obstacle:
        absent = State.FAILED if provision.wanted else State.ABSENT
        return outcome(provision, absent, provision.obstacle, provision.fix)
    reason = NOT_MADE if provision.made else seen.reason  # the tool that looked would call it damaged
    return outcome(provision, State.MISSING, reason, "Run `devserve setup`")


def _provided(
    home: Path, provision: Provision, seen: _Seen, root: Root, answer: State, shell: RootShell | None
) -> Outcome:
    if provision.obstacle:
        return _verdict(provision, seen)
    certificate = root.pem.decode() if provision.sha256 == root.sha256 else ""
    entry = Entry(
        provision.kind,
        provision.place,
        provision.sha256,
        datetime.now(UTC),
        certificate=certificate,
        made=provision.made,
    )
    if seen.sight is Sight.WORKING:
        if answer is State.DONE:  # a ledger that got lost is filled again
            ledger.record(home, lambda known: (known if entry in known else known.with_entry(entry)).with_done(entry))
        return _verdict(provision, seen)
    return _installed(home, provision, entry, shell) if answer is State.DONE else outcome(provision, answer)


def _installed(home: Path, provision: Provision, entry: Entry, shell: RootShell | None) -> Outcome:
    if file := _changed_file(provision):
        return outcome(provision, State.FAILED, f"{file} is there already, and is not devserve's", f"Move {file} away")
    ledger.record(home, lambda known: known.with_entry(entry))
    try:
        if _look(provision).sight is not Sight.WORKING:  # another store's refresh may have filled this one by now
            carry_out_all(provision.install, shell)
    except TrustStoreError as error:
        return outcome(provision, State.FAILED, str(error), "Mend that, then run `devserve setup` again")
    seen = _look(provision)
    if seen.sight is not Sight.WORKING:
        reason = seen.reason or "its commands ran, but the look-up does not find it"
        return outcome(provision, State.FAILED, reason, "Run `devserve setup` again")
    ledger.record(home, lambda known: known.with_done(entry))
    return outcome(provision, State.DONE, provision.caution, provision.hint)


def _withdrawn(
    home: Path, entry: Entry, provision: Provision, seen: _Seen, answer: State, shell: RootShell | None
) -> Outcome:
    if answer is not State.DONE:
        return outcome(provision, answer)
    if _is_gone(provision, seen):
        ledger.record(home, lambda known: known.without(entry))
        return outcome(provision, State.REMOVED, "it was no longer there")
    if not _is_removable(provision, seen):
        fix = provision.fix.replace("`devserve setup`", "`devserve teardown`")
        reason = provision.obstacle or seen.reason
        return outcome(provision, State.FAILED, reason, fix or "Mend that, then run `devserve teardown`")
    return _removed(home, entry, provision, shell)


def _removed(home: Path, entry: Entry, provision: Provision, shell: RootShell | None) -> Outcome:
    if file := _changed_file(provision, entry.sha256):
        reason = f"{file} has been changed since devserve wrote it, and is left as it is"
        return outcome(provision, State.FAILED, reason, f"Remove {file} by hand, then run `devserve teardown` again")
    try:
        carry_out_all(provision.remove, shell)
    except TrustStoreError as error:
        return outcome(provision, State.FAILED, str(error), "Mend that, then run `devserve teardown` again")
    if not _is_gone(provision, _look(provision)):
        return outcome(provision, State.FAILED, "its commands ran, but it is still there", "Remove it by hand")
    ledger.record(home, lambda known: known.without(entry))
    return outcome(provision, State.REMOVED, fix=provision.hint)
