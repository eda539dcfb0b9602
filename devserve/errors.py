"""The few errors of devserve; each says whose fault it is and carries the exit status (DESIGN 2.1)."""

from __future__ import annotations

from pathlib import Path


class DevserveError(Exception):
    """A sentence for the user: what is wrong, where, and the command or edit that mends it."""

    exit_status = 1


class ConfigError(DevserveError):
    """A devserve.toml is wrong. `problems` holds each mistake as `file:line:column: message`."""

    exit_status = 2

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class UsageError(DevserveError):
    """The command line or the machine's set-up asks for something that cannot be done."""

    exit_status = 2


class NotAllowedError(UsageError):
    """What these devserve.toml files would run has changed while it runs, and may not run yet."""

    def __init__(self, message: str, *files: Path) -> None:
        super().__init__(message)
        self.files = files


class AuthorityError(DevserveError):
    """The certificate authority cannot be read, written or used for a name."""


class TrustStoreError(DevserveError):
    """A trust store could not be changed or looked at."""


class HostsFileError(DevserveError):
    """The hosts file cannot be read, understood or changed; it is as it was."""


class ListenError(DevserveError):
    """A port could not be bound."""


class ServiceError(DevserveError):
    """A service could not be started or did not become ready."""


class UpstreamError(DevserveError):
    """The service's side of an exchange failed before a response could be relayed."""


class ProtocolError(DevserveError):
    """A message breaks RFC 9112."""


class LocalProtocolError(ProtocolError):
    """We tried to send what may not be sent now: a mistake of devserve's own."""


class RemoteProtocolError(ProtocolError):
    """The peer sent what must not be understood. `status` is what a server answers (400, 431, 501 …)."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
