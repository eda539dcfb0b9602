from devserve.http1.memo import Memo


def test_what_is_kept_is_found_again():
    memo: Memo[int] = Memo(2)
    assert memo.get(b"a") is None
    assert memo.keep(b"a", 1) == 1
    assert memo.get(b"a") == 1


def test_a_full_one_begins_anew():
    memo: Memo[int] = Memo(2)
    for number, key in enumerate(b"abc"):
        memo.keep(key, number)
    assert [memo.get(key) for key in b"abc"] == [None, None, 2]
    assert len(memo) == 1
