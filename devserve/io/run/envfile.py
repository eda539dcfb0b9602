"""A service's env_file, read with python-dotenv: the format that docker compose and others share."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from devserve.errors import ServiceError


def read_env_file(path: Path | None) -> Mapping[str, str]:
    """Return the variables of an env_file; none without one. Raises ServiceError when it cannot be read."""
    if path is None:
        return {}
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ServiceError(f"cannot read the env_file {path}: {reason}; mend the file or its key") from error
    broken = next((each.original.line for each in parse_stream(StringIO(text)) if each.error), None)
    if broken is not None:
        raise ServiceError(f"{path}:{broken}: not NAME=value; mend this line")
    values = dotenv_values(stream=StringIO(text))
    return {name: value for name, value in values.items() if value is not None}
