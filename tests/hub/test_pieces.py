import json

import pytest

from devserve.errors import RemoteProtocolError
from devserve.hub import messages, pieces
from devserve.hub.orders import Piece
from devserve.hub.pieces import Pieces, pieces_of

WORST = '\\"\x00é\U0001f600' * 200_000


@pytest.mark.parametrize("document", [{}, {"a": [1, None, "ü"]}, {"worst": WORST}])
def test_a_document_comes_out_as_it_went_in(document):
    found = Pieces()
    *first, last = [found.take(piece) for piece in pieces_of(document)]
    assert last == document
    assert set(first) <= {None}


def test_each_piece_fits_into_a_message_whatever_is_in_it():
    assert max(len(messages.answer_line(piece)) for piece in pieces_of({"worst": WORST})) < messages.LONGEST


def test_documents_follow_each_other():
    found = Pieces()
    both = [*pieces_of({"a": 1}), *pieces_of({"b": WORST})]
    assert [each for piece in both if (each := found.take(piece))] == [{"a": 1}, {"b": WORST}]


@pytest.mark.parametrize("text", ["", "[]", "3", "{", "[" * 100_000])
def test_what_is_no_document_is_refused(text):
    with pytest.raises(RemoteProtocolError, match="no JSON object"):
        Pieces().take(Piece(text, is_last=True))


def test_a_document_without_an_end_is_refused(monkeypatch):
    monkeypatch.setattr(pieces, "MOST", 10)
    found = Pieces()
    found.take(Piece(json.dumps("x" * 8), is_last=False))
    with pytest.raises(RemoteProtocolError, match="more than 10 characters"):
        found.take(Piece("x", is_last=False))
