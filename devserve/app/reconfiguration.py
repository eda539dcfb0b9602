"""The configuration while devserve runs: read again when it is saved, checked whole, then carried out at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from pathlib import Path

from devserve.app import machine, setup
from devserve.app.gateway import Answering, Gateway
from devserve.app.source import Source
from devserve.app.supervisor import Change, Supervisor
from devserve.ca.authority import Authority
from devserve.config.values import Project, Service
from devserve.difference import Difference, difference
from devserve.errors import AuthorityError, DevserveError, NotAllowedError, ServiceError, UsageError
from devserve.fleet import Planned, refuse_own_ports
from devserve.io.config.projects import NAME
from devserve.io.config.saved_files import SavedFiles, contents
from devserve.io.run.discovery import Discovery
from devserve.io.run.envfile import read_env_file
from devserve.io.tasks import spawn
from devserve.live.rules import reload_messages
from devserve.plugins import Hooks
from devserve.watch.settle import QUIET

STAYS = "What runs stays as it is until that is mended."
RUNS_ON = "Until then what was allowed runs on."
AGAIN = "Then end devserve and start it again."  # it has read the certificate authority, which it keeps
DISCOVERED = "discovered"
LOG = logging.getLogger("devserve")


async def nobody_else(_: Sequence[Service]) -> str:
    """Return "": no other devserve has to agree to the names of these services."""
    return ""


class Reconfiguration:
    """Reads the files that count whenever one of them is saved; `close` ends that."""

    def __init__(
        self,
        source: Source,
        authority: Authority,
        gateway: Gateway,
        supervisor: Supervisor,
        names: Callable[[Sequence[str]], None],
        claim: Callable[[Sequence[Service]], Awaitable[str]] = nobody_else,
    ) -> None:
        """`names` hears of the services' names; `claim` says why their hosts cannot be had, or ""."""
        self._source = source
        self._authority = authority
        self._gateway = gateway
        self._supervisor = supervisor
        self._names = names
        self._claim = claim
        self._seen: Mapping[Path, bytes | None] = {}
        self._hooks: Sequence[Hooks] = ()  # of all projects, those without a service among them
        self._environments: Mapping[str, Mapping[str, str] | None] = {}
        self._broken = False
        self._busy = True
        self._saved = asyncio.Event()
        self._files = SavedFiles(supervisor.watcher, self._saved.set)
        self._has_discovered = False
        self._discovery = Discovery(self._discovered)
        self._running = spawn(self._run(), "reconfiguration")

    def __repr__(self) -> str:
        state = "busy" if self._busy else "broken" if self._broken else "right"
        return f"<Reconfiguration {state}, {len(self._seen)} files>"

    async def close(self) -> None:
        """Look at nothing any more; what is being carried out is left where it is."""
        self._running.cancel()
        await asyncio.wait({self._running})
        await self._discovery.close()
        self._files.close()

    async def _run(self) -> None:
        started = self._supervisor.planned
        self._environments = environments(started, {each.service.label for each in started})
        self._seen = contents(await self._watch())
        await self._again([])  # somebody may have saved while devserve started, or while a question waited
        while True:
            self._discovery.follow({*self._hooks, *(each.hooks for each in self._supervisor.planned)})
            self._busy = False
            await self._saved.wait()
            self._saved.clear()
            self._busy = True
            now = contents(await self._watch())
            known = [path for path in self._seen if path in now]
            saved = [path for path in known if now[path] != self._seen[path]]
            is_new = any(now[path] is not None for path in now.keys() - self._seen.keys())
            self._seen = now
            has_discovered, self._has_discovered = self._has_discovered, False
            if saved or is_new or has_discovered:
                await self._again(saved, DISCOVERED if has_discovered else NAME)

    def _discovered(self) -> None:
        """Take note that plugins have found other services than before."""
        self._has_discovered = True
        self._saved.set()

    async def _watch(self) -> list[Path]:
        """Watch the files that count now, and return them."""
        named = await asyncio.to_thread(self._source.files)
        files = list(dict.fromkeys((*named, *behind(self._supervisor.planned))))
        self._files.watch(files)
        return files

    async def _again(self, saved: Sequence[Path], otherwise: str = NAME) -> None:
        """Read everything again; carry it out if it is right. `otherwise` is where it is from if nothing was saved."""
        if saved and not any(path.exists() for path in saved):
            self._say(f"{self._source.shown(saved)}: no longer there; put it back, or end devserve")
            return
        planned = self._supervisor.planned
        try:
            found, hooks, wanted = await self._read(planned)
            wanted = setup.answerable(self._authority, wanted)
            after = environments(wanted, {each.service.label for each in wanted if self._is_known(each, saved)})
            restarting = [name for name, each in after.items() if self._environments.get(name, each) != each]
            changes = difference(planned, wanted, restarting)
            change = await self._agreed(found, wanted, changes) if changes else None
        except DevserveError as error:
            self._say(worded(error))
            self._wait(error)
            return
        self._wait()
        self._environments, self._hooks = after, hooks
        if changes or self._broken or any(path.suffix == ".toml" for path in saved):
            LOG.info("%s: %s", self._source.shown(saved) or otherwise, changes)
        self._broken = False
        if change is not None:
            self._tell(planned, changes)
            await self._supervisor.take(change, wanted)
            await self._watch()

    async def _read(self, before: Sequence[Planned]) -> tuple[Sequence[Project], Sequence[Hooks], list[Planned]]:
        """Return the projects, their hooks and the plan of one moment: what is saved meanwhile is read once more.

        Raises:
            DevserveError: what is wrong with them.
        """
        while True:
            self._seen = contents(self._seen)
            wrong: DevserveError | None = None
            try:
                found = await asyncio.to_thread(self._source.again, before, self._hooks)
            except DevserveError as error:
                wrong = error
            if contents(self._seen) != self._seen:
                await asyncio.sleep(QUIET)
            elif wrong is not None:
                raise wrong
            else:
                return found

    def _is_known(self, planned: Planned, saved: Sequence[Path]) -> bool:
        """Tell whether a service's env_file could not be read before, and has not been saved since."""
        service = planned.service
        return self._environments.get(service.label, {}) is None and service.env_file not in saved

    def _wait(self, error: DevserveError | None = None) -> None:
        """Say of each service whether a change waits until it is allowed."""
        folders = {file.parent for file in error.files} if isinstance(error, NotAllowedError) else set()
        for running in self._supervisor.running.values():
            running.pending = f"{error}. {RUNS_ON}" if running.service.root in folders else ""

    def _say(self, wrong: str) -> None:
        self._broken = True
        LOG.error("%s\n%s", wrong, STAYS)

    async def _agreed(self, found: Sequence[Project], wanted: Sequence[Planned], changes: Difference) -> Change:
        """Have everybody agree who can refuse, and answer for what comes. Nothing has changed when somebody refuses.

        Raises:
            DevserveError: why not.
        """
        setup.refuse_unsigned(self._authority, found, wanted)
        refuse_own_ports(wanted, self._gateway.ports.numbers)
        services, before = ([each.service for each in plan] for plan in (wanted, self._supervisor.planned))
        environment = setup.variables_for(self._authority, services, self._gateway.ports.https.port)
        if refusal := await self._claim(services):
            raise UsageError(refusal)
        try:
            change = self._prepared(wanted, changes)
        except DevserveError:
            await self._claim(before)
            raise
        self._supervisor.environment = environment
        return change

    def _prepared(self, wanted: Sequence[Planned], changes: Difference) -> Change:
        change = self._supervisor.prepare(changes, wanted)
        coming = [
            Answering(planned.service, planned.port, supervised.running, planned.hooks)
            for planned, supervised, _ in change.made
        ]
        try:
            self._gateway.replace(changes.leaving, coming)
        except AuthorityError:
            change.discard()
            raise
        return change

    def _tell(self, before: Sequence[Planned], changes: Difference) -> None:
        """Tell the terminal of new names, the developer of those that lead elsewhere, pages that they changed."""
        known = {each.service.label: each for each in before}
        hosts = {host for each in known.values() for host in each.service.names}
        passing = {host for each in changes.coming if each.is_discovered for host in each.service.names}
        new = [host for each in changes.coming for host in each.service.names if host not in hosts]
        machine.tell_lost_names(new, passing)
        staying = [name for name in known if name not in changes.gone]
        self._names([*staying, *(each.service.label for each in changes.new)])
        for each in changes.new:
            LOG.info("%s answers at %s", each.service.label, self._gateway.url(each.service.host, each.service.path))
        for each in changes.changed:
            was = known[each.service.label]
            if each.hooks is not was.hooks or each.service.livereload != was.service.livereload:
                self._gateway.live.tell(each.service.label, reload_messages(()))


def behind(planned: Sequence[Planned]) -> list[Path]:
    """Return the files that services come from: each one's devserve.toml, and its env_file if it has one."""
    services = [each.service for each in planned]
    return [
        *(service.root / NAME for service in services),
        *(service.env_file for service in services if service.env_file is not None),
    ]


def environments(planned: Sequence[Planned], broken: Collection[str] = ()) -> Mapping[str, Mapping[str, str] | None]:
    """Return what each service's env_file holds; None where it cannot be read, of those that may be `broken`.

    Raises:
        ServiceError: one cannot be read, or a line of it is wrong.
    """
    found: dict[str, Mapping[str, str] | None] = {}
    for each in planned:
        try:
            found[each.service.label] = read_env_file(each.service.env_file)
        except ServiceError:
            if each.service.label not in broken:
                raise
            found[each.service.label] = None
    return found


def worded(error: DevserveError) -> str:
    """Return what is wrong; after `devserve setup` has mended it, devserve itself must be new."""
    return f"{error}. {AGAIN}" if isinstance(error, AuthorityError) else str(error)
