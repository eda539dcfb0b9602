from itertools import islice
from pathlib import Path

from devserve.config.values import Origin, Service, Stop
from devserve.run.progress import moments, not_done_yet, not_ended_yet, not_ready_yet


def test_what_takes_long_is_said_ever_more_rarely():
    assert list(islice(moments(), 6)) == [1, 5, 10, 20, 40, 80]


def test_each_sentence_says_what_is_waited_for_and_since_when():
    api = Service("api", Path("/r"), "api.localhost")
    assert not_ready_yet(api, Origin(port=3001), 5.0) == (
        "api: still waiting for it to be ready (5 s): nothing takes connections at http://127.0.0.1:3001"
    )
    assert not_ended_yet("api", Stop(grace=4.0), 1.0) == (
        "api: its processes are still ending (1 s); 4 s after signal TERM they are killed"
    )
    assert not_done_yet("api", "npx", 10.0) == "api: the task npx still runs (10 s)"
