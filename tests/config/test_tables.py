from dataclasses import asdict

import pytest
from pydantic import ValidationError

from devserve.config.tables import (
    Document,
    LivereloadTable,
    ReadyTable,
    ServiceTable,
    StopTable,
    TimeoutsTable,
    UpstreamTlsTable,
    WatchTable,
)
from devserve.config.values import Livereload, Ready, Stop, Timeouts, UpstreamTls

CONTRACT = {
    "command": "npm start",
    "port": 3001,
    "listen": "port",
    "host": "compose.shop.test",
    "aliases": ["mail.shop.test"],
    "path": "/",
    "upstream": "unix:app.sock",
    "fallback": "https://staging.test",
    "upstream_host": "app.test:3001",
    "upstream_tls": {
        "ca": "ca.pem",
        "verify": True,
        "server_name": "a.test",
        "client_cert": "a.pem",
        "client_key": "a.key",
    },
    "timeouts": {
        "handshake": "10s",
        "connect": "10s",
        "head": "30s",
        "upload": "2m",
        "answer": "10m",
        "download": "10m",
        "idle": "75s",
    },
    "env": {"LOG": "debug"},
    "env_file": ".env",
    "cwd": ".",
    "needs": ["contacts"],
    "ready": {"log": "listening on"},
    "stop": {"signal": "TERM", "grace": "5s"},
    "livereload": {"source": "devserve", "host": "livereload.test", "inject": True, "csp": "adapt", "placement": "end"},
    "watch": [
        {
            "paths": ["**/*.scss"],
            "ignore": ["vendor/**"],
            "run": "npx gulp css",
            "outputs": ["dist/**"],
            "then": "refresh",
        }
    ],
}


def test_a_service_has_the_keys_of_the_contract_and_no_others():
    assert set(ServiceTable.model_fields) == set(CONTRACT)
    assert ServiceTable.model_validate(CONTRACT).model_fields_set == set(CONTRACT)


def test_defaults_are_those_of_the_values():
    assert ReadyTable().timeout == Ready().timeout
    assert (StopTable().signal, StopTable().grace) == (Stop().signal, Stop().grace)
    assert (LivereloadTable().source, LivereloadTable().inject, LivereloadTable().csp) == (
        Livereload().source,
        Livereload().inject,
        Livereload().csp,
    )
    assert TimeoutsTable().model_dump() == asdict(Timeouts())
    assert UpstreamTlsTable().verify == UpstreamTls().verify


@pytest.mark.parametrize("source", ["devserve", "off", 35729, 1, 65535, "relay:35729", "relay:1"])
def test_live_reload_comes_from_devserve_a_port_or_nowhere(source):
    assert LivereloadTable(source=source).source == source


@pytest.mark.parametrize(
    "source", ["", "on", 0, 65536, True, 35729.0, "35729", "relay:", "relay:0", "relay:65536", "relay:x", None, [], {}]
)
def test_refuses_other_sources_of_live_reload(source):
    with pytest.raises(ValidationError, match="livereload server"):
        LivereloadTable.model_validate({"source": source})


@pytest.mark.parametrize(
    "signs", [{"tcp": True, "http": "/"}, {"http": "/", "log": "x"}, {"tcp": True, "http": "/", "log": "x"}]
)
def test_a_service_is_ready_by_one_sign(signs):
    with pytest.raises(ValidationError, match="only one of tcp, http and log"):
        ReadyTable.model_validate(signs)


@pytest.mark.parametrize(
    ("keys", "accepted"),
    [
        ({"ca": "ca.pem", "verify": False}, "either ca or verify = false"),
        ({"client_key": "a.key"}, "client_cert if it has client_key"),
    ],
)
def test_refuses_settings_of_tls_that_contradict_each_other(keys, accepted):
    with pytest.raises(ValidationError, match=accepted):
        UpstreamTlsTable.model_validate(keys)


def test_refuses_outputs_without_a_task():
    with pytest.raises(ValidationError, match="run if it has outputs"):
        WatchTable.model_validate({"paths": ["*.css"], "outputs": ["dist/**"]})


@pytest.mark.parametrize("keys", [{}, {"verify": False, "client_cert": "a.pem"}, {"verify": True, "ca": "ca.pem"}])
def test_settings_of_tls_may_be_left_out(keys):
    assert UpstreamTlsTable.model_validate(keys).model_fields_set == set(keys)


def test_tables_do_not_change():
    with pytest.raises(ValidationError, match="frozen"):
        StopTable().grace = 1.0


def test_every_key_is_described():
    tables = {
        Document,
        ServiceTable,
        ReadyTable,
        StopTable,
        LivereloadTable,
        TimeoutsTable,
        UpstreamTlsTable,
        WatchTable,
    }
    described = {
        f"{table.__name__}.{key}": field.description or field.annotation.__doc__
        for table in tables
        for key, field in table.model_fields.items()
    }
    assert [key for key, text in described.items() if not text] == []
