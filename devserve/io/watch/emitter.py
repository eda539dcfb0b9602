"""Emitters of watchdog's: one that reads inotify for all roots, and one that polls a root."""

from __future__ import annotations

import logging

from watchdog.events import FileSystemEvent
from watchdog.observers.api import (
    DEFAULT_EMITTER_TIMEOUT,
    BaseObserver,
    EventEmitter,
    EventQueue,
    ObservedWatch,
)

from devserve.io.watch.trees import Complaints, Trees, events
from devserve.io.watch.walk import explore, no_watch
from devserve.watch.tree import Tree

LOG = logging.getLogger("devserve")
POLL = 1.0  # seconds between two looks at what cannot notify


class InotifyEmitter(EventEmitter):
    """The thread that reads for all roots."""

    def __init__(
        self,
        event_queue: EventQueue,
        watch: ObservedWatch,
        *,
        trees: Trees,
        timeout: float = DEFAULT_EMITTER_TIMEOUT,
        event_filter: list[type[FileSystemEvent]] | None = None,
    ) -> None:
        super().__init__(event_queue, watch, timeout=timeout, event_filter=event_filter)
        self._trees = trees

    def queue_events(self, timeout: float) -> None:
        """Pass on what has changed. A mistake must not end the watching unnoticed; all is looked at again after it."""
        try:
            for event in self._trees.changes():
                self.queue_event(event)
        except Exception as error:
            LOG.error(
                "devserve made a mistake while watching: %r. Run it with --debug and report this.",
                error,
                exc_info=error,
            )

    def on_thread_stop(self) -> None:
        """End the wait."""
        self._trees.stop()


class PollingEmitter(EventEmitter):
    """Looks at one root again and again: its file system tells nothing, or there is no watch left for it."""

    def __init__(
        self,
        event_queue: EventQueue,
        watch: ObservedWatch,
        *,
        trees: dict[str, Tree],
        timeout: float = DEFAULT_EMITTER_TIMEOUT,
        event_filter: list[type[FileSystemEvent]] | None = None,
    ) -> None:
        super().__init__(event_queue, watch, timeout=timeout, event_filter=event_filter)
        self._tree = trees[str(watch.path)]
        self._complaints = Complaints()

    def on_thread_start(self) -> None:
        """Look for the first time, unless the tree has been watched until now: then changes may be missing."""
        if self._tree.top is None:
            explore(self._tree, [""], no_watch, self._complaints.add, telling=False, stamps=True)

    def queue_events(self, timeout: float) -> None:
        """Wait, then pass on what differs from the last look."""
        if self.stopped_event.wait(timeout):
            return
        steps = explore(self._tree, [""], no_watch, self._complaints.add, telling=True, stamps=True)
        for event in events(self._tree, steps):
            self.queue_event(event)


def inotify_observer(trees: Trees) -> BaseObserver:
    """Return an observer that reads for all roots."""
    return BaseObserver(InotifyEmitter, trees=trees)


def polling_observer(trees: dict[str, Tree], interval: float = POLL) -> BaseObserver:
    """Return an observer that polls the roots that it is given, each of which has its tree."""
    return BaseObserver(PollingEmitter, timeout=interval, trees=trees)
