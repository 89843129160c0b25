"""Bodies in memory: whole, and without their long texts."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.index.cached_body import CachedBody

TEXTS = st.text(st.sampled_from('ab"\\é,{}:[]'), max_size=12)
PARTS = st.builds(
    lambda title, body, labels: {
        "title": title,
        **({} if body is None else {"body": body}),
        **({} if body is None or labels is None else {"hidden_labels": labels}),
    },
    TEXTS | st.just(',"body":"'),
    st.none() | TEXTS,
    st.none() | st.lists(TEXTS, max_size=3),
)
DOCUMENTS = st.builds(
    lambda document, sections: {**document, "sections": sections, "url": "/v1/a"}, PARTS, st.lists(PARTS, max_size=4)
)


def without_long_texts(document: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in document.items() if name not in ("body", "hidden_labels")}


@given(DOCUMENTS)
def test_lists_show_it_without_its_long_texts_and_it_stays_whole(document: dict[str, object]) -> None:
    whole = orjson.dumps(document)
    body = CachedBody(7, whole)
    assert body.whole == whole
    for _ in range(2):
        sections = document["sections"]
        assert isinstance(sections, list)
        shown = {**without_long_texts(document), "sections": [without_long_texts(each) for each in sections]}
        assert body.listed == orjson.dumps(shown)
        assert body.whole == whole


@pytest.mark.parametrize("count", [0, 1, 3])
def test_what_lists_show_is_kept_and_not_made_again(count: int) -> None:
    body = CachedBody(7, orjson.dumps([{"title": "a", "body": "b"}] * count))
    assert body.listed is body.listed
