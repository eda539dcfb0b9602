from devserve.http1.memo import LONGEST, Memo


def test_what_is_kept_is_found_again():
    memo: Memo[int] = Memo(2)
    assert memo.get(b"a") is None
    assert memo.keep(b"a", 1) == 1
    assert memo.get(b"a") == 1


def test_a_long_key_is_not_kept():
    memo: Memo[int] = Memo(2)
    assert memo.keep(b"x" * (LONGEST + 1), 1) == 1
    assert len(memo) == 0
    assert memo.keep(b"x" * LONGEST, 1) == 1
    assert len(memo) == 1


def test_a_full_one_begins_anew():
    memo: Memo[int] = Memo(2)
    for number, key in enumerate((b"a", b"b", b"c")):
        memo.keep(key, number)
    assert [memo.get(key) for key in (b"a", b"b", b"c")] == [None, None, 2]
    assert len(memo) == 1
