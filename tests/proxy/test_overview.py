from devserve.proxy.overview import HOST, Row


def test_a_row_is_a_service_in_words():
    assert Row("web", "https://web.test/", "3001", "ready").state == "ready"
    assert HOST.endswith(".localhost")
