import logging
from pathlib import Path

from devserve.config.values import Project, Service
from devserve.io.run.discovery import Discovery
from support.hooks import hooks_of
from support.proxied import run, until

FINDS = """
import asyncio, logging
@hookimpl
async def devserve_discover(project):
    log = logging.getLogger("heard").info
    try:
        for names in (["a"], ["a"], ["a", "b"], []):
            yield [Service(name, project.root, f"{name}.test") for name in names]
            await asyncio.sleep(0)
        await asyncio.Event().wait()
    finally:
        log("ended")
"""


def hooks(folder, source=FINDS):
    made = hooks_of(folder, source)
    made.services(Project(folder / "devserve.toml"))
    return made


def test_what_a_plugin_finds_is_what_there_is(tmp_path, caplog):
    async def scene() -> None:
        seen = []
        made = hooks(tmp_path)
        discovery = Discovery(lambda: seen.append([each.name for found in made.discovered.values() for each in found]))
        discovery.follow({made})
        await until(lambda: len(seen) == 3)
        discovery.follow({made})
        assert repr(discovery) == "<Discovery by 1 plugins>"
        assert seen == [["a"], ["a", "b"], []]
        await discovery.close()

    with caplog.at_level(logging.INFO, "heard"):
        run(scene())
    assert caplog.messages == ["ended"]


def test_other_hooks_are_followed_in_place_of_those_that_are_gone(tmp_path, caplog):
    async def scene() -> None:
        first, second = hooks(tmp_path), hooks(tmp_path)
        discovery = Discovery(lambda: None)
        discovery.follow({first})
        await until(lambda: bool(first.discovered))
        discovery.follow({second})
        await until(lambda: bool(second.discovered) and "ended" in caplog.messages)
        await discovery.close()

    with caplog.at_level(logging.INFO, "heard"):
        run(scene())
    assert caplog.messages == ["ended", "ended"]


def test_one_that_fails_is_named_and_what_it_found_stays(tmp_path, caplog):
    source = """
@hookimpl
async def devserve_discover(project):
    yield [Service("a", project.root, "a.test")]
    yield 3
"""

    async def scene() -> None:
        made = hooks(tmp_path, source)
        discovery = Discovery(lambda: None)
        discovery.follow({made})
        await until(lambda: "returned 3" in caplog.text)
        assert [each.name for each in made.services(Project(tmp_path / "devserve.toml")).services] == ["a"]
        await discovery.close()

    run(scene())
    assert "devserve_discover returned 3; have it return a list of Service; devserve goes on without it" in caplog.text


def test_a_discovered_service_is_one_of_the_project(tmp_path):
    made = hooks(tmp_path)
    made.discovered["x"] = [Service("late", Path("/r"), "late.test")]
    found = made.services(Project(tmp_path / "devserve.toml", services=(Service("web", tmp_path, "web.test"),)))
    assert [each.name for each in found.services] == ["web", "late"]
