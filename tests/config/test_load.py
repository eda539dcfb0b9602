import re
from pathlib import Path
from signal import SIGINT
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devserve.config.load import load, paths_to_check
from devserve.config.mistakes import TABLES
from devserve.config.values import (
    Livereload,
    Origin,
    Project,
    Ready,
    Service,
    Stop,
    Then,
    Timeouts,
    UpstreamTls,
    WatchRule,
)
from devserve.errors import ConfigError

FILE = Path("/repo/devserve.toml")
ROOT = FILE.parent
WHOLE = """\
#:schema .devserve.schema.json
[project]
domain = "Shop.test"
organization = "Shop"
include = ["../contacts"]
plugins = ["plugins/headers.py"]
disable_plugins = ["gulp"]

[services.compose]
command = "npm start -- --port $PORT"
port = 3001
host = "compose.shop.test"
aliases = ["mail.shop.test"]
path = "/app/"
upstream = "http://127.0.0.1:3001"
fallback = "https://staging.example.com"
env = { LOG = "debug" }
env_file = ".env"
cwd = "client"
needs = ["contacts", "mail/smtp"]
ready = { http = "/health", timeout = "90s" }
stop = { signal = "INT", grace = "500ms" }

[services.compose.livereload]
source = 35729
host = "reload.shop.test"
inject = false
csp = "leave"
placement = "end"

[[services.compose.watch]]
paths = ["src/**/*.scss"]
ignore = ["src/vendor/**"]
outputs = ["dist/**"]
run = "npx gulp css"
then = "refresh"

[[services.compose.watch]]
paths = ["**/*.py"]
then = "restart"

[services.docs]
upstream = "unix:docs.sock"
ready = { log = "listening on" }
timeouts = { head = "500ms", answer = 5 }

[services.search]
upstream = "https://staging.example.com"
upstream_host = "staging.example.com"
upstream_tls = { ca = "dev-ca.pem", server_name = "search.test", client_cert = "me.pem", client_key = "me.key" }
"""
SEARCH_TLS = UpstreamTls(
    ca=ROOT / "dev-ca.pem",
    server_name="search.test",
    client_cert=ROOT / "me.pem",
    client_key=ROOT / "me.key",
)
EXPECTED = Project(
    file=FILE,
    domain="shop.test",
    organization="Shop",
    include=(ROOT / "../contacts",),
    plugins=(ROOT / "plugins/headers.py",),
    disabled_plugins=("gulp",),
    services=(
        Service(
            name="compose",
            root=ROOT,
            host="compose.shop.test",
            aliases=("mail.shop.test",),
            path="/app",
            command=("npm", "start", "--", "--port", "$PORT"),
            port=3001,
            upstream=Origin("http", "127.0.0.1", 3001),
            fallback=Origin("https", "staging.example.com", 443),
            env=MappingProxyType({"LOG": "debug"}),
            env_file=ROOT / ".env",
            cwd=ROOT / "client",
            needs=("contacts", "mail/smtp"),
            ready=Ready("http", http="/health", timeout=90.0),
            stop=Stop(SIGINT, 0.5),
            livereload=Livereload(35729, "reload.shop.test", False, "leave", "end"),
            watch=(
                WatchRule(("src/**/*.scss",), ("src/vendor/**",), ("npx", "gulp", "css"), Then.REFRESH, ("dist/**",)),
                WatchRule(("**/*.py",), then=Then.RESTART),
            ),
        ),
        Service(
            name="docs",
            root=ROOT,
            host="docs.shop.test",
            upstream=Origin(unix_path="/repo/docs.sock"),
            ready=Ready("log", log="listening on"),
            timeouts=Timeouts(head=0.5, answer=5.0),
        ),
        Service(
            name="search",
            root=ROOT,
            host="search.shop.test",
            upstream=Origin("https", "staging.example.com", 443, tls=SEARCH_TLS),
            upstream_host="staging.example.com",
        ),
    ),
)


def cases() -> list[tuple[str, list[str]]]:
    """The texts of mistakes.txt, each with what is said of it."""
    found = []
    text, problems = "", []
    for line in [*(Path(__file__).parent / "mistakes.txt").read_text().splitlines()[1:], ""]:
        if line.startswith("=> "):
            problems.append(line.removeprefix("=> "))
            continue
        if problems:
            found.append((text, problems))
            text, problems = "", []
        text += "" if line.startswith("##") or (not line and not text) else f"{line}\n"
    return found


CASES = cases()


def problems_of(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load(text, Path("devserve.toml"))
    return caught.value.problems


def said_of(text: str) -> tuple[str, ...]:
    """Return what is wrong with a file that no plugin adds anything to."""
    try:
        return tuple(load(text, FILE, "devserve.toml").doubts.values())
    except ConfigError as error:
        return error.problems


def test_a_whole_file_becomes_the_values_it_says():
    assert load(WHOLE, FILE) == EXPECTED


def test_an_empty_file_is_a_project_without_services():
    assert load("", FILE) == Project(FILE)


@pytest.mark.parametrize(("text", "problems"), CASES, ids=[problems[0][:60] for _, problems in CASES])
def test_every_mistake_is_said_with_its_place_and_its_mending(text, problems):
    assert said_of(text) == tuple(f"devserve.toml:{problem}" for problem in problems)


@pytest.mark.parametrize("text", ["a = 1" + "0" * 5000, "a = " + "[" * 900])
def test_refuses_what_the_parser_cannot_bear(text):
    (problem,) = problems_of(text)
    assert problem == "devserve.toml:1:1: not TOML that can be read; a number is too long or a nesting too deep"


def test_shortens_long_values():
    (problem,) = problems_of(f'[services.web]\nport = 1\nhost = "{"x" * 500}"\n')
    assert len(problem) < 250


def test_messages_name_the_file_as_it_is_shown():
    with pytest.raises(ConfigError, match=r"^api/devserve\.toml:1:1: unknown key"):
        load("x = 1", FILE, "api/devserve.toml")
    with pytest.raises(ConfigError, match=r"^/repo/devserve\.toml:1:1: unknown key"):
        load("x = 1", FILE)


def test_a_secret_never_stands_in_a_message():
    text = '[services.a]\nport = 1\nenv = { TOKEN = 53147, "A B" = "x" }\nupstream = "http://u:53147@h"\n'
    assert "53147" not in "".join(problems_of(text))
    assert len(problems_of(text)) == 3


def test_a_need_that_an_included_repository_may_meet_is_kept():
    text = '[project]\ninclude = ["../contacts"]\n[services.a]\nport = 1\nneeds = ["contacts"]\n'
    assert load(text, FILE).services[0].needs == ("contacts",)


def test_the_paths_that_must_be_there_are_named_with_their_places():
    named = paths_to_check(load(WHOLE, FILE), WHOLE, "devserve.toml")
    assert [(path.kind, path.path, path.line, path.column) for path in named] == [
        ("repository", ROOT / "../contacts", 5, 12),
        ("file", ROOT / "plugins/headers.py", 6, 12),
        ("file", ROOT / ".env", 18, 1),
        ("folder", ROOT / "client", 19, 1),
        ("file", ROOT / "dev-ca.pem", 50, 18),
        ("file", ROOT / "me.pem", 50, 66),
        ("file", ROOT / "me.key", 50, 90),
    ]
    assert named[4].absence.endswith('create it, or edit "ca" in [services.search.upstream_tls]')
    assert named[2].absence == (
        'devserve.toml:18:1: there is no file /repo/.env; create it, or edit "env_file" in [services.compose]'
    )


KEYS = st.sampled_from(sorted({key for table in TABLES.values() for key in table.model_fields} | {"web", "[key]"}))
LEAVES = st.sampled_from(['"a"', '"/a"', '""', '"restart"', "1", "0.5", "true", "1979-05-27", "[]", "{}"])
TREES = st.recursive(
    LEAVES,
    lambda trees: (
        st.lists(trees, max_size=2).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(KEYS, trees, max_size=3).map(
            lambda table: "{" + ", ".join(f'"{key}" = {value}' for key, value in table.items()) + "}"
        )
    ),
    max_leaves=12,
)


SENTENCE = re.compile(r"f:\d+:\d+: (?!.*(?:pydantic|https://errors|Input should|Value error)).+")


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.dictionaries(KEYS, TREES, max_size=3), st.dictionaries(KEYS, TREES, max_size=4))
def test_whatever_toml_says_it_is_a_project_or_a_list_of_places(top, web):
    top.pop("services", None)
    text = "\n".join(f'"{key}" = {value}' for key, value in top.items())
    text += "\n[services.web]\n" + "\n".join(f'"{key}" = {value}' for key, value in web.items())
    try:
        problems = [] if isinstance(load(text, FILE, "f"), Project) else ["no project"]
    except ConfigError as error:
        problems = [problem for problem in error.problems if not SENTENCE.fullmatch(problem)]
    assert problems == []
