import json

import pytest

from devserve.dashboard.panel import LONGEST, MOST_COLUMNS, MOST_PARTS, MOST_ROWS, Link, Panel, Table
from devserve.doctor.findings import Verdict

URL = "https://wiki.test/"


@pytest.mark.parametrize(
    ("part", "data"),
    [
        ("<b>text</b>", {"kind": "line", "cell": {"text": "<b>text</b>"}}),
        (Link(URL), {"kind": "line", "cell": {"text": URL, "url": URL}}),
        (Link(URL, "wiki"), {"kind": "line", "cell": {"text": "wiki", "url": URL}}),
        ({"Files": 3, "State": Verdict.GOOD}, {
            "kind": "facts", "facts": [["Files", {"text": "3"}], ["State", {"text": "good", "verdict": "good"}]],
        }),
        (Table(("a", "b"), [("x", 1.5)], "Nothing."), {
            "kind": "table", "columns": ["a", "b"], "rows": [[{"text": "x"}, {"text": "1.5"}]],
            "left_out": 0, "empty": "Nothing.",
        }),
    ],
)  # fmt: skip
def test_a_part_is_data(part, data):
    assert Panel("title", [part]).as_data() == {"title": "title", "parts": [data]}


@pytest.mark.parametrize("row", [(), ("x", "y"), "xy"])
def test_a_row_has_as_many_cells_as_there_are_columns(row):
    with pytest.raises(ValueError, match=r"Table: row 1 is .*; give it 1 cells, as the columns"):
        Table(("a",), [row])


def test_a_panel_has_bounds_whatever_it_is_given():
    long = "x" * (LONGEST * 10)
    table = Table([long] * (MOST_COLUMNS + 5), [[long] * (MOST_COLUMNS + 5)] * (MOST_ROWS + 7))
    data = Panel(long, [dict.fromkeys(map(str, range(1000)), long), table, *[long] * 1000]).as_data()
    facts, rows, *lines = data["parts"]
    assert len(data["parts"]) == MOST_PARTS
    assert (len(facts["facts"]), len(rows["rows"]), rows["left_out"]) == (MOST_ROWS, MOST_ROWS, 7)
    assert {len(row) for row in rows["rows"]} == {len(rows["columns"])} == {MOST_COLUMNS}
    assert {len(line["cell"]["text"]) for line in lines} == {LONGEST + 1}
    assert json.dumps(data)
