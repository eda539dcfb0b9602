from devserve.proxy.authority_page import FILE, STEPS, Certificate, grouped, page

CERTIFICATE = Certificate(b"-----BEGIN CERTIFICATE-----", "ab01" * 16, ("shop.test", "<b>"))


def test_the_fingerprint_is_shown_as_systems_show_it():
    assert grouped("ab01ff") == "AB:01:FF"
    assert CERTIFICATE.fingerprint == ":".join(["AB", "01"] * 16)


def test_the_page_has_the_file_the_fingerprint_the_limits_and_each_platform():
    text = page(CERTIFICATE)
    assert f'href="{FILE}"' in text
    assert CERTIFICATE.fingerprint in text
    assert "names below shop.test, &lt;b&gt;," in text
    assert text.count("<li>") == len(STEPS)
