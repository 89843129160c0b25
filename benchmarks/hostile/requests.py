"""Every parameter with extreme values, every facet, order and format, words of every sort, and wrong input without end.

Made from what the service says can be asked: a field added later is tried as well.
"""

import json
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import cycle, islice, pairwise
from typing import Any
from urllib.parse import quote, urlencode

from app.reading.requests.result_window import (
    INCLUDABLE,
    MAX_FACET_SIZE,
    MAX_PER_PAGE,
    MAX_RESULTS,
    facetable,
    properties,
)
from app.search.index.snapshot import Snapshot
from app.search.query.filter_parser import RESERVED
from app.search.query.schema import Field
from benchmarks.generate import COMMON_WORD, MIDDLING_WORD, RARE_WORD, WORDS
from benchmarks.hostile.meter import Request

COLLECTIONS = ("entries", "publications", "people", "topics")
STRANGE = {
    "nothing": "",
    "zero": "0",
    "less than nothing": "-1",
    "a large number": "9" * 18,
    "a larger number": "9" * 1_000,
    "a long word": "x" * 1_000,
    "too long a word": "x" * 7_000,
    "ligatures": "\ufdfa" * 55,
    "too many ligatures": "\ufdfa" * 500,
    "accents": "a" + "\u0301" * 999,
    "a star": "*",
    "commas": "," * 7_000,
    "names": ",".join(f"titel{number}" for number in range(600)),
    "quotation marks": '"' * 1_000,
    "spaces": " " * 1_000,
    "brackets": "(" * 1_000,
    "an address": "https://example.org/" + "a/" * 450,
    "an identifier": "10.5555/" + "a" * 900,
}
FREQUENT = WORDS[:64]
JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


def hostile(snapshot: Snapshot) -> Iterator[Request]:
    """All of them."""
    for collection in COLLECTIONS:
        if collection in snapshot.registry.collections:
            yield from _parameters(snapshot, collection)
            yield from _fields(snapshot, collection)
            yield from _windows(snapshot, collection)
            yield from _formats(snapshot, collection)
    yield from _words()
    yield from _trees(snapshot)
    yield from _trees_in_addresses()
    yield from _maps_and_feeds(snapshot)
    yield from _bodies()
    yield from _singles(snapshot)
    yield from _others()
    yield from _headers()


def ask(name: str, path: str, pairs: Sequence[tuple[str, str]] = (), /, **headers: str) -> Request:
    """Header names with underscores: `if_none_match`."""
    query = urlencode(pairs, quote_via=quote, safe=",*")
    return Request(
        name,
        f"{path}?{query}" if query else path,
        headers={"accept-encoding": "gzip"} | {name.replace("_", "-"): value for name, value in headers.items()},
    )


def mailer(name: str, path: str, body: Any, headers: dict[str, str] = JSON) -> Request:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Request(name, path, "POST", raw, headers)


def _parameters(snapshot: Snapshot, collection: str) -> Iterator[Request]:
    path = f"/v1/{collection}"
    for name in (*RESERVED, *snapshot.fields(collection), "nothing_known"):
        for what, value in STRANGE.items():
            yield ask(f"{collection}: {name} is {what}", path, [(name, value)])
        yield ask(f"{collection}: {name} again and again", path, [(name, "a")] * 450)
    yield ask(f"{collection}: unknown names", path, [(f"topc{number}", "a") for number in range(450)])


def values_of(snapshot: Snapshot, field: Field) -> list[str]:
    """Values that there are, and for what has an order also many that might be."""
    if field.type.name in ("date", "instant"):
        return [f"{2005 + n % 20}-{1 + n % 12:02}-{1 + n % 28:02}" for n in range(1_000)]
    if field.type.name in ("integer", "year"):
        return [str(1_900 + n) for n in range(1_000)]
    if field.type.name == "duration":
        return [f"PT{n}M" for n in range(1, 1_001)]
    known = [value for _, value, _ in snapshot.by_size(field)[:1_000]] if field.type.operators else []
    return known or ["true" if field.type.name == "boolean" else "a"]


def _fields(snapshot: Snapshot, collection: str) -> Iterator[Request]:
    path = f"/v1/{collection}"
    for field in snapshot.fields(collection).values():
        values = values_of(snapshot, field)
        for op in field.type.operators:
            name = field.name if op == "any" else f"{field.name}__{op}"
            if op == "exists":
                yield from (ask(f"{collection}: {name}={value}", path, [(name, value)]) for value in ("true", "false"))
            elif op in ("gte", "lte"):
                yield ask(f"{collection}: {name}", path, [(name, values[0])])
            else:
                many = [(name, value) for value in dict.fromkeys(islice(cycle(values), 200))]
                yield ask(f"{collection}: {name}, one value", path, many[:1])
                yield ask(f"{collection}: {name}, {len(many)} values", path, many)
        unknown = [(field.name, f"{values[0][:40]}x{number}") for number in range(200)]
        yield ask(f"{collection}: {field.name}, values nobody has", path, unknown)
        if field.sortable:
            for down in ("", "-"):
                yield ask(f"{collection}: sort={down}{field.name}", path, [("sort", down + field.name)])
                deep = [("sort", down + field.name), ("per_page", "100"), ("page", str(MAX_RESULTS // 100))]
                yield ask(f"{collection}: sort={down}{field.name}, the last page", path, deep)


def _windows(snapshot: Snapshot, collection: str) -> Iterator[Request]:
    path, full = f"/v1/{collection}", ("per_page", str(MAX_PER_PAGE))
    facets, size = facetable(snapshot, collection), ("facet_size", str(MAX_FACET_SIZE))
    sortable = [name for name, field in snapshot.fields(collection).items() if field.sortable]
    for start in range(len(sortable)):
        order = ",".join(f"{'-' * (n % 2)}{name}" for n, name in enumerate((sortable[start:] + sortable)[:5]))
        yield ask(f"{collection}: sort={order}", path, [("sort", order), full])
    for name in facets:
        yield ask(f"{collection}: facet {name}", path, [("facets", name), size])
        yield ask(f"{collection}: facet {name} of common words", path, [("facets", name), size, ("q", COMMON_WORD)])
        for number in ("10", "1"):
            pairs = [("group_by", name), size, ("per_page", number)]
            yield ask(f"{collection}: group_by={name}, {number} each", path, pairs)
    for start in range(0, len(facets), 10):
        chosen = [("facets", ",".join(facets[start : start + 10])), size]
        yield ask(f"{collection}: ten facets from {start}", path, chosen)
    for name in INCLUDABLE:
        yield ask(f"{collection}: include={name}", path, [("include", name), full])
    yield ask(f"{collection}: include everything", path, [("include", ",".join(INCLUDABLE)), full])
    for name in properties(snapshot, collection):
        yield ask(f"{collection}: select={name}", path, [("select", name), full])
    yield ask(f"{collection}: select all", path, [("select", ",".join(properties(snapshot, collection))), full])
    yield ask(
        f"{collection}: ten facets, all combined", path, [("facets", ",".join(facets[:10])), size, ("combine", "all")]
    )
    yield ask(f"{collection}: a sample", path, [("sample", "100"), ("seed", "7")])
    yield ask(f"{collection}: the last page", path, [full, ("page", str(MAX_RESULTS // MAX_PER_PAGE))])
    yield ask(f"{collection}: a walk", path, [full, ("cursor", "*")])
    for name in sortable:
        yield ask(f"{collection}: a walk by {name}", path, [full, ("cursor", "*"), ("sort", name)])
    yield ask(f"{collection}: what can be asked", f"{path}/fields")


def _formats(snapshot: Snapshot, collection: str) -> Iterator[Request]:
    for name in ("csl", "bibtex", "ris", "csv", "jsonld", "turtle"):
        for number in ("100", "1"):
            yield ask(f"{collection} as {name}, {number}", f"/v1/{collection}", [("as", name), ("per_page", number)])
        few = [("as", name), ("issued", "2020-01")]
        yield ask(f"{collection} as {name}, of a month", f"/v1/{collection}", few)
    if snapshot.registry.collections[collection].schemas[0].has_terms:
        yield ask(f"{collection} as csv, all of a year", f"/v1/{collection}", [("as", "csv"), ("year", "2020")])


def texts() -> dict[str, str]:
    """What may be typed, by what is hard about it."""
    misspelt = [f"{word[:2]}{word[3]}{word[2]}{word[4:]}" for word in WORDS[500:700]]
    made = {
        "a common word": COMMON_WORD,
        "a middling word": MIDDLING_WORD,
        "a rare word": RARE_WORD,
        "a word nobody wrote": "zzyzx",
        "a letter": "a",
        "small words": "of the and to in",
        "one word and no other": "-" + COMMON_WORD,
        "no common word": " ".join(f"-{word}" for word in FREQUENT[:32]),
        "a common word apart": " ".join([COMMON_WORD] * 80),
        "hyphens": "-".join(FREQUENT[:64]),
        "letters with dots": "a." * 500,
        "letters": " ".join("abcdefghijklmnopqrstuvwxyz" * 19),
        "half of everything": f"{FREQUENT[0]} OR -{FREQUENT[0]}",
        "phrases": " ".join(f'"{one} {other}"' for one, other in pairwise(FREQUENT[:33])),
        "phrases, any": " OR ".join(f'"{one} {other}"' for one, other in pairwise(FREQUENT[:33])),
        "a phrase of one word": f'"{" ".join([FREQUENT[0]] * 60)}"',
        "a phrase that fails late": f'"{FREQUENT[0]} {FREQUENT[1]} {FREQUENT[0]} {FREQUENT[1]} zzyzx"',
        "quotation marks without end": '"a ' * 300,
        "long words": " ".join("x" * 59 + str(n) for n in range(16)),
        "numbers": " ".join(str(n) for n in range(250)),
        "ligatures": "\ufdfa" * 55,
    }
    for count in (2, 4, 8, 16, 32, 60):
        made[f"{count} common words"] = " ".join(FREQUENT[:count])
        made[f"any of {count} common words"] = " OR ".join(FREQUENT[:count])
        made[f"a phrase of {count} common words"] = f'"{" ".join(FREQUENT[:count])}"'
        made[f"{count} misspelt words"] = " ".join(misspelt[:count])
        made[f"{count} words nobody wrote"] = " ".join(f"zz{word}q" for word in WORDS[:count])
        made[f"{count} rare words"] = " ".join(WORDS[-count:])
        made[f"{count} common words and one nobody wrote"] = " ".join([*FREQUENT[:count], "zzyzx"])
    return {name: text[:1_000] for name, text in made.items()}


def _words() -> Iterator[Request]:
    path = "/v1/publications"
    for what, text in texts().items():
        q = ("q", text)
        yield ask(f"words: {what}", path, [q])
        yield ask(f"words: {what}, the last page", path, [q, ("per_page", "100"), ("page", "100")])
        yield ask(f"words: {what}, in order", path, [q, ("sort", "title")])
        yield ask(f"words: {what}, of few", path, [q, ("issued", "2020-01-07")])
        yield ask(
            f"words: {what}, of a year, the last page", path, [q, ("year", "2020"), ("per_page", "100"), ("page", "80")]
        )
        yield ask(
            f"words: {what}, of many, the last page",
            path,
            [q, ("stage", "mobilising"), ("per_page", "100"), ("page", "100")],
        )
        yield ask(f"words: {what}, of nobody", path, [q, ("issued__gte", "2090")])
        yield ask(f"words: {what}, marked", path, [q, ("highlight", "true"), ("per_page", "100")])
        yield ask(f"words: {what}, grouped", path, [q, ("group_by", "year"), ("per_page", "9")])
        yield ask(f"words: {what}, as typed", "/v1/autocomplete", [("q", text[:200]), ("limit", "20")])
    for letter in "abcdefghijklmnopqrstuvwxyz019":
        yield ask(f"autocomplete: {letter}", "/v1/autocomplete", [("q", letter), ("limit", "20")])
        yield ask(f"autocomplete: {letter}a a", "/v1/autocomplete", [("q", f"{letter}a a"), ("limit", "20")])


def _trees(snapshot: Snapshot) -> Iterator[Request]:
    path = "/v1/publications/search"
    whole = partial(mailer, path=path)
    for field in snapshot.fields("publications").values():
        values = values_of(snapshot, field)
        five = [values[start : start + 5] or values[:1] for start in range(0, 1_000, 5)]
        for op in field.type.operators:
            if op == "exists":
                leaves = [{"field": field.name, "op": op, "value": bool(n % 2)} for n in range(200)]
            elif op in ("gte", "lte"):
                leaves = [{"field": field.name, "op": op, "value": each[0]} for each in five]
            else:
                leaves = [{"field": field.name, "op": op, "value": each} for each in five]
            yield whole(f"tree: any of 200 times {field.name} {op}", body={"where": {"or": leaves}})
            nots = [{"not": {"and": [leaf, {"field": "kind", "value": "publication"}]}} for leaf in leaves[:100]]
            yield whole(f"tree: none of 100 times {field.name} {op}", body={"where": {"and": nots}})
        wrong = [{"field": field.name, "value": [f"wrong{n}" for n in range(100)]}] * 199
        yield whole(f"tree: 19,900 wrong values of {field.name}", body={"where": {"or": wrong}})
    yield whole(
        "tree: unknown fields", body={"where": {"or": [{"field": f"topc{n}", "value": "a"} for n in range(200)]}}
    )
    yield whole("tree: as deep as can be sent", body={"where": _deep(30)})
    yield whole("tree: groups in groups", body={"where": {"and": [{"or": [{"and": [{}] * 20}] * 20}] * 20}})
    leaf = {"field": "topic", "value": "topic-01"}
    every = {"facets": list(facetable(snapshot, "publications"))[:10], "facet_size": 1_000, "per_page": 100}
    yield whole("tree: everything at once", body={"where": {"or": [leaf] * 199}, "q": " ".join(FREQUENT[:32]), **every})


def _maps_and_feeds(snapshot: Snapshot) -> Iterator[Request]:
    facets = facetable(snapshot, snapshot.registry.everything)
    for sides in zip(facets, facets[1:], facets[2:], strict=False):
        rows, columns, cells = sides
        pairs = [("rows", rows), ("columns", columns), ("cells", cells)]
        yield ask(f"map of {', '.join(sides)}", "/v1/map", pairs)
    sides_of_terms = [("rows", "topic"), ("columns", "stage"), ("cells", "format")]
    for extension in ("csv", "svg"):
        yield ask(f"map as {extension}", f"/v1/map.{extension}", sides_of_terms)
    yield ask("map of common words", "/v1/map", [*sides_of_terms, ("q", COMMON_WORD)])
    slugs = [("slug", f"nothing-{number}") for number in range(200)]
    yield ask("map of many values", "/v1/map", [*sides_of_terms, *slugs])
    full = ("per_page", "100")
    queries = {"everything": [full], "common words": [full, ("q", COMMON_WORD)], "the last": [full, ("page", "100")]}
    for extension in ("atom", "feed.json"):
        for what, pairs in queries.items():
            yield ask(f"feed as {extension}: {what}", f"/v1/publications.{extension}", pairs)


def _trees_in_addresses() -> Iterator[Request]:
    """As `_trees`, as far as a URL goes."""
    path = "/v1/publications"
    trees = {
        "conditions": {"or": [{"field": "topic", "value": f"topic-{n % 40:02}"} for n in range(90)]},
        "none of them": {"and": [{"not": {"or": [{"field": "topic", "value": "topic-01"}] * 4}}] * 20},
        "as deep as can be sent": _deep(30),
        "wrong values": {"or": [{"field": "topic", "value": f"wrong{n}"} for n in range(90)]},
    }
    for what, tree in trees.items():
        text = json.dumps(tree, separators=(",", ":"))
        yield ask(f"tree in a URL: {what}", path, [("query", text)])
        yield ask(f"tree in a URL: {what}, and facets", path, [("query", text), ("facets", "topic,year,contributor")])
    for what, text in {"brackets": "[" * 2_500, "quotation marks": '"' * 2_500, "zeros": "0" * 7_500}.items():
        yield ask(f"tree in a URL: {what}", path, [("query", text)])


def _deep(levels: int) -> dict[str, Any]:
    return {"not": _deep(levels - 1)} if levels else {"field": "topic", "value": "topic-01"}


def _bodies() -> Iterator[Request]:
    names = [f"titel{n}" for n in range(17_000)]
    keys = {f"k{n}": n for n in range(80_000)}
    wrong = {
        "80,000 keys": keys,
        "17,000 names": {"select": names},
        "8,000 orders": {"sort": names[:8_000]},
        "100 unknown names": {"select": names[:100], "facets": names[:100], "include": names[:100]},
        "9,000 numbers for names": {"select": list(range(9_000))},
        "queries": {"address": "a@example.org", "queries": [{"collection": "x"}] * 3_000},
        "filters": {"address": "a@example.org", "queries": [{"filters": {"topic": names[:400]}}] * 20},
        "unknown filters": {"address": "a@example.org", "queries": [{"filters": {n: ["a"] for n in names[:450]}}] * 20},
        "presets": {"address": "a@example.org", "presets": names[:9_000]},
        "a long address": {"address": "a" * 900_000},
        "a wordy query": {"address": "a@example.org", "queries": [{"q": " ".join(FREQUENT)[:500]}] * 20},
    }
    raw = {
        "nothing": b"",
        "a mebibyte of brackets": b"[" * 2**20,
        "a mebibyte of quotation marks": b'"' * 2**20,
        "a mebibyte of escapes": b'"' + b"\\u0041" * 170_000 + b'"',
        "half a million numbers": b"[" + b"1," * 500_000 + b"1]",
        "half a million lists": b"[" + b"[]," * 300_000 + b"[]]",
        "a long number": b"9" * 2**20,
        "a long string": b'"' + b"a" * 1_000_000 + b'"',
        "no UTF-8": b"\xff" * 2**20,
    }
    for path in ("/v1/publications/search", "/v1/subscriptions", "/v1/subscriptions/manage-links"):
        yield from (mailer(f"{path}: {what}", path, body) for what, body in (*wrong.items(), *raw.items()))
    forms = {
        "a long form": b"address=" + b"%41" * 300_000,
        "many fields": b"&".join(b"topic=a%d" % n for n in range(100_000)),
        "as many fields as may be": b"&".join(b"topic=ethcs%d" % n for n in range(190)) + b"&address=a@example.org",
        "unknown fields": b"&".join(b"topc%d=a" % n for n in range(190)) + b"&address=a@example.org",
    }
    for what, body in forms.items():
        yield mailer(f"sign-up: {what}", "/v1/subscriptions", body, FORM)


def _singles(snapshot: Snapshot) -> Iterator[Request]:
    rows = {row.kind: row for row in islice(snapshot.live("entries"), 1)}
    for name in snapshot.registry.collections:
        rows |= {f"{name}/{row.slug}": row for row in islice(snapshot.live(name), 2)}
    common = max(snapshot.fields("entries").values(), key=lambda each: each.facetable and len(snapshot.by_size(each)))
    frequent = [
        snapshot.row(home, value) for _, value, _ in snapshot.by_size(common)[:3] for home in common.collections
    ]
    for row in (*rows.values(), *filter(None, frequent)):
        path = f"/v1/{row.collection}/{row.slug}"
        yield ask(f"single: {path}", path)
        yield ask(f"single: {path} with all", path, [("include", ",".join(INCLUDABLE))])
        yield ask(f"related: {path}", f"{path}/related", [("limit", "20")])
        for extension in ("csl", "bib", "ris", "csv", "jsonld", "ttl"):
            yield ask(f"single: {path}.{extension}", f"{path}.{extension}")
    for what, value in STRANGE.items():
        text = quote(value[:2_500], safe="")
        yield ask(f"unknown: slug is {what}", f"/v1/publications/{text}")
        yield ask(f"unknown: collection is {what}", f"/v1/{text}")
        yield ask(f"unknown: related to {what}", f"/v1/publications/{text}/related")
        yield ask(f"unknown: problem is {what}", f"/problems/{text}")
        yield ask(f"unknown: token is {what}", f"/v1/unsubscribe/{text}")


def _others() -> Iterator[Request]:
    for path in (
        "/v1",
        "/",
        "/docs",
        "/openapi.json",
        "/health/live",
        "/health/ready",
        "/subscribe",
        "/problems",
        "/v1/staff",
    ):
        yield ask(f"page: {path}", path)
    yield Request("options of everything", "*", "OPTIONS")
    yield Request("options of a list", "/v1/publications", "OPTIONS")
    yield Request("a method nobody knows", "/v1/publications", "X" * 1_000)


def _headers() -> Iterator[Request]:
    path = "/v1/publications"
    long = 60_000
    yield ask("header: Accept", path, accept="a/b;q=0.5," * (long // 10))
    yield ask("header: Accept without commas", path, accept="a" * long)
    yield ask("header: Accept with parameters", path, accept="application/json" + ";a=b" * (long // 4))
    yield ask("header: Accept-Encoding", path, accept_encoding="gzip;q=0.5, " * (long // 12))
    yield ask("header: If-None-Match", path, if_none_match='"a",' * (long // 4))
    yield ask("header: If-None-Match without end", path, if_none_match='"' * long)
    yield ask("header: If-Modified-Since", path, if_modified_since="Mon, " * (long // 5))
    yield ask("header: X-Forwarded-For", path, x_forwarded_for="192.0.2.1," * (long // 10))
    yield ask("header: Authorization", "/v1/staff", authorization="Bearer kb_" + "a" * long)
    yield mailer(
        "header: Content-Type", f"{path}/search", {}, {"content-type": "application/json" + ";a=b" * (long // 4)}
    )
