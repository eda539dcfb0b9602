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


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Panel(3), "Panel: 3 is no str"),
        (lambda: Panel("title", "text"), "Panel: 'text' is no list or tuple"),
        (lambda: Panel("title", [None]), "Panel: None is no str or Link or Mapping or Table"),
        (lambda: Panel("title", [{"a": b"x"}]), "Panel: b'x' is no str or int or float or Link"),
        (lambda: Panel("title", [{1: "x"}]), "Panel: 1 is no str"),
        (lambda: Table("columns"), "Table: 'columns' is no list or tuple"),
        (lambda: Table(("a",), ["x"]), "Table: 'x' is no list or tuple"),
        (lambda: Table(("a",), [("x", "y")]), r"Table: row 1 is \('x', 'y'\); give it 1 cells"),
        (lambda: Table(("a",), [(None,)]), "Table: None is no str"),
        (lambda: Table((1,)), "Table: 1 is no str"),
        (lambda: Link(None), "Link: None is no str"),
    ],
)
def test_what_cannot_be_shown_is_refused_where_it_is_made(make, said):
    with pytest.raises((TypeError, ValueError), match=said):
        make()


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
