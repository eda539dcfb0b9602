"""The tables of a devserve.toml as models: each key with its type, its default and the words that editors show."""

from __future__ import annotations

from pathlib import Path
from signal import Signals
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from devserve.config import kinds
from devserve.config.hosts import host_field, host_name, service_name
from devserve.config.origins import origin_of
from devserve.config.values import Livereload, Placement, Project, Ready, Stop, Timeouts, UpstreamTls

# The defaults are those of the values.
PROJECT = Project(Path("devserve.toml"))
READY = Ready()
STOP = Stop()
LIVERELOAD = Livereload()
TIMEOUTS = Timeouts()
UPSTREAM_TLS = UpstreamTls()

SOURCE_IS = '"devserve", "off", the port of a livereload server, such as 35729, or "relay:35729"'
RELAY = "relay:"
DURATION_SCHEMA = {
    "anyOf": [{"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?(ms|s|m)$"}, {"type": "number", "minimum": 0}],
}
COMMAND_SCHEMA = {
    "anyOf": [{"type": "string", "minLength": 1}, {"type": "array", "items": {"type": "string"}, "minItems": 1}],
}
SOURCE_SCHEMA = {
    "anyOf": [
        {"enum": ["devserve", "off"]},
        {"type": "integer", "minimum": 1, "maximum": kinds.MOST_PORT},
        {"type": "string", "pattern": "^relay:[0-9]{1,5}$"},
    ],
}


def upstream(text: str) -> str:
    """Return the text of an upstream whose form is right; the repository's folder is not known here."""
    origin_of(text, Path())
    return text


def source(value: object) -> object:
    """Return where live reload comes from: one of two words, or the port of the service's own server."""
    is_port = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= kinds.MOST_PORT
    if not is_port and not is_relay(value) and value not in ("devserve", "off"):
        raise ValueError(SOURCE_IS)
    return value


def is_relay(value: object) -> bool:
    """Tell whether live reload is passed on from a port."""
    port = value.removeprefix(RELAY) if isinstance(value, str) and value.startswith(RELAY) else ""
    return port.isascii() and port.isdigit() and 1 <= int(port) <= kinds.MOST_PORT


def not_empty(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Return a list that has elements."""
    if not texts:
        raise ValueError("a list that is not empty")
    return texts


def affirmed(value: bool) -> bool:
    """Return true; false would mean to wait for nothing."""
    if not value:
        raise ValueError("true", "take it out, or give http or log")
    return value


Text = Annotated[str, AfterValidator(kinds.filled), WithJsonSchema({"type": "string", "minLength": 1})]
Texts = tuple[Text, ...]
Upstream = Annotated[str, AfterValidator(upstream)]
HostName = Annotated[str, AfterValidator(host_name)]
HostField = Annotated[str, AfterValidator(host_field)]
Port = Annotated[int, Field(strict=True, ge=1, le=kinds.MOST_PORT)]
Flag = Annotated[bool, Field(strict=True)]
Duration = Annotated[float, BeforeValidator(kinds.seconds), WithJsonSchema(DURATION_SCHEMA)]
Deadline = Annotated[Duration, AfterValidator(kinds.more_than_nothing)]
Words = Annotated[tuple[str, ...], BeforeValidator(kinds.words_of), WithJsonSchema(COMMAND_SCHEMA)]
Signal = Annotated[Signals, BeforeValidator(kinds.signal), WithJsonSchema({"enum": list(kinds.SIGNALS)})]
Source = Annotated[str | int, BeforeValidator(source), WithJsonSchema(SOURCE_SCHEMA)]


class Table(BaseModel):
    """What all tables share: nothing unknown in them, and nothing changes later."""

    model_config = ConfigDict(frozen=True, extra="forbid", field_title_generator=lambda name, _: name)


class ProjectTable(Table, title="[project]"):
    """This repository as a whole."""

    domain: HostName = Field(
        default=PROJECT.domain, description="A service answers at NAME.DOMAIN unless it has a host of its own."
    )
    organization: str = Field(
        default=PROJECT.organization, description="Whose services these are; for people and plugins."
    )
    include: Texts = Field(
        default=(),
        description="Folders of other repositories to run along with this one, or patterns for them.",
        examples=[["../contacts", "../services/*"]],
    )
    plugins: Texts = Field(
        default=(),
        description="Plugin files of this repository; only its services see them.",
        examples=[["plugins/headers.py"]],
    )
    disable_plugins: Texts = Field(
        default=(),
        description="Plugins to do without, by name, or NAME.HOOK for a hook of one; devserve's own are devserve.HOOK.",
        examples=[["devserve.snippet", "gulp"]],
    )


class ReadyTable(Table, title="[services.NAME.ready]"):
    """How devserve sees that the service can answer; requests wait until then. One of tcp, http and log."""

    tcp: Annotated[Flag, AfterValidator(affirmed)] | None = Field(
        default=None, description="Ready when the port accepts connections. This is the default."
    )
    http: Annotated[str, AfterValidator(kinds.target)] | None = Field(
        default=None, description="Ready when a GET of this path is answered below 500.", examples=["/health"]
    )
    log: Text | None = Field(
        default=None, description="Ready when a line of output holds this text.", examples=["listening on"]
    )
    timeout: Deadline = Field(default=READY.timeout, description="How long that may take.", examples=["30s"])

    @model_validator(mode="after")
    def one_sign(self) -> Self:
        """Return this table if at most one sign of readiness is asked for."""
        if sum(sign is not None for sign in (self.tcp, self.http, self.log)) > 1:
            raise ValueError("a table with only one of tcp, http and log")
        return self


class StopTable(Table, title="[services.NAME.stop]"):
    """How the service is asked to end."""

    signal: Signal = Field(
        default=STOP.signal,
        description="The signal that its process group gets first.",
        json_schema_extra={"default": "TERM"},
    )
    grace: Duration = Field(
        default=STOP.grace, description="How long it may take to end before it is killed.", examples=["5s"]
    )


class TimeoutsTable(Table, title="[services.NAME.timeouts]"):
    """How long each step of a request may take. A response that has begun, such as an event stream, has no end."""

    handshake: Deadline = Field(
        default=TIMEOUTS.handshake,
        description="For the TLS handshake of a client; the default holds until it has said which host it wants.",
        examples=["10s"],
    )
    connect: Deadline = Field(
        default=TIMEOUTS.connect, description="Until the service has taken a connection.", examples=["10s"]
    )
    head: Deadline = Field(
        default=TIMEOUTS.head, description="For the whole head of a request to come.", examples=["30s"]
    )
    upload: Deadline = Field(
        default=TIMEOUTS.upload, description="Without one byte of a request's body.", examples=["2m"]
    )
    answer: Deadline = Field(
        default=TIMEOUTS.answer, description="Until the head of the response has come.", examples=["10m"]
    )
    download: Deadline = Field(
        default=TIMEOUTS.download, description="Until a client that has stopped reading takes more.", examples=["10m"]
    )
    idle: Deadline = Field(
        default=TIMEOUTS.idle, description="Between two requests on one connection.", examples=["75s"]
    )


class UpstreamTlsTable(Table, title="[services.NAME.upstream_tls]"):
    """How an upstream or fallback of https:// is verified; by what the system trusts unless it is said here."""

    ca: Text | None = Field(
        default=None,
        description="A PEM file with the certificates that it is verified by, instead of the system's.",
        examples=["dev-ca.pem"],
    )
    verify: Flag = Field(default=UPSTREAM_TLS.verify, description="Verify its certificate at all.")
    server_name: HostName | None = Field(
        default=None,
        description="The name that it is asked for (SNI) and must have; the upstream's host by default.",
        examples=["staging.example.com"],
    )
    client_cert: Text | None = Field(
        default=None, description="A PEM file with the certificate to show to it.", examples=["client.pem"]
    )
    client_key: Text | None = Field(
        default=None,
        description="A PEM file with that certificate's key, without a password; the file of client_cert by default.",
        examples=["client.key"],
    )

    @model_validator(mode="after")
    def together(self) -> Self:
        """Return this table if its keys go together."""
        if self.ca is not None and not self.verify:
            raise ValueError("a table with either ca or verify = false, not both", "take one of them out")
        if self.client_key is not None and self.client_cert is None:
            raise ValueError(
                "a table with client_cert if it has client_key", "add the certificate, or take the key out"
            )
        return self


class LivereloadTable(Table, title="[services.NAME.livereload]"):
    """Where the service's pages get their live reload from."""

    source: Source = Field(
        default=LIVERELOAD.source,
        description='"devserve", "off", the port of a livereload server that the service runs, or "relay:PORT": '
        "devserve passes on what that server says.",
    )
    host: HostName | None = Field(
        default=None, description="The host of livereload.js and its socket; livereload.HOST unless it is given."
    )
    inject: Flag | None = Field(
        default=LIVERELOAD.inject,
        description="Put the script into each HTML page; by default into those without a hot client of their own.",
    )
    csp: Literal["adapt", "leave"] = Field(
        default=LIVERELOAD.csp,
        description="Adapt a page's Content-Security-Policy so that the script may run, or leave it.",
    )
    script: Text | None = Field(
        default=None,
        description="A livereload.js to serve instead of devserve's; a newer one in node_modules is found by itself.",
        examples=["vendor/livereload.js"],
    )
    placement: Placement = Field(
        default=LIVERELOAD.placement,
        description="Where the script goes: the start of the head or of the body, or the end of the body.",
    )


class WatchTable(Table, title="[[services.NAME.watch]]"):
    """What a saved file leads to. A service without such a table has sensible rules."""

    paths: Annotated[Texts, AfterValidator(not_empty)] = Field(
        json_schema_extra={"minItems": 1},
        description="Files, as patterns of .gitignore, from the repository's folder.",
        examples=[["src/**/*.scss"]],
    )
    ignore: Texts = Field(default=(), description="Files that are left out.", examples=[["src/vendor/**"]])
    run: Words = Field(default=(), description="A task that is awaited before what follows.", examples=["npx gulp css"])
    outputs: Texts = Field(
        default=(),
        description="What the task writes; these files never start it, and are left to the other rules.",
        examples=[["dist/**"]],
    )
    then: Literal["refresh", "reload", "restart", "nothing"] = Field(
        default="reload",
        description="Swap stylesheets and images in the page, reload the page, restart the service, or nothing.",
    )

    @model_validator(mode="after")
    def of_a_task(self) -> Self:
        """Return this table if what it calls outputs has a task that writes them."""
        if self.outputs and not self.run:
            raise ValueError("a table with run if it has outputs", "add the task, or write ignore instead of outputs")
        return self


class ServiceTable(Table, title="[services.NAME]"):
    """One microservice. It needs a command, a port or an upstream."""

    command: Words = Field(
        default=(),
        description="What starts it, run without a shell; $PORT is its port. Leave it out if something else starts it.",
        examples=["npm start"],
    )
    port: Port | None = Field(
        default=None,
        description="The port that it listens on, told to it as PORT; devserve picks a free one by default.",
    )
    listen: Literal["port", "fd"] = Field(
        default="port",
        description="Who listens on the port: the service, or devserve, which keeps the socket open over restarts and "
        "passes it as descriptor 3 (LISTEN_FDS).",
    )
    host: HostName | None = Field(default=None, description="Its host name; NAME.DOMAIN by default.")
    aliases: tuple[HostName, ...] = Field(default=(), description="More host names.", examples=[["mail.shop.test"]])
    path: Annotated[str, AfterValidator(kinds.path_prefix)] = Field(
        default="/",
        description="Services may share a host; the longest path wins.",
        json_schema_extra={"pattern": "^/"},
    )
    upstream: Upstream | None = Field(
        default=None,
        description="Where its requests go; http://127.0.0.1:PORT by default.",
        examples=["http://127.0.0.1:3001", "unix:app.sock", "https://staging.example.com"],
    )
    fallback: Upstream | None = Field(
        default=None,
        description="Where its requests go while it does not run here.",
        examples=["https://staging.example.com"],
    )
    upstream_host: HostField | None = Field(
        default=None,
        description="What the service is sent as Host; by default what the browser sent, or the name of a remote.",
        examples=["staging.example.com"],
    )
    upstream_tls: UpstreamTlsTable = Field(default=UpstreamTlsTable())
    timeouts: TimeoutsTable = Field(default=TimeoutsTable())
    env: dict[Annotated[str, AfterValidator(kinds.variable)], Annotated[str, AfterValidator(kinds.plain)]] = Field(
        default={}, description="Variables of its environment.", examples=[{"LOG": "debug"}]
    )
    env_file: Text | None = Field(default=None, description="A file with more variables.", examples=[".env"])
    cwd: Text | None = Field(default=None, description="The folder that it runs in; this file's folder by default.")
    needs: Texts = Field(
        default=(), description="Services that are ready before this one starts.", examples=[["contacts"]]
    )
    ready: ReadyTable = Field(default=ReadyTable())
    stop: StopTable = Field(default=StopTable())
    livereload: LivereloadTable = Field(default=LivereloadTable())
    watch: tuple[WatchTable, ...] = Field(
        default=(),
        description="What saved files lead to, each rule as [[services.NAME.watch]]; without one, sensible rules.",
    )


class Document(Table, title="devserve.toml"):
    """A whole devserve.toml."""

    project: ProjectTable = Field(default=ProjectTable())
    services: dict[Annotated[str, AfterValidator(service_name)], ServiceTable] = Field(
        default={}, description="The microservices, each by its name: [services.NAME]."
    )
    plugins: dict[str, dict[str, object]] = Field(
        default={},
        description="What plugins are told, each by its name: [plugins.NAME]; the keys are the plugin's own.",
    )
