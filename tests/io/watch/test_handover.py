"""Events of watchdog's own observers, as macOS has them, on their way to the loop."""

from __future__ import annotations

import asyncio

import pytest
from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
)

from devserve.io.watch.handover import Relay
from devserve.watch.ignore import Ignored


def told_of(root, *events):
    async def scenario():
        told = []
        relay = Relay(str(root), Ignored(), told.append, asyncio.get_running_loop())
        for event in events:
            relay.dispatch(event)
        await asyncio.sleep(0)
        return told

    return asyncio.run(scenario())


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (FileModifiedEvent("/shop/a.css"), ["a.css"]),
        (FileCreatedEvent("/shop/web/a.css"), ["web/a.css"]),
        (FileDeletedEvent("/shop/a.css"), ["a.css"]),
        (FileMovedEvent("/shop/a.css.new", "/shop/a.css"), ["a.css"]),
        (FileMovedEvent("/shop/a.css", "/shop/a.css~"), ["a.css"]),
        (FileMovedEvent("/shop/a.css", "/elsewhere/a.css"), ["a.css"]),
        (FileModifiedEvent("/shop/node_modules/a.css"), []),
        (FileModifiedEvent("/shopping/a.css"), []),
        (DirDeletedEvent("/shop/web"), []),
    ],
)
def test_which_file_an_event_is_about(event, told):
    assert told_of("/shop", event) == told


@pytest.mark.parametrize("event", [lambda top: DirCreatedEvent(top), lambda top: DirMovedEvent("/elsewhere", top)])
def test_a_new_folder_tells_what_is_in_it(tmp_path, event):
    (tmp_path / "new/node_modules").mkdir(parents=True)
    (tmp_path / "new/node_modules/x.css").touch()
    (tmp_path / "new/a.css").touch()
    assert told_of(tmp_path, event(str(tmp_path / "new"))) == ["new/a.css"]


def test_a_storm_is_told_together():
    assert told_of("/shop", *[FileModifiedEvent("/shop/a.css")] * 3, FileModifiedEvent("/shop/b.css")) == [
        "a.css",
        "b.css",
    ]
