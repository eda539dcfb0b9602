import pytest

from devserve.config.values import Service, Stop
from devserve.io.run import progress
from devserve.io.run.ports import free_port
from devserve.io.run.progress import Progress
from devserve.io.run.services import RunningService
from support.running import a_command, a_warden, on_both_loops, until


@pytest.fixture
def soon(monkeypatch, caplog):
    """Let moments come at once; return what was said."""
    monkeypatch.setattr(progress, "moments", lambda: iter([0.001, 0.002, 0.003, 1000.0]))
    caplog.set_level("INFO")
    return caplog


@on_both_loops
def test_it_is_said_at_each_moment_that_something_goes_on(run, soon):
    async def test():
        with progress.progress(lambda seconds: f"still ({seconds:g} s)"):
            await until(lambda: len(soon.messages) == 3)

    run(test())
    assert soon.messages == ["still (0.001 s)", "still (0.002 s)", "still (0.003 s)"]


@on_both_loops
def test_nothing_is_said_of_what_has_ended(run, soon):
    async def test():
        ended = Progress(lambda seconds: "still")
        ended.end()
        with progress.progress(lambda seconds: "another"):
            await until(lambda: len(soon.messages) == 3)
        return repr(ended)

    assert run(test()) == "<Progress for 0 s>"
    assert set(soon.messages) == {"another"}


@on_both_loops
def test_an_error_ends_it_too(run, soon):
    async def test():
        with pytest.raises(ValueError, match="broken"), progress.progress(lambda seconds: "still"):
            raise ValueError("broken")
        with progress.progress(lambda seconds: "another"):
            await until(lambda: len(soon.messages) == 3)

    run(test())
    assert set(soon.messages) == {"another"}


@on_both_loops
def test_a_service_that_is_waited_for_is_said(run, soon, tmp_path):
    async def test():
        async with a_warden() as warden:
            service = Service("web", tmp_path, "web.localhost", command=("sleep", "100"), stop=Stop(grace=0.2))
            command = a_command(service.command, tmp_path)
            web = RunningService(service, free_port(), lambda: command, warden, print, print)
            web.start()
            await until(lambda: len(soon.messages) == 3)
            await web.stop()

    run(test())
    said = "web: still waiting for it to be ready (0.001 s): nothing takes connections at http://127.0.0.1:"
    assert soon.messages[0].startswith(said)
