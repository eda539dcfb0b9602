from devserve.proxy.overview import HOST, Row, columns_of


def test_a_row_is_a_service_in_words():
    assert Row("web", "https://web.test/", "3001", "ready").state == "ready"
    assert HOST.endswith(".localhost")


def test_plugins_add_columns():
    rows = [
        Row("web", "u", "1", "ready", {"owner": "ann"}),
        Row("api", "u", "2", "ready", {"branch": "main", "owner": ""}),
    ]
    assert columns_of(rows) == ["owner", "branch"]
