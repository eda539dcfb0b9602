"""Services that a test runs, and what they tell."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import support.running_web
from devserve.config.values import Ready, Service, Stop
from devserve.io.run.ports import free_port
from devserve.io.run.services import RunningService
from devserve.run.command import Command

WEB = [sys.executable, "-I", "-S", support.running_web.__file__]
STOP = Stop(grace=0.2)


class Fleet:
    """Makes services and keeps what they tell."""

    def __init__(self, warden, folder):
        self.warden = warden
        self.folder = folder
        self.states = []
        self.lines = []
        self.made = []

    def service(self, *argv, port=None, **settings):
        settings = {"stop": STOP, "ready": Ready(timeout=10.0), **settings}
        service = Service(name="web", root=self.folder, host="web.localhost", command=argv, **settings)
        port = port or free_port()
        environment = {"PATH": os.environ["PATH"], "PORT": str(port)}
        running = RunningService(
            service,
            port,
            lambda: Command(argv, self.folder, environment),
            self.warden,
            lambda name, line: self.lines.append(f"{name}: {line}"),
            lambda name, state: self.states.append(f"{name}: {state}"),
        )
        self.made.append(running)
        return running

    def web(self, what="plain", **settings):
        return self.service(*WEB, what, str(self.sign), **settings)

    def shell(self, script, **settings):
        return self.service("sh", "-c", script, **settings)

    @property
    def sign(self) -> Path:
        return self.folder / "sign"
