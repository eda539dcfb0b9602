"""What a devserve.toml says, as frozen values that every other part works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from signal import Signals
from typing import Literal, TypeAlias, TypeVar

Placement: TypeAlias = Literal["head", "body", "end"]  # the start of the head, the start of the body, its end

OTHER_REPOSITORY = "/"  # "contacts/api" is the service api of another repository, contacts
Settings = TypeVar("Settings")

RECONNECT = "mindelay=100&maxdelay=800"  # milliseconds; the query is read undecoded, so only digits are safe


class Then(StrEnum):
    """What a change leads to, after the rule's task has run."""

    REFRESH = "refresh"  # swap stylesheets and images in the open page
    RELOAD = "reload"  # load the page again
    RESTART = "restart"  # restart the process, reload the page when it is ready
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class UpstreamTls:
    """How an https origin shows who it is, and devserve to it."""

    ca: Path | None = None  # the certificates that vouch for it; None: those that the system trusts
    verify: bool = True
    server_name: str = ""  # asked for by SNI and looked for in the certificate; the origin's host by default
    client_cert: Path | None = None
    client_key: Path | None = None  # None: it is in the file of client_cert


INSIDE = 0  # the port of an origin that is in this process; its host is whatever tells it from others


@dataclass(frozen=True, slots=True)
class Origin:
    """Where devserve dials for a route: scheme, host and port, or a unix socket (RFC 9110, section 4.3.1)."""

    scheme: Literal["http", "https"] = "http"
    host: str = "127.0.0.1"
    port: int = 80
    unix_path: str = ""  # when set, this socket is dialled instead of host and port
    tls: UpstreamTls | None = None  # part of the identity: connections with other settings are other connections

    @property
    def is_remote(self) -> bool:
        """Whether it is another machine's: neither a unix socket nor loopback (RFC 6761, section 6.3), nor devserve."""
        if self.unix_path or self.port == INSIDE:
            return False
        try:
            address = ip_address(self.host)
        except ValueError:
            name = self.host.lower()
            return name != "localhost" and not name.endswith(".localhost")
        return not (address.is_loopback or address.is_unspecified)

    def __str__(self) -> str:
        if self.unix_path:
            return f"unix:{self.unix_path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Ready:
    """How devserve sees that a service can answer: it accepts TCP, answers HTTP, or has logged a line."""

    by: Literal["tcp", "http", "log"] = "tcp"
    http: str = ""  # the target that must answer below 500
    log: str = ""  # the text that an output line must contain
    timeout: float = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class Stop:
    """How a service is asked to end: the signal to its group, and seconds until KILL."""

    signal: Signals = Signals.SIGTERM
    grace: float = 4.0  # below the 5 s in which Ctrl-C has to end everything


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long each step of an exchange may take, in seconds."""

    handshake: float = 10.0  # for a client's TLS handshake, from its connection on
    connect: float = 10.0  # until the upstream has taken a connection, TLS included
    head: float = 30.0  # for a whole request head; kills slow senders (slowloris)
    upload: float = 120.0  # without one byte of a request's body
    answer: float = 600.0  # until the head of the response: somebody may be in a debugger
    download: float = 600.0  # until a client that has stopped reading takes more of a response
    idle: float = 75.0  # between exchanges on one connection; nginx's keepalive_timeout


@dataclass(frozen=True, slots=True)
class Livereload:
    """Where a service's pages get their live reload from."""

    source: Literal["devserve", "off"] | int = "devserve"  # an int is the port of the service's own server
    host: str = ""  # serves livereload.js and the socket; livereload.HOST by default
    inject: bool | None = None  # None: into pages without a hot client of their own
    csp: Literal["adapt", "leave"] = "adapt"
    placement: Placement = "head"
    relay: int | None = None  # the port of a livereload server whose messages are passed on to devserve's own pages
    script: Path | None = None  # a livereload.js of the repository's own


@dataclass(frozen=True, slots=True)
class WatchRule:
    """Which saved files of a service lead to what. Patterns are .gitignore's, relative to the service's folder."""

    paths: tuple[str, ...]
    ignore: tuple[str, ...] = ()
    run: tuple[str, ...] = ()  # a task, awaited before `then`
    then: Then = Then.RELOAD
    outputs: tuple[str, ...] = ()  # what the task writes: it never starts the task


@dataclass(frozen=True, slots=True)
class Service:
    """One microservice: how it is started, where it answers, what a change means."""

    name: str
    root: Path  # the repository's folder: patterns and relative paths start here
    host: str
    aliases: tuple[str, ...] = ()
    path: str = "/"
    command: tuple[str, ...] = ()  # empty: something else starts it
    port: int | None = None  # None: devserve picks a free one
    listen: Literal["port", "fd"] = "port"  # fd: on the listening socket that it is given (sd_listen_fds(3))
    upstream: Origin | None = None  # None: http://127.0.0.1:port
    fallback: Origin | None = None  # answers while this one does not run
    upstream_host: str = ""  # what the upstream is sent as Host; empty: what the browser sent
    timeouts: Timeouts = Timeouts()
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    env_file: Path | None = None
    cwd: Path | None = None  # None: root
    needs: tuple[str, ...] = ()
    ready: Ready = Ready()
    stop: Stop = Stop()
    livereload: Livereload = Livereload()
    watch: tuple[WatchRule, ...] = ()
    settings: tuple[object, ...] = field(default=(), repr=False)  # what the plugins' own tables say
    dev_server: str = ""  # the program with a hot client of its own that `command` starts, such as vite
    repository: str = ""  # what its repository is called among those that run together
    shares_name: bool = False  # with a service of another repository that runs too
    would_run: tuple[str, ...] = ()  # what its repository would run, were it allowed: nothing of it runs

    def settings_for(self, model: type[Settings]) -> Settings:
        """Return what the table of a plugin says, by the model that the plugin has for it. Raises LookupError."""
        return _settings_in(self.settings, model)

    @property
    def label(self) -> str:
        """What it is called among all that run: its name, or REPOSITORY/NAME where that is another one's too."""
        return f"{self.repository}{OTHER_REPOSITORY}{self.name}" if self.shares_name else self.name

    @property
    def is_remote(self) -> bool:
        """Whether it is only a way to another machine: it gives way where a repository runs that has the service."""
        return not self.command and self.upstream is not None and self.upstream.is_remote

    @property
    def hosts(self) -> tuple[str, ...]:
        """The host and its aliases."""
        return (self.host, *self.aliases)

    @property
    def names(self) -> tuple[str, ...]:
        """Every host name that a browser asks for: the hosts, and that of livereload.js."""
        return self.hosts if self.livereload.source == "off" else (*self.hosts, self.livereload_host)

    @property
    def livereload_host(self) -> str:
        """The host that serves this service's livereload.js and socket."""
        return self.livereload.host or f"livereload.{self.host}"

    def livereload_origin(self, scheme: str, port: int) -> str:
        """Return the origin of livereload.js for a page that came by this scheme and port."""
        shown = "" if (scheme, port) in (("https", 443), ("http", 80)) else f":{port}"
        return f"{scheme}://{self.livereload_host}{shown}"

    def livereload_url(self, scheme: str, port: int) -> str:
        """Return the URL of livereload.js. `?port=` is the only form that every version of the script understands.

        The delays bring a page's socket back within a second after devserve was gone; by default that is up to 60.
        """
        return f"{self.livereload_origin(scheme, port)}/livereload.js?port={port}&{RECONNECT}"


@dataclass(frozen=True, slots=True)
class Project:
    """One repository: its devserve.toml, parsed and checked."""

    file: Path
    domain: str = "localhost"
    organization: str = ""
    include: tuple[Path, ...] = ()  # folders of other repositories to run along, or patterns for them
    plugins: tuple[Path, ...] = ()  # plugin files of this repository
    disabled_plugins: tuple[str, ...] = ()  # plugins, or single hooks of them, that are switched off by their names
    services: tuple[Service, ...] = ()
    tables: Mapping[str, Mapping[str, object]] = field(default_factory=dict, repr=False)  # [plugins.NAME], unchecked
    settings: tuple[object, ...] = field(default=(), repr=False)  # what they say, checked by the plugins

    def settings_for(self, model: type[Settings]) -> Settings:
        """Return what the table of a plugin says, by the model that the plugin has for it. Raises LookupError."""
        return _settings_in(self.settings, model)

    @property
    def root(self) -> Path:
        """The repository's folder."""
        return self.file.parent

    def without_files(self) -> Project:
        """Return it as far as it goes without the plugin files of the repository, and without their tables."""
        names = {path.stem for path in self.plugins}
        return replace(self, plugins=(), tables={name: self.tables[name] for name in self.tables if name not in names})


def _settings_in(settings: tuple[object, ...], model: type[Settings]) -> Settings:
    for each in settings:
        if isinstance(each, model):
            return each
    raise LookupError(f"no plugin has the settings {model.__name__}; return that model from devserve_settings")
