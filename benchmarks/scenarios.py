"""What is required of the service: answers it knows and does not know, growth, start and memory."""

import shutil
from collections.abc import Sequence

from benchmarks import bare, client, paths
from benchmarks.databases import VAR, baseline_database, service_database
from benchmarks.load import Comparison, Load, LoadFailed, Traffic, compare, measure
from benchmarks.rows import LARGE, PROBES, SMALL, Row, Scenario, alone, compared
from benchmarks.servers import control, fixed, service


def known_answer(load: Load) -> list[Row]:
    comparison = _against_bare(load, {})
    return [_share("a cached response, against bare Uvicorn", comparison, 0.6)]


def not_modified(load: Load) -> list[Row]:
    with service(service_database(SMALL), paths.FIRST_PAGE) as ours:
        tag = bare.capture(ours.port, paths.FIRST_PAGE, {}).header("etag")
    comparison = _against_bare(load, {"If-None-Match": tag}, status=304)
    return [_share("304, against bare Uvicorn", comparison, 0.8)]


def unknown_answer(load: Load) -> list[Row]:
    urls = paths.faceted()
    with (
        service(service_database(SMALL), paths.FIRST_PAGE) as ours,
        control(baseline_database(SMALL)) as theirs,
    ):
        comparison = compare(Traffic(ours, urls, once=True), Traffic(theirs, urls, once=True), load)
    by_cost, by_rate = comparison.cost_ratio(), comparison.rate_ratio()
    what = "topic and stage, three facets, every URL different, 10,000; against FastAPI, ORM and Pydantic"
    result = f"{1 / by_cost:.0f} times by CPU, {by_rate:.0f} times by requests/s (the control has threads)"
    return [compared(what, comparison, result, "at least 20 times by CPU", 1 / by_cost >= 20)]


def filters_grow(load: Load) -> list[Row]:
    return [_growth("topic and stage, every URL different, 200,000 against 10,000", paths.filtered(), load, 1.5)]


def facets_grow(load: Load) -> list[Row]:
    return [_growth("the same with three facets, 200,000 against 10,000", paths.faceted(), load, 3)]


def start_and_memory(load: Load) -> list[Row]:
    database = service_database(LARGE)
    shutil.rmtree(VAR / "index", ignore_errors=True)
    with service(database, paths.FIRST_PAGE) as ours:
        first = ours.started_in
    with service(database, paths.FIRST_PAGE) as ours:
        for urls in (paths.filtered(), paths.faceted()):
            measure(Traffic(ours, urls, once=True), load)
        alone(ours, client.requests(paths.words_never_asked(PROBES), {}))
        now, most = (ours.memory(field) / 1e6 for field in ("VmRSS", "VmHWM"))
    start, limit = ours.started_in, "under 5 s"
    return [
        Row("first start to first answer, 200,000: the index is written", f"{first:.1f} s", "", f"{first:.1f} s"),
        Row("a later start to first answer, 200,000", f"{start:.1f} s", "", f"{start:.1f} s", limit, start < 5),
        Row(
            "resident memory after load",
            f"{now:.0f} MB",
            "",
            f"at most {most:.0f} MB",
            "under 500 MB",
            most < 500,
        ),
    ]


SCENARIOS = (
    Scenario("known-answer", False, known_answer),
    Scenario("not-modified", False, not_modified),
    Scenario("unknown-answer", False, unknown_answer),
    Scenario("filters-grow", True, filters_grow),
    Scenario("facets-grow", True, facets_grow),
    Scenario("start-and-memory", True, start_and_memory),
)


def _against_bare(load: Load, headers: dict[str, str], *, status: int = 200) -> Comparison:
    with service(service_database(SMALL), paths.FIRST_PAGE) as ours:
        answer = bare.capture(ours.port, paths.FIRST_PAGE, headers)
        if answer.status != status:
            raise LoadFailed(f"{paths.FIRST_PAGE} answered {answer.status}, not {status}")
        with fixed(answer) as theirs:
            addresses = [paths.FIRST_PAGE]
            return compare(Traffic(ours, addresses, headers), Traffic(theirs, addresses, headers), load)


def _share(what: str, comparison: Comparison, required: float) -> Row:
    by_cost, by_rate = 1 / comparison.cost_ratio(), comparison.rate_ratio()
    result = f"{by_cost:.2f} by CPU, {by_rate:.2f} by requests/s"
    return compared(what, comparison, result, f"at least {required} by CPU", by_cost >= required)


def _growth(what: str, urls: Sequence[str], load: Load, required: float) -> Row:
    with (
        service(service_database(LARGE), paths.FIRST_PAGE) as large,
        service(service_database(SMALL), paths.FIRST_PAGE) as small,
    ):
        comparison = compare(Traffic(large, urls, once=True), Traffic(small, urls, once=True), load)
    by_cost, by_rate = comparison.cost_ratio(), 1 / comparison.rate_ratio()
    result = f"{by_cost:.2f} times the CPU, {by_rate:.2f} times the time"
    return compared(what, comparison, result, f"at most {required:g} times the CPU", by_cost <= required)
