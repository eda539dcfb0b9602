"""A service's env_file, read with python-dotenv: the format that docker compose and others share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

from devserve.errors import ServiceError


def read_env_file(path: Path | None) -> Mapping[str, str]:
    """Return the variables of an env_file; none without one. Raises ServiceError when it cannot be read."""
    if path is None:
        return {}
    try:
        with path.open(encoding="utf-8") as stream:
            values = dotenv_values(stream=stream)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ServiceError(f"cannot read the env_file {path}: {reason}; mend the file or its key") from error
    return {name: value for name, value in values.items() if value is not None}
