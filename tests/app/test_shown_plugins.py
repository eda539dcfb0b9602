import asyncio

from support.dashboards import staged
from support.hooks import IMPORTS
from support.proxied import run

PLUGIN = (
    IMPORTS
    + """
from devserve import Panel
CALLS = []

@hookimpl
async def devserve_panels(project):
    CALLS.append(project)
    return [Panel("calls", [{"Calls": len(CALLS), "Services": len(project.services)}])]
"""
)


def test_each_repository_has_its_plugins_with_calls_and_panels(tmp_path):
    file = tmp_path / "tool.py"
    file.write_text(PLUGIN)

    async def scene() -> None:
        async with staged(tmp_path, start=False, files=(file,)) as stage:
            several = await asyncio.gather(*(stage.panorama.own_plugins.repositories() for _ in range(5)))
            ((repository,),) = {id(each): each for each in several}.values()
            assert repository["file"] == str(tmp_path / "devserve.toml")
            (tool,) = [each for each in repository["plugins"] if each["source"].endswith("tool.py")]
            assert [(hook["name"], hook["calls"]) for hook in tool["hooks"]] == [("devserve_panels", 1)]
            (panel,) = repository["panels"]
            assert (panel["plugin"], panel["title"]) == (tool["name"], "calls")
            assert panel["parts"][0]["facts"][0] == ["Calls", {"text": "1"}]
            assert repository["failed"] == []

    run(scene())


def test_a_plugin_that_takes_too_long_or_fails_is_named_and_the_others_are_shown(tmp_path, monkeypatch):
    monkeypatch.setattr("devserve.app.shown_plugins.DEADLINE", 0.01)
    slow, works = tmp_path / "slow.py", tmp_path / "works.py"
    slow.write_text(f"{IMPORTS}import asyncio\n@hookimpl\nasync def devserve_panels(): await asyncio.sleep(60)\n")
    works.write_text(PLUGIN)

    async def scene() -> None:
        async with staged(tmp_path, start=False, files=(slow, works)) as stage:
            (repository,) = await stage.panorama.plugins()
            assert [name.endswith("slow.py") for name in repository["failed"]] == [True]
            assert len(repository["panels"]) == 1

    run(scene())
