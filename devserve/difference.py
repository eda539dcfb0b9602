"""What a new plan changes of the one that runs: which services come, go, start anew or only answer differently."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from devserve.config.values import Service
from devserve.fleet import Planned

# What a process never sees of its service: routes, pages and watch rules. Whatever else is changed, a key that is new
# here included, needs a new process, which is right for any key.
NOT_THE_PROCESS = (
    "host", "aliases", "path", "fallback", "upstream_host", "timeouts", "livereload", "watch", "needs", "dev_server",
    "repository", "shares_name",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """What becomes of each service, by name; `settled` are all others."""

    gone: tuple[str, ...] = ()
    new: tuple[Planned, ...] = ()
    restarted: tuple[Planned, ...] = ()  # a new process, with all that belongs to it
    begun: tuple[str, ...] = ()  # of those the names that ran nothing before, for they were not allowed to
    changed: tuple[Planned, ...] = ()  # the same process, with other routes, pages, watch rules or plugins

    @property
    def coming(self) -> tuple[Planned, ...]:
        """The services that are as planned only once this is carried out."""
        return (*self.new, *self.restarted, *self.changed)

    @property
    def leaving(self) -> tuple[str, ...]:
        """The names of the services that are no longer as they were."""
        return (*self.gone, *(each.service.label for each in (*self.restarted, *self.changed)))

    def __bool__(self) -> bool:
        return bool(self.gone or self.coming)

    def _with_process(self, planned: Planned) -> str:
        if planned.service.label in self.begun:
            return "starts"
        return "restarts" if planned.service.command and not planned.service.would_run else "changes"

    def __str__(self) -> str:
        said = [
            *(f"{each.service.label} {self._with_process(each)}" for each in self.restarted),
            *(f"{each.service.label} changes{_without_restart(each)}" for each in self.changed),
            *(f"{each.service.label} is new" for each in self.new),
            *(f"{name} is gone" for name in self.gone),
        ]
        return ", ".join(said) or "nothing changes"


def difference(before: Sequence[Planned], after: Sequence[Planned], restarting: Collection[str] = ()) -> Difference:
    """Return what has to be done for a plan to take another's place; `restarting` are changed outside of the plan."""
    known = {each.service.label: each for each in before}
    staying = {each.service.label for each in after}
    new, restarted, changed = [], [], []
    for each in after:
        was = known.get(each.service.label)
        if was is None:
            new.append(each)
        elif each.service.label in restarting or needs_process(was, each):
            restarted.append(each)
        elif was != replace(each, service=replace(each.service, port=was.service.port)):
            changed.append(each)
    gone = tuple(name for name in known if name not in staying)
    held = {label for label, was in known.items() if was.service.would_run}
    begun = [each.service.label for each in restarted if each.service.label in held and not each.service.would_run]
    return Difference(gone, tuple(new), tuple(restarted), tuple(begun), tuple(changed))


def needs_process(before: Planned, after: Planned) -> bool:
    """Tell whether what has changed of a service is something that only a new process knows."""
    if before.port != after.port:
        return True
    old, new = before.service, after.service
    if old.would_run != new.would_run:
        return True
    if not old.command and not new.command:  # the route alone says where it answers
        return False
    if new.dev_server and old.hosts != new.hosts:  # a plugin tells it which hosts to answer when it starts
        return True
    if before.hooks.fingerprint.tables == after.hooks.fingerprint.tables:  # an edited plugin's models are new classes
        old = replace(old, settings=new.settings)
    return _for_process(old, new) != new


def _for_process(old: Service, new: Service) -> Service:
    """Return the old service with what no process sees of it taken from the new one."""
    return replace(old, port=new.port, **{name: getattr(new, name) for name in NOT_THE_PROCESS})


def _without_restart(planned: Planned) -> str:
    return " without a restart" if planned.service.command else ""
