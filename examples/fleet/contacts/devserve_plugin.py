"""What this repository adds to devserve: its documentation as a service, a header, a watch rule."""

from collections.abc import Sequence

from devserve import Headers, Project, Service, Then, WatchRule, hookimpl

SERVE_FOLDER = ("python3", "-m", "http.server", "--bind", "127.0.0.1", "$PORT")


@hookimpl
def devserve_services(project: Project) -> Sequence[Service]:
    """The folder docs/ at a host of its own."""
    return [
        Service(
            name="docs",
            root=project.root / "docs",
            host=f"docs.{project.domain}",
            command=SERVE_FOLDER,
        )
    ]


@hookimpl
def devserve_watch(service: Service) -> Sequence[WatchRule]:
    """The data is read anew by each request, so a saved contacts.json needs no restart."""
    if service.name != "contacts":
        return []
    return [WatchRule(paths=("contacts.json",), then=Then.RELOAD)]


@hookimpl
def devserve_response_headers(headers: Headers) -> None:
    """In production the gateway adds this field; here nothing else would."""
    headers.replace(b"Referrer-Policy", b"strict-origin")
