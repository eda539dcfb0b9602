import pytest

from devserve.run.application import Application


@pytest.mark.parametrize(
    ("kind", "application", "error", "sentence"),
    [
        ("django", print, ValueError, 'one of tornado, wsgi, asgi, not "django"'),
        ("wsgi", "app:app", TypeError, "an Application is called for each request; 'app:app' cannot be"),
    ],
)
def test_what_is_no_application_is_refused_where_it_is_made(kind, application, error, sentence):
    with pytest.raises(error, match=sentence):
        Application(kind, application)


def test_what_can_be_called_is_an_application():
    assert Application("wsgi", print).kind == "wsgi"
