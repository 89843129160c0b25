"""Pages for people, by processor time: every sort of page that is not known, and the first one after a publication.

python -m benchmarks.pages --publications 20000 --rounds 15
"""

import statistics
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop

from app.main import Service
from benchmarks.databases import service_database
from benchmarks.hostile.meter import Request, cost
from benchmarks.hostile.run import Forgetting, started

MOST = 10.0
"""Milliseconds of processor time that a page may cost which is not known."""
TITLES = 2_000
"""In which the most frequent word is looked for, of more than `SHORT` letters."""
SHORT = 4
LISTS = ("publications", "frameworks", "sites", "events", "people", "organisations", "collections", "topics", "stages")
ELSEWHERE = (
    "/",
    "/search",
    "/search?q={word}",
    "/search?q={frequent}",
    "/search?topic={topic}",
    "/search?topic={topic}&format={format}&sort=title&page=2",
    "/map",
    "/map?cells=format",
    "/vocabularies/topic",
    "/guide",
    "/guide/querying",
    "/accessibility",
    "/subscribe",
    "/subscribe/privacy",
)


def main(
    publications: Annotated[int, typer.Option(help="How many there are.")] = 20_000,
    rounds: Annotated[int, typer.Option(help="Of which the median counts.")] = 15,
    database: Annotated[
        Path | None, typer.Option(help="A database in SQLite that is there, such as a seeded one.")
    ] = None,
) -> None:
    """Ends with 1 where a page costs more than it may."""
    with closing(started(database or service_database(publications))) as service:
        dear = uvloop.run(measured(service, rounds))
    if dear:
        raise SystemExit(f"over {MOST:g} ms: {', '.join(dear)}")


async def measured(service: Service, rounds: int) -> list[str]:
    """The pages that cost too much."""
    forget = Forgetting(service)
    print("| page | kB | not known, ms | first after a publication, ms |\n| --- | --- | --- | --- |")
    dear = []
    for path in paths(service):
        request = Request(path, path, headers={"accept": "text/html"})
        known, first = [], []
        for _ in range(rounds):
            forget()
            first.append(await cost(service, request))
            service.asgi._response_cache.store.clear()
            known.append(await cost(service, request))
        if first[0].status != 200:
            print(f"| `{path}` | {first[0].status} | | |", flush=True)
            continue
        not_known, after = (statistics.median(each.cpu for each in found) for found in (known, first))
        print(f"| `{path}` | {first[0].size / 1000:.0f} | {not_known:.1f} | {after:.1f} |", flush=True)
        dear += [path] if not_known > MOST else []
    return dear


def paths(service: Service) -> Iterator[str]:
    """One of every sort that there is."""
    found = {name: [row.slug for row in rows(service, name)] for name in LISTS}
    common = {name: most_frequent(service, name) for name in ("topic", "format")}
    common["word"] = max((word for row in rows(service, "publications") for word in row.label.split()), key=len)
    titles = (row.label.lower().split() for row in rows(service, "publications", TITLES))
    common["frequent"] = Counter(word for title in titles for word in title if len(word) > SHORT).most_common(1)[0][0]
    yield from (path.format_map(common) for path in ELSEWHERE)
    for name, slugs in found.items():
        yield f"/{name}"
        yield from (f"/{name}/{slug}" for slug in slugs[:1])
    yield from (f"/publications/{slug}/citation" for slug in found["publications"][:1])


def rows(service: Service, collection: str, most: int = 1) -> list[Any]:
    snapshot = service.index.snapshot
    return [snapshot.rows[ident] for ident in islice(snapshot.members(collection), most)]


def most_frequent(service: Service, vocabulary: str) -> str:
    snapshot = service.index.snapshot
    return next((value for _, value, _ in snapshot.by_size(snapshot.fields("publications")[vocabulary])), "")


if __name__ == "__main__":
    typer.run(main)
