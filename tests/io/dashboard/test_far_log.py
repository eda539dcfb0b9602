from devserve.hub.orders import Line, Note, Verb
from devserve.io.dashboard.far_log import LAST_LINES, FarLog
from devserve.io.hub.control import folder_in
from support.hubs import hub_in
from support.proxied import run, until


def test_the_last_lines_then_those_that_come_then_that_it_has_ended(tmp_path):
    async def scene() -> None:
        async with hub_in(tmp_path, 7, Line("web", "one"), Note("x"), Line("web", "two")) as heard:
            log = FarLog(folder_in(tmp_path), 7, "web")
            lines: list[str] = []
            await until(lambda: lines.extend(log.take()) or len(lines) == 2)
            (order,) = heard
            assert (order.verb, order.names, order.lines, order.follow) == (Verb.LOGS, ("web",), LAST_LINES, True)
            assert lines == ["one", "two"]
            log.close()
        late = FarLog(folder_in(tmp_path), 7, "web")
        await until(lambda: lines.extend(late.take()) or len(lines) == 3)
        assert lines[2] == "— the devserve with pid 7 has ended —"

    run(scene())
