"""devserve: every microservice at its own https:// name on this laptop, with live reload, from one command.

The names below are what plugin authors import; only documented names are public.
"""

from devserve.config.values import (
    Livereload,
    Origin,
    Project,
    Ready,
    Service,
    Stop,
    Then,
    Timeouts,
    UpstreamTls,
    WatchRule,
)
from devserve.dashboard.panel import Link, Panel, Table
from devserve.doctor.findings import Finding, Verdict
from devserve.errors import ConfigError
from devserve.hookspecs import hookimpl
from devserve.http1 import Headers, Request, Response
from devserve.io.config.guesses import guessed
from devserve.io.config.scripts import with_arguments
from devserve.live.message import Message
from devserve.live.problems import Problem
from devserve.live.rules import Outcome
from devserve.proxy.pages.tags import Tag
from devserve.proxy.plugged import Answer
from devserve.run.application import Application
from devserve.run.command import Command

__all__ = [
    "Answer",
    "Application",
    "Command",
    "ConfigError",
    "Finding",
    "Headers",
    "Link",
    "Livereload",
    "Message",
    "Origin",
    "Outcome",
    "Panel",
    "Problem",
    "Project",
    "Ready",
    "Request",
    "Response",
    "Service",
    "Stop",
    "Table",
    "Tag",
    "Then",
    "Timeouts",
    "UpstreamTls",
    "Verdict",
    "WatchRule",
    "guessed",
    "hookimpl",
    "with_arguments",
]
