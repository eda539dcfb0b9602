import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devserve.config.facts import READ, SEEN, Facts
from devserve.config.load import load
from devserve.config.mistakes import TABLES
from devserve.config.scaffold import propose
from devserve.config.values import Project, Then

REPOSITORIES = {
    "vite": Facts("shop", {"package.json": '{"scripts": {"dev": "vite"}}', "pnpm-lock.yaml": ""}),
    "node": Facts("shop", {"package.json": '{"scripts": {"start": "node server.js"}}'}),
    "gulp": Facts("Shop Front", {"gulpfile.js": "connect.server({port: 8001}); livereload.listen(35730);"}),
    "procfile": Facts("shop", {"Procfile": 'web: gunicorn "a b" && x\nworker_one: celery -A x\njobs: rq\n'}),
    "django": Facts("shop", {"manage.py": "", "uv.lock": ""}),
    "flask": Facts("shop", {"app.py": "from flask import Flask\napp = Flask(__name__)\n"}),
    "fastapi": Facts("shop", {"main.py": "from fastapi import FastAPI\napp = FastAPI()\n"}),
    "tornado": Facts("shop", {"server.py": "import tornado.web\napp.listen(8888)\n"}),
    "static": Facts("shop", {"public/index.html": ""}),
    "nothing": Facts("shop", {}),
    "devserve": Facts("devserve", {"index.html": ""}),
}
all_repositories = pytest.mark.parametrize("facts", REPOSITORIES.values(), ids=REPOSITORIES)


def loaded(text: str) -> Project:
    return load(text, Path("/repo/devserve.toml"))


def uncommented(text: str) -> str:
    return re.sub(r"(?m)^#(?=[\w\[])", "", text)


@all_repositories
def test_a_proposal_is_right_as_it_is(facts):
    assert bool(loaded(propose(facts)).services) is bool(facts.files)


@all_repositories
def test_a_proposal_is_right_with_each_comment_taken_away(facts):
    assert loaded(uncommented(propose(facts))).services


@all_repositories
def test_a_proposal_teaches_every_key(facts):
    text = propose(facts)
    keys = {key for place, table in TABLES.items() if place for key in table.model_fields}
    assert [
        key for key in keys if not re.search(rf"(?m)(^#?|[{{,] ){key} = |^#?\[+services\.[\w-]+\.{key}\]", text)
    ] == []


@all_repositories
def test_no_line_is_too_long_to_read(facts):
    assert [line for line in propose(facts).splitlines() if len(line) > 120] == []


def test_a_process_that_serves_nothing_is_proposed_as_a_comment():
    text = propose(REPOSITORIES["procfile"])
    assert [service.name for service in loaded(text).services] == ["web"]
    assert [service.name for service in loaded(uncommented(text)).services] == ["web", "worker-one", "jobs"]


def test_a_backend_restarts_for_its_code_and_still_reloads_for_its_pages():
    (service,) = loaded(propose(REPOSITORIES["django"])).services
    assert [rule.then for rule in service.watch] == [Then.RESTART, Then.REFRESH, Then.RELOAD]


def test_gulps_own_livereload_server_is_kept():
    (service,) = loaded(propose(REPOSITORIES["gulp"])).services
    assert (service.name, service.port, service.livereload.source) == ("shop-front", 8001, 35730)


@settings(max_examples=40, derandomize=True, deadline=None)
@given(st.text(max_size=8), st.dictionaries(st.sampled_from((*READ, *SEEN)), st.text(max_size=30), max_size=4))
def test_whatever_a_repository_holds_the_proposal_is_right(folder, files):
    text = propose(Facts(folder, files))
    loaded(text)
    loaded(uncommented(text))


@settings(max_examples=40, derandomize=True, deadline=None)
@given(st.lists(st.tuples(st.text("ab_-W9", min_size=1, max_size=4), st.text(min_size=1, max_size=12)), max_size=3))
def test_whatever_a_procfile_says_the_proposal_is_right(processes):
    loaded(propose(Facts("shop", {"Procfile": "".join(f"{name}: {line}\n" for name, line in processes)})))
