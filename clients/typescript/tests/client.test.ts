// Asks a running knowledge base; BASE is its address.
import { describe, expect, test } from "vitest";
import { ApiError, KnowledgeBase, type Documents, type Retries } from "../src/index.js";

const baseUrl = process.env["BASE"]!;
const kb = new KnowledgeBase({ baseUrl, contact: "harvester@example.org" });

async function all<T>(found: AsyncIterable<T>): Promise<T[]> {
  const gathered: T[] = [];
  for await (const each of found) gathered.push(each);
  return gathered;
}

describe("lists", () => {
  test("all that match come one by one", async () => {
    const { meta } = await kb.page("/v1/publications", { query: { per_page: 1 } });
    const found = await all(kb.find("/v1/publications", { query: { per_page: 7, sort: ["-issued"] } }));
    expect(new Set(found.map((each) => each.id)).size).toBe(meta.count);
    expect(found.every((each) => each.kind === "publication" && each.title.length > 0)).toBe(true);
  });

  test("terms are of a vocabulary, and words come by relevance", async () => {
    const stages = await all(kb.find("/v1/{vocabulary}", { path: { vocabulary: "stages" } }));
    expect(stages.map((each) => each.slug)).toContain("mobilising");
    const found = await all(kb.find("/v1/entries", { query: { q: "innovation", per_page: 5 } }));
    const { meta } = await kb.page("/v1/entries", { query: { q: "innovation", per_page: 1 } });
    expect(found.length).toBe(meta.count);
  });

  test("facets are counted under the other filters", async () => {
    const { kind } = await kb.facets("/v1/entries", ["kind", "topic"], { query: { kind: ["publication"] } });
    expect(kind?.values.filter((value) => value.selected).map((value) => value.slug)).toEqual(["publication"]);
  });

  test("the rest of the description is there, typed", async () => {
    const { data } = await kb.api.GET("/v1/autocomplete", { params: { query: { q: "mobil" } } });
    expect(data?.results.some((each) => each.parameter === "stage")).toBe(true);
  });

  test("what the vocabulary does not have is refused, by the compiler first", async () => {
    // @ts-expect-error -- the stage is spelt with an s
    const wrong = kb.page("/v1/entries", { query: { stage: ["mobilizing"] } });
    await expect(wrong).rejects.toThrow(/^400 /);
    await expect(wrong).rejects.toBeInstanceOf(ApiError);
  });
});

describe("changes", () => {
  test("are told to the present", async () => {
    const pages = await all(kb.changes("0", { documents: true }));
    const lines = pages.flatMap((page) => page.results);
    expect(new Set(lines.map((line) => line.id)).size).toBe(lines.length);
    const [last] = await all(kb.changes(pages.at(-1)!.meta.next, { wait: 1 }));
    expect(last?.results).toEqual([]);
  });

  test("keep a copy in step, which starts over in another past", async () => {
    const copy = new Map<string, Documents>();
    const since = await kb.follow(copy);
    const { meta } = await kb.page("/v1/entries", { query: { per_page: 1 } });
    const entries = [...copy.values()].filter((each) => "terms" in each);
    expect(entries.length).toBe(meta.count);
    const whole = new Set(copy.keys());
    copy.set("never-was", entries[0]!);
    expect(await kb.follow(copy, since)).toBe(since);
    expect(copy.has("never-was")).toBe(true);
    await kb.follow(copy, "2000000000");
    expect(new Set(copy.keys())).toEqual(whole);
  });

  test("of another past are started over", async () => {
    const lost = await all(kb.changes("2000000000")).catch((error: unknown) => error);
    expect(lost).toBeInstanceOf(ApiError);
    expect((lost as ApiError).isCursorExpired).toBe(true);
  });
});

describe("answers", () => {
  const statuses: number[] = [];
  const watched: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    statuses.push(response.status);
    return response;
  };

  test("are kept with their ETags, and not sent again until they change", async () => {
    const client = new KnowledgeBase({ baseUrl, fetch: watched });
    const pages = [];
    for (let turn = 0; turn < 3; turn++) pages.push(await client.page("/v1/frameworks", { query: { per_page: 2 } }));
    expect(statuses.splice(0)).toEqual([200, 304, 304]);
    expect(pages[1]).toEqual(pages[0]);
    expect(pages[2]).toEqual(pages[0]);
    await client.page("/v1/frameworks", { query: { per_page: 3 } });
    expect(statuses.splice(0)).toEqual([200]);
  });

  test("are given up for newer ones where there is no more room", async () => {
    const client = new KnowledgeBase({ baseUrl, fetch: watched, keep: 0 });
    for (let turn = 0; turn < 2; turn++) await client.page("/v1/frameworks", { query: { per_page: 2 } });
    expect(statuses.splice(0)).toEqual([200, 200]);
  });

  test("that were refused are not kept", async () => {
    const client = new KnowledgeBase({ baseUrl, fetch: watched });
    for (let turn = 0; turn < 2; turn++) {
      await expect(client.page("/v1/entries", { query: { q: "x".repeat(2000) } })).rejects.toThrow(/^400 /);
    }
    expect(statuses.splice(0)).toEqual([400, 400]);
  });
});

/** The far side of a network: these answers, then success. */
function network(...answers: (Response | Error)[]) {
  const waits: number[] = [];
  const seen: Request[] = [];
  const retries: Retries = { sleep: async (seconds) => void waits.push(seconds), random: () => 1 };
  const send = async (request: Request | URL | string): Promise<Response> => {
    seen.push(request as Request);
    const answer = answers.shift() ?? Response.json({ meta: {}, results: [], links: {} });
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const options = { baseUrl: "https://kb.example.org", key: "kb_secret", contact: "you@example.org" };
  return { kb: new KnowledgeBase({ ...options, fetch: send as typeof fetch, retries }), waits, seen };
}

const refusal = (status: number, after?: string) =>
  Response.json({ type: "about:blank", title: "No", status }, { status, headers: after ? { "Retry-After": after } : {} });

describe("retries", () => {
  test("obey Retry-After and a little more, else grow", async () => {
    const { kb, waits, seen } = network(refusal(429, "10"), refusal(503), new TypeError("fetch failed"));
    await kb.page("/v1/entries", {});
    expect(waits).toEqual([11, 1, 2]);
    expect(seen[0]?.headers.get("authorization")).toBe("Bearer kb_secret");
    expect(seen[0]?.headers.get("user-agent")).toBe("knowledge-base-client (mailto:you@example.org)");
  });

  test("end, and do not last an hour", async () => {
    const { kb, waits } = network(refusal(429, "3600"));
    await expect(kb.page("/v1/entries", {})).rejects.toThrow("429 No");
    expect(waits).toEqual([]);
    const lasting = network(...Array.from({ length: 9 }, () => new TypeError("fetch failed")));
    await expect(lasting.kb.page("/v1/entries", {})).rejects.toThrow("fetch failed");
    expect(lasting.seen.length).toBe(5);
  });

  test("are only of what may be repeated", async () => {
    const search = network(refusal(503));
    await search.kb.api.POST("/v1/entries/search", { body: { q: "trust" } });
    expect(search.seen.length).toBe(2);
    const { kb, seen } = network(refusal(503));
    await kb.api.POST("/v1/subscriptions/confirmations", { body: { token: "x" } });
    expect(seen.length).toBe(1);
  });
});
