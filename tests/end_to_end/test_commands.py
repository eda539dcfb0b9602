"""The commands beside `run`, as a user types them."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from support.fleet_home import Home, copy_of_fleet, new_home

BUNDLES = ("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO")
SHOW = "import json, os; print(json.dumps(dict(os.environ)))"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home in which devserve never ran."""
    return new_home(tmp_path)


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A copy of the example fleet."""
    return copy_of_fleet(tmp_path)


def test_check_says_that_the_fleet_is_right(home: Home, fleet: Path) -> None:
    checked = home.devserve("check", cwd=fleet)
    assert (checked.returncode, checked.stdout) == (0, "")
    assert checked.stderr


def test_check_leaves_no_state(home: Home, fleet: Path) -> None:
    home.devserve("check", cwd=fleet)
    assert list(home.path.iterdir()) == []


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"index.html": "<h1>Hello</h1>"},
        {"package.json": '{"scripts": {"start": "node server.js"}}'},
        {"Procfile": "web: python3 server.py\n"},
        {"pyproject.toml": '[project]\nname = "shop"\ndependencies = ["flask"]\n', "app.py": "app = Flask(__name__)\n"},
        {"package.json": '{"scripts": {"dev": "gulp"}}', "gulpfile.js": "exports.default = () => {}\n"},
    ],
    ids=["nothing", "pages", "node", "procfile", "python", "gulp"],
)
def test_what_init_writes_passes_check(home: Home, tmp_path: Path, files: dict[str, str]) -> None:
    root = tmp_path / "shop"
    root.mkdir()
    for name, text in files.items():
        (root / name).write_text(text)
    started = home.devserve("init", cwd=root)
    assert started.returncode == 0, started.stderr
    checked = home.devserve("check", cwd=root)
    assert checked.returncode == 0, checked.stderr
    assert "#" in (root / "devserve.toml").read_text()


def test_init_asks_nothing_where_nobody_is(home: Home, tmp_path: Path) -> None:
    (tmp_path / "manage.py").write_text("")
    started = home.devserve("init", cwd=tmp_path)
    assert "?" not in started.stderr
    assert "`devserve run` starts `python3 manage.py runserver --noreload $PORT`" in started.stderr


def test_init_does_not_overwrite(home: Home, fleet: Path) -> None:
    before = (fleet / "devserve.toml").read_text()
    refused = home.devserve("init", cwd=fleet)
    assert refused.returncode == 2
    assert "devserve.toml" in refused.stderr
    assert (fleet / "devserve.toml").read_text() == before


def test_schema_is_json_on_stdout_alone(home: Home, tmp_path: Path) -> None:
    printed = home.devserve("schema", cwd=tmp_path)
    assert (printed.returncode, printed.stderr) == (0, "")
    assert "services" in json.loads(printed.stdout)["properties"]


@pytest.mark.parametrize("command", ["show", "export"])
def test_without_a_ca_its_commands_say_how_to_get_one(home: Home, fleet: Path, command: str) -> None:
    refused = home.devserve("ca", command, cwd=fleet)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "devserve setup" in refused.stderr
    assert [*home.state.rglob("*.pem")] == []


def test_ca_export_is_a_certificate_and_no_key(home: Home, fleet: Path) -> None:
    home.devserve("env", cwd=fleet)
    exported = home.devserve("ca", "export", cwd=fleet)
    assert exported.returncode == 0, exported.stderr
    assert ssl.PEM_cert_to_DER_cert(exported.stdout)
    assert "PRIVATE" not in exported.stdout


def test_ca_show_names_its_limits(home: Home, fleet: Path) -> None:
    home.devserve("env", cwd=fleet)
    shown = home.devserve("ca", "show", cwd=fleet)
    assert shown.returncode == 0, shown.stderr
    text = shown.stdout + shown.stderr
    assert "localhost" in text
    assert "PRIVATE" not in text


def test_the_key_of_the_ca_is_for_its_owner_only(home: Home, fleet: Path) -> None:
    home.devserve("env", cwd=fleet)
    keys = [path for path in home.state.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]
    assert keys
    assert {oct(key.stat().st_mode & 0o777) for key in keys} == {"0o600"}


def nicknames(home: Home) -> str:
    """Return what the browsers' database of a home trusts."""
    database = f"sql:{home.path}/.local/share/pki/nssdb"
    listed = subprocess.run(["certutil", "-L", "-d", database], capture_output=True, text=True, check=True)
    return listed.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Chromium trusts what the system trusts")
@pytest.mark.skipif(not shutil.which("certutil"), reason="no certutil here; on Debian: apt install libnss3-tools")
def test_teardown_undoes_what_setup_did(home: Home, fleet: Path) -> None:
    done = home.devserve("setup", "--yes", "--store", "nss", cwd=fleet)
    assert done.returncode == 0, done.stderr
    assert "certutil" in done.stderr  # each command is shown
    assert "devserve" in nicknames(home)
    undone = home.devserve("teardown", "--yes", cwd=fleet)
    assert undone.returncode == 0, undone.stderr
    assert not (home.path / ".local/share/pki").exists()
    assert not [*home.state.rglob("*.pem")]


def test_setup_asks_on_a_terminal_only(home: Home, fleet: Path) -> None:
    refused = home.devserve("setup", "--store", "nss", cwd=fleet)
    assert refused.returncode == 2
    assert "--yes" in refused.stderr
    assert not (home.path / ".local").exists()


def test_env_as_json_makes_other_runtimes_trust_the_ca(home: Home, fleet: Path) -> None:
    printed = home.devserve("env", "--json", cwd=fleet)
    assert printed.returncode == 0, printed.stderr
    variables = json.loads(printed.stdout)
    for name in BUNDLES:
        assert "BEGIN CERTIFICATE" in Path(variables[name]).read_text(), name


@pytest.mark.parametrize("shell", ["sh", "fish", "dotenv"])
def test_env_is_printed_for_each_kind_of_reader(home: Home, fleet: Path, shell: str) -> None:
    printed = home.devserve("env", "--format", shell, cwd=fleet)
    assert printed.returncode == 0, printed.stderr
    assert "NODE_EXTRA_CA_CERTS" in printed.stdout


def test_env_for_compose_gives_containers_the_public_files_the_variables_and_the_names(home: Home, fleet: Path) -> None:
    printed = home.devserve("env", "--format", "compose", cwd=fleet)
    assert printed.returncode == 0, printed.stderr
    service = yaml.safe_load(printed.stdout)["services"]["devserve"]
    public = Path(service["volumes"][0]["source"])
    assert sorted(file.name for file in public.iterdir()) == ["bundle.pem", "ca.pem"]
    assert b"PRIVATE" not in b"".join(file.read_bytes() for file in public.iterdir())
    assert "web.fleet.localhost:host-gateway" in service["extra_hosts"]


def test_exec_runs_a_command_with_the_variables(home: Home, fleet: Path) -> None:
    ran = home.devserve("exec", "--", "python3", "-c", SHOW, cwd=fleet)
    assert ran.returncode == 0, ran.stderr
    variables = json.loads(ran.stdout)
    expected = json.loads(home.devserve("env", "--json", cwd=fleet).stdout)
    assert expected
    assert {name: variables.get(name) for name in expected} == expected


def test_exec_passes_the_exit_status_on(home: Home, fleet: Path) -> None:
    assert home.devserve("exec", "--", "sh", "-c", "exit 7", cwd=fleet).returncode == 7


@pytest.mark.parametrize(("typed", "meant"), [(["rum"], "run"), (["run", "--https-prot", "1"], "--https-port")])
def test_what_does_not_exist_gets_the_nearest_name(home: Home, fleet: Path, typed: list[str], meant: str) -> None:
    refused = home.devserve(*typed, cwd=fleet)
    assert refused.returncode == 2
    assert meant in refused.stderr
    assert "--help" in refused.stderr


def test_help_lists_the_commands(home: Home, tmp_path: Path) -> None:
    shown = home.devserve("--help", cwd=tmp_path)
    assert shown.returncode == 0
    assert all(name in shown.stdout for name in ("run", "init", "setup", "teardown", "env", "exec", "check", "schema"))
