"""Runs a manage.py whose templates are read anew: `python fresh_templates.py manage.py runserver --noreload …`.

Django keeps templates in memory, and only its own reloader forgets them when one is saved. Here they are forgotten at
each request instead, in the same way. The repository's own Python runs this, in which devserve is not installed.
"""

from __future__ import annotations

import os
import runpy
import sys
from contextlib import suppress


def forget(**_: object) -> None:
    """Forget the templates in memory, as Django's reloader does."""
    autoreload.reset_loaders()


def main() -> None:
    """Run the program that the arguments name, as Python itself would."""
    del sys.argv[0]
    sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))  # noqa: PTH100, PTH120  # as Python has it
    runpy.run_path(sys.argv[0], run_name="__main__")


with suppress(ImportError):  # manage.py says what is missing
    from django.core.signals import request_started
    from django.template import autoreload

    request_started.connect(forget)

if __name__ == "__main__":
    main()
