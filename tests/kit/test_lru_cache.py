from app.kit.containers.lru_cache import LruByteCache


def test_the_least_recently_used_goes_first() -> None:
    kept: LruByteCache[str, int] = LruByteCache(10)
    kept.put("one", 1, 5)
    kept.put("two", 2, 5)
    assert kept.get("one") == 1
    assert kept.complete
    kept.put("three", 3, 5)
    assert [kept.get("one"), kept.get("two"), kept.get("three")] == [1, None, 3]
    assert not kept.complete


def test_a_new_value_takes_the_place_and_the_bytes_of_the_old_one() -> None:
    kept: LruByteCache[str, int] = LruByteCache(10)
    kept.put("one", 1, 8)
    kept.put("one", 2, 3)
    assert (kept.get("one"), kept.bytes, len(kept)) == (2, 3, 1)


def test_what_is_too_large_for_the_whole_is_not_kept_and_pushes_nothing_out() -> None:
    kept: LruByteCache[str, int] = LruByteCache(10)
    kept.put("one", 1, 4)
    kept.put("whale", 2, 11)
    assert (kept.get("one"), kept.get("whale"), kept.complete) == (1, None, False)


def test_cleared_it_is_as_new() -> None:
    kept: LruByteCache[str, int] = LruByteCache(1)
    kept.put("one", 1, 4)
    kept.clear()
    assert (len(kept), kept.bytes, kept.complete) == (0, 0, True)
