"""The certificate authority's own files as a provision: made by `setup` or the first run, removed by `teardown`."""

from __future__ import annotations

from pathlib import Path

from devserve.ca.provisions import Kind, Provision
from devserve.ca.root import Root
from devserve.ca.steps import ReadFile, RemoveFile

# Below devserve's own folder.
PRIVATE = Path("private/ca.pem")  # key and certificate: one unit
FOLLOWING = Path("private/next.pem")  # the same of the authority that will take over
PUBLIC = Path("public/ca.pem")  # the certificate alone
BUNDLE = Path("public/bundle.pem")  # with the public roots


def provision(private: Path, root: Root) -> Provision:
    """Return the steps for the files that belong to a private one. Whose certificate they hold is looked at first."""
    home = private.parent.parent
    files = (private, home / FOLLOWING, home / PUBLIC, home / BUNDLE)
    return Provision(
        kind=Kind.AUTHORITY,
        title="certificate authority",
        place=private,
        sha256=root.sha256,
        evidence=root.pem.decode(),
        look_up=(ReadFile(private), ReadFile(home / PUBLIC)),
        remove=tuple(RemoveFile(file) for file in files),
    )
