from pathlib import Path

from devserve.config.values import Service
from devserve.run.dev_servers import variables_for


def test_vite_is_told_each_host():
    service = Service("web", Path("/repo"), "web.test", aliases=("www.test",))
    assert variables_for(service) == {"__VITE_ADDITIONAL_SERVER_ALLOWED_HOSTS": "web.test,www.test"}
