from pathlib import Path
from types import MappingProxyType

import pytest

from devserve.config.values import Service
from devserve.run.command import command_for, task_for, with_port

ROOT = Path("/repository")


def a_service(**changes):
    return Service(**{"name": "compose", "root": ROOT, "host": "compose.localhost", **changes})


def env_of(service=None, *, inherited=None, extra=None, env_file=None, color=False):
    return command_for(service or a_service(), 3001, inherited or {}, extra or {}, env_file or {}, color=color).env


def test_a_command_has_the_port_and_the_names_of_devserve():
    assert env_of() == {"PORT": "3001", "DEVSERVE": "1", "DEVSERVE_SERVICE": "compose", "PYTHONUNBUFFERED": "1"}


LAYERS = ["inherited", "extra", "env_file", "env"]


@pytest.mark.parametrize("strongest", range(1, len(LAYERS) + 1))
def test_the_layer_nearest_to_the_service_wins(strongest):
    layers = {layer: {"LOG": layer} for layer in LAYERS[:strongest]}
    service = a_service(env=MappingProxyType(layers.pop("env", {})))
    assert env_of(service, **layers)["LOG"] == LAYERS[strongest - 1]


@pytest.mark.parametrize("layer", LAYERS)
def test_no_layer_sets_a_port_that_the_proxy_does_not_dial(layer):
    layers = {layer: {"PORT": "9999"}}
    service = a_service(env=MappingProxyType(layers.pop("env", {})))
    assert env_of(service, **layers)["PORT"] == "3001"


def test_a_service_may_ask_python_to_buffer():
    assert env_of(a_service(env={"PYTHONUNBUFFERED": ""}))["PYTHONUNBUFFERED"] == ""


@pytest.mark.parametrize(("color", "forced"), [(True, "1"), (False, None)])
def test_colors_are_forced_only_when_asked_for(color, forced):
    env = env_of(color=color)
    assert (env.get("FORCE_COLOR"), env.get("CLICOLOR_FORCE")) == (forced, forced)


@pytest.mark.parametrize(
    ("name", "passed_on"),
    [
        ("PATH", True),
        ("DEVSERVE_HOME", True),
        ("DEVSERVE_TOKEN", False),
        ("DEVSERVE_RUN", False),
        ("LISTEN_FDS", False),
        ("NOTIFY_SOCKET", False),
        ("DEVSERVER", True),
    ],
)
def test_what_is_only_for_devserve_is_not_passed_on(name, passed_on):
    assert (name in env_of(inherited={name: "x"})) is passed_on


def test_devserve_may_tell_a_service_the_addresses_of_others():
    assert env_of(extra={"DEVSERVE_CONTACTS_URL": "https://a"})["DEVSERVE_CONTACTS_URL"] == "https://a"


@pytest.mark.parametrize(
    ("text", "replaced"),
    [
        ("--port=$PORT", "--port=3001"),
        ("${PORT}", "3001"),
        ("$PORT:$PORT", "3001:3001"),
        ("$PORT/x", "3001/x"),
        ("$PORTAL $PORT_B ${PORT_B} $port PORT $HOME", "$PORTAL $PORT_B ${PORT_B} $port PORT $HOME"),
        ("${PORT", "${PORT"),
    ],
)
def test_only_the_port_is_replaced(text, replaced):
    assert with_port(text, 3001) == replaced


def test_the_port_is_replaced_in_words_and_in_what_the_project_sets():
    service = a_service(command=("serve", "-p", "$PORT"), env={"A": "a:$PORT"})
    command = command_for(service, 3001, {"C": "$PORT"}, {}, {"B": "b:${PORT}"})
    assert command.argv == ("serve", "-p", "3001")
    assert (command.env["A"], command.env["B"], command.env["C"]) == ("a:3001", "b:3001", "$PORT")


@pytest.mark.parametrize(
    ("cwd", "folder"), [(None, ROOT), (Path("web"), ROOT / "web"), (Path("/elsewhere"), Path("/elsewhere"))]
)
def test_a_command_runs_in_the_services_folder(cwd, folder):
    assert command_for(a_service(cwd=cwd), 1, {}, {}, {}).cwd == folder


def test_a_command_does_not_show_its_environment():
    assert "hunter2" not in repr(command_for(a_service(env={"PASSWORD": "hunter2"}), 1, {}, {}, {}))


def test_a_task_runs_where_and_with_what_the_service_runs():
    command = command_for(a_service(command=("serve",), env={"A": "b"}), 3001, {}, {}, {})
    task = task_for(("build", "${PORT}"), command)
    assert (task.argv, task.cwd, task.env) == (("build", "3001"), command.cwd, command.env)


def test_secrets_of_the_env_file_are_known_to_the_command_and_its_tasks_and_not_shown():
    command = command_for(a_service(), 3001, {}, {}, {"API_KEY": "sk_live_4eC39H", "MODE": "development"})
    assert command.secrets == task_for(("gulp",), command).secrets == ("sk_live_4eC39H",)
    assert "sk_live" not in repr(command)
