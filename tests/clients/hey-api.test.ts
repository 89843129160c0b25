// Asks a running knowledge base through the client that @hey-api/openapi-ts generates; BASE is its address.
import assert from "node:assert/strict";
import { test } from "node:test";
import { client } from "./build/hey-api/client.gen.js";
import * as api from "./build/hey-api/index.js";

client.setConfig({ baseUrl: process.env["BASE"]! });

test("by topic", async () => {
  const { data, error } = await api.listPublications({
    query: { topic: ["trustworthy-innovation"], sort: ["-issued", "title"] },
  });
  assert.equal(error, undefined);
  assert.ok(data && data.meta.count > 0);
  for (const each of data.results) {
    assert.equal(each.kind, "publication");
    assert.ok(each.title);
    assert.ok(each.terms?.["topic"]?.length);
  }
});

test("by stage, across kinds", async () => {
  const { data } = await api.listEntries({ query: { stage: ["mobilising"], per_page: 100 } });
  assert.ok(data && data.meta.count === data.results.length);
  assert.ok(data.results.every((each) => each.terms?.["stage"]?.some((term) => term.slug === "mobilising")));
});

test("by any of two formats, with counts", async () => {
  const { data } = await api.listEntries({ query: { format: ["video", "podcast"], facets: ["format", "topic"] } });
  const counted = data?.facets?.["format"]?.values.filter((value) => value.selected).map((value) => value.slug);
  assert.deepEqual(counted?.sort(), ["podcast", "video"]);
  assert.ok(data?.facets?.["topic"]);
});

test("with conditions that nest", async () => {
  const { data } = await api.searchEntries({
    body: {
      where: { and: [{ field: "stage", value: "mobilising" }, { not: { field: "format", value: "video" } }] },
      per_page: 100,
    },
  });
  assert.ok(data && data.results.length > 0);
  assert.ok(data.results.every((each) => each.terms?.["format"]?.every((term) => term.slug !== "video")));
});

test("one thing, found by what completes a word", async () => {
  const { data } = await api.complete({ query: { q: "mobil" } });
  const stage = data?.results.find((each) => each.parameter === "stage");
  assert.ok(stage);
  const { data: term } = await api.getTerm({ path: { vocabulary: "stages", slug: stage.slug } });
  assert.equal(term?.label, stage.label);
});

test("a wrong query is a typed problem", async () => {
  const { error, response } = await api.listEntries({ query: { per_page: 1000 } });
  assert.equal(response?.status, 400);
  assert.equal(error?.errors?.[0]?.parameter, "per_page");
});

test("a value that the vocabulary does not have is refused, by the compiler first", async () => {
  // @ts-expect-error -- the stage is spelt with an s
  const { response } = await api.listEntries({ query: { stage: ["mobilizing"] } });
  assert.equal(response?.status, 400);
});
