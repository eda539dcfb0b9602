"""Plugins: loaded for each project, called with care, and named when they fail."""

from devserve.plugins.conduct import Conduct
from devserve.plugins.hooks import Hooks
from devserve.plugins.loading import fingerprint, load

__all__ = ["Conduct", "Hooks", "fingerprint", "load"]
