from devserve.proxy.overview import Row, page


def test_lists_every_service_with_its_address():
    html = page([Row("web", "https://web.test/", "3001", "ready"), Row("api", "https://api.test/", "3002", "starting")])
    assert '<a href="https://web.test/">' in html
    assert "starting" in html


def test_escapes_what_a_service_calls_itself():
    assert "<b>" not in page([Row("<b>", "https://<b>/", "<b>", "<b>")])


def test_plugins_add_columns():
    html = page([Row("web", "u", "1", "ready", {"owner": "<ann>"}), Row("api", "u", "2", "ready", {"branch": "main"})])
    assert "<th>State<th>owner<th>branch<tr>" in html
    assert "<td>ready<td>&lt;ann&gt;<td><tr>" in html
    assert "<td>ready<td><td>main</table>" in html
