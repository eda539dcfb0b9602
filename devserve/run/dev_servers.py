"""What development servers are told by their environment, so that they answer at our hosts."""

from __future__ import annotations

from collections.abc import Mapping

from devserve.config.values import Service


def variables_for(service: Service) -> Mapping[str, str]:
    """Return the variables that allow a service's hosts.

    Vite refuses hosts that it does not know; this variable is its own door for tools around it (vite 6.1 and later).
    Names below localhost it knows. Whatever else runs does not read it.
    """
    return {"__VITE_ADDITIONAL_SERVER_ALLOWED_HOSTS": ",".join(service.hosts)}
