import pytest

from devserve.config.hosts import host_field, host_name, label_like, service_name


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("web.shop.test", "web.shop.test"),
        ("Web.SHOP.Test.", "web.shop.test"),
        ("localhost", "localhost"),
        ("bücher.test", "xn--bcher-kva.test"),
        ("BÜCHER.test", "xn--bcher-kva.test"),
        ("例え.test", "xn--r8jz45g.test"),
        ("xn--bcher-kva.test", "xn--bcher-kva.test"),
        ("1.a-b.test", "1.a-b.test"),
        (f"{'a' * 63}.test", f"{'a' * 63}.test"),
    ],
)
def test_a_host_is_written_as_browsers_send_it(written, name):
    assert host_name(written) == name


@pytest.mark.parametrize(
    ("written", "fix"),
    [
        ("https://web.test/a", 'write "web.test"'),
        ("web.test:443", 'write "web.test"'),
        ("web.test/", 'write "web.test"'),
        ("*.shop.test", "write each name in host and aliases"),
        ("web_api.test", 'write "web-api.test"'),
        ("straße.test", 'write its "xn--" form'),
        ("127.0.0.1", 'write a name such as "shop.test"'),
        ("web.0", 'write a name such as "shop.test"'),
        ("-a.test", ""),
        ("a b.test", ""),
        ("a\0.test", ""),
    ],
)
def test_refuses_what_is_no_host_and_says_what_to_write(written, fix):
    with pytest.raises(ValueError, match="host name") as caught:
        host_name(written)
    assert "".join(caught.value.args[1:]) == fix


@pytest.mark.parametrize(
    "written", ["", ".", "a..b", ".test", f"{'a' * 64}.test", f"{'a.' * 126}test", "::1", "http://["]
)
def test_refuses_labels_that_are_empty_or_too_long(written):
    with pytest.raises(ValueError, match="host name"):
        host_name(written)


@pytest.mark.parametrize("name", ["web", "web-2", "2", "a" * 63])
def test_a_service_is_named_by_one_label(name):
    assert service_name(name) == name


@pytest.mark.parametrize(
    ("name", "fix"),
    [("Web", 'write "web"'), ("web_api", 'write "web-api"'), ("a.b", 'write "a-b"'), ("-", ""), ("", "")],
)
def test_refuses_other_service_names_and_says_the_nearest(name, fix):
    with pytest.raises(ValueError, match="one label") as caught:
        service_name(name)
    assert caught.value.args[1] == fix


@pytest.mark.parametrize(
    ("text", "label"), [("My Shop!", "my-shop"), ("___", ""), ("é", ""), ("a" * 62 + "-bc", "a" * 62)]
)
def test_any_text_has_a_label_like_it_or_none(text, label):
    assert label_like(text) == label


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("Staging.example.com", "staging.example.com"),
        ("localhost:3001", "localhost:3001"),
        ("bücher.test:80", "xn--bcher-kva.test:80"),
        ("127.0.0.1:8000", "127.0.0.1:8000"),
        ("[::1]:8000", "[::1]:8000"),
        ("[0:0::1]", "[::1]"),
    ],
)
def test_a_host_field_is_a_name_or_an_address_perhaps_with_a_port(written, value):
    assert host_field(written) == value


@pytest.mark.parametrize(
    ("written", "fix"),
    [
        ("http://web.test:3001/a", 'write "web.test:3001"'),
        ("web.test/", 'write "web.test"'),
        ("web.test\r\n", 'write "web.test"'),
        ("", ""),
        ("web test", ""),
        ("web.test\r\nX: y", ""),
        ("web.test:0", ""),
        ("web.test:x", ""),
        ("web.test:99999", ""),
        ("user:secret@web.test", ""),
        ("[::1", ""),
        ("[::1%eth0]", ""),
        ("web\0.test", ""),
    ],
)
def test_refuses_what_no_host_field_holds_and_says_what_to_write(written, fix):
    with pytest.raises(ValueError, match="a host") as caught:
        host_field(written)
    assert "".join(caught.value.args[1:]) == fix
