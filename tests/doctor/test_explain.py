from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from devserve.ca.inspection import Inspected
from devserve.doctor.explain import Seen, explain
from devserve.doctor.findings import Verdict

NOW = datetime(2026, 6, 1, tzinfo=UTC)
HOST = "web.shop.test"
RIGHT = Inspected(
    issuer="CN=devserve me@here",
    names=(HOST,),
    begins=NOW - timedelta(days=1),
    ends=NOW + timedelta(days=89),
    by_root=True,
    server_auth=True,
    signs=True,
    names_issuer_key=True,
    is_authority=False,
)


def said(configured=True, **fields):
    return explain(Seen(HOST, 443, "nginx (pid 7)", **fields), configured, ("localhost", "shop.test"), NOW)


def test_when_the_page_is_right_a_store_is_responsible():
    found = said(certificate=RIGHT)
    assert found.verdict is Verdict.GOOD
    assert "store is responsible" in found.said


@pytest.mark.parametrize(
    ("change", "field", "error", "fix"),
    [
        ({"by_root": False, "issuer": "CN=mkcert"}, "issuer", "ERR_CERT_AUTHORITY_INVALID", "held by nginx (pid 7)"),
        ({"by_root": False}, "issuer", "ERR_CERT_AUTHORITY_INVALID", "Another user's devserve"),
        ({"begins": NOW + timedelta(hours=1)}, "notBefore", "ERR_CERT_DATE_INVALID", "timedatectl"),
        ({"ends": NOW - timedelta(seconds=1)}, "notAfter", "ERR_CERT_DATE_INVALID", "devserve run"),
        ({"names": ("api.shop.test",)}, "subjectAltName", "ERR_CERT_COMMON_NAME_INVALID", "devserve run"),
        ({"names": ()}, "subjectAltName", "is for no name", "devserve run"),
        ({"server_auth": False}, "extendedKeyUsage", "serverAuth", "devserve run"),
        ({"signs": False}, "keyUsage", "ERR_SSL_KEY_USAGE_INCOMPATIBLE", "devserve run"),
        ({"is_authority": True}, "basicConstraints", "CA_CERT_USED_AS_END_ENTITY", "devserve run"),
        ({"names_issuer_key": False}, "authorityKeyIdentifier", "Python 3.13", "devserve run"),
        ({"begins": NOW - timedelta(days=800)}, "validity", "ERR_CERT_VALIDITY_TOO_LONG", "devserve run"),
    ],
)
def test_the_field_that_is_responsible_is_named_with_the_browsers_own_word(change, field, error, fix):
    found = said(certificate=replace(RIGHT, **change))
    assert (found.subject, found.verdict) == (field, Verdict.BROKEN)
    assert error in found.said
    assert fix in found.fix


def test_a_name_outside_the_cas_limits_is_named():
    host = "web.other.test"
    seen = Seen(host, 443, certificate=replace(RIGHT, names=(host,)))
    found = explain(seen, True, ("shop.test",), NOW)
    assert (found.subject, found.fix) == ("nameConstraints", "Run `devserve setup` to add the domain")


@pytest.mark.parametrize(
    ("fields", "subject", "words", "fix"),
    [
        ({"connection_error": "Connection refused"}, "port 443", "Connection refused", "devserve run"),
        ({"tls_error": "TLSV1_UNRECOGNIZED_NAME"}, "server name", "does not serve web.shop.test", "Run the repository"),
        (
            {"tls_error": "TLSV1_UNRECOGNIZED_NAME", "configured": False},
            "server name",
            "does not serve",
            "in devserve.toml",
        ),
        ({"tls_error": "WRONG_VERSION_NUMBER"}, "port 443", "nginx (pid 7) at port 443 does not speak TLS", "End what"),
    ],
)
def test_what_shows_no_certificate_is_explained(fields, subject, words, fix):
    found = said(**fields)
    assert (found.subject, found.verdict) == (subject, Verdict.BROKEN)
    assert words in found.said
    assert fix in found.fix
