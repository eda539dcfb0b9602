"""What plugins do to an exchange: they answer it, or edit the heads of its request and its response."""

from __future__ import annotations

import logging

from devserve.http1 import Headers, Request, Response
from devserve.io.proxy.site import Served
from devserve.proxy.plugged import KEPT_OF_REQUEST, KEPT_OF_RESPONSE, Answer, kept

LOG = logging.getLogger("devserve")


def ask(served: Served, request: Request) -> tuple[Answer | None, Request]:
    """Return a plugin's answer if there is one, and the request as it goes to the service."""
    backend = served.backend
    answer = served.hooks.request(request, served.service, ready=backend.ready, coming=backend.coming)
    if answer is not None:
        return answer, request
    edited = request.headers.copy()
    served.hooks.request_headers(edited, request, served.service)
    if edited == request.headers:
        return None, request
    headers = _kept(served, edited, request.headers, KEPT_OF_REQUEST, "request")
    return None, Request(request.method, request.target, headers.freeze(), request.http_version)


def edited_response(served: Served, response: Response, request: Request) -> Response:
    """Return the response's head as plugins leave it."""
    edited = response.headers.copy()
    served.hooks.response_headers(edited, response, request, served.service)
    headers = _kept(served, edited, response.headers, KEPT_OF_RESPONSE, "response")
    return Response(response.status_code, headers, response.reason)


def _kept(served: Served, edited: Headers, before: Headers, names: frozenset[bytes], of: str) -> Headers:
    headers, changed = kept(edited, before, names)
    if changed and changed != served.fields_kept:
        served.fields_kept = changed  # said once, not for each exchange
        shown = b", ".join(changed).decode("ascii")
        LOG.warning(
            "%s: a plugin changed %s of a %s, which devserve sets itself; have it leave that alone",
            served.service.label, shown, of,
        )  # fmt: skip
    return headers
