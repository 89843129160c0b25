from tests import factories
def test_it(kb):
    with kb.write() as s:
        factories.make_publication(s, slug="a")
    assert kb.client.slugs("/v1/publications") == ["a"]
def test_seed(seeded):
    assert kb_count(seeded) > 10
def kb_count(k): return k.client.json("/v1/entries")["meta"]["count"]
