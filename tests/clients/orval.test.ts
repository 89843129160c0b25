// Asks a running knowledge base through the client that orval generates, which knows its address.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as api from "./build/orval/client.js";

/** An answer as orval types it that is no stream of lines (NDJSON). */
function whole<Answer extends object>(answer: Answer): Extract<Answer, { data: unknown }> {
  assert.ok("data" in answer);
  return answer as Extract<Answer, { data: unknown }>;
}

/** Of all formats that a list has, the page in JSON: what comes where nothing else is asked for. */
function page<Answer extends object>(answer: Answer): Extract<Answer, { data: { results: unknown[] } }>["data"] {
  assert.ok("data" in answer && typeof answer.data === "object" && answer.data !== null && "results" in answer.data);
  return (answer as Extract<Answer, { data: { results: unknown[] } }>).data;
}

test("by topic", async () => {
  const data = page(await api.listPublications({ topic: ["trustworthy-innovation"], sort: ["-issued", "title"] }));
  assert.ok(data.meta.count > 0);
  for (const each of data.results) {
    assert.equal(each.kind, "publication");
    assert.ok(each.title);
    assert.ok(each.terms?.["topic"]?.length);
  }
});

test("by stage, across kinds", async () => {
  const data = page(await api.listEntries({ stage: ["mobilising"], per_page: 100 }));
  assert.equal(data.meta.count, data.results.length);
  assert.ok(data.results.every((each) => each.terms?.["stage"]?.some((term) => term.slug === "mobilising")));
});

test("by any of two formats, with counts", async () => {
  const asked = { format: ["video", "podcast"], facets: ["format", "topic"] } satisfies api.ListEntriesParams;
  const data = page(await api.listEntries(asked));
  const counted = data.facets?.["format"]?.values.filter((value) => value.selected).map((value) => value.slug);
  assert.deepEqual(counted?.sort(), ["podcast", "video"]);
  assert.ok(data.facets?.["topic"]);
});

test("with conditions that nest", async () => {
  const data = page(
    await api.searchEntries({
      where: { and: [{ field: "stage", value: "mobilising" }, { not: { field: "format", value: "video" } }] },
      per_page: 100,
    }),
  );
  assert.ok(data.results.length > 0);
  assert.ok(data.results.every((each) => each.terms?.["format"]?.every((term) => term.slug !== "video")));
});

test("one thing, found by what completes a word", async () => {
  const found = await api.complete({ q: "mobil" });
  assert.ok(found.status === 200);
  const stage = found.data.results.find((each) => each.parameter === "stage");
  assert.ok(stage);
  const { data: term, status } = whole(await api.getTerm("stages", stage.slug));
  assert.ok(status === 200 && typeof term === "object" && "label" in term);
  assert.equal(term.label, stage.label);
});

test("a wrong query is a typed problem", async () => {
  const { data, status } = whole(await api.listEntries({ per_page: 1000 }));
  assert.ok(status === 400);
  assert.equal(data.errors?.[0]?.parameter, "per_page");
});

test("a value that the vocabulary does not have is refused, by the compiler first", async () => {
  // @ts-expect-error -- the stage is spelt with an s
  const { status } = await api.listEntries({ stage: ["mobilizing"] });
  assert.equal(status, 400);
});
