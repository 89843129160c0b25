/** A client of a knowledge base: the types of its description, and what makes lists and changes comfortable. */
import createClient, { type Client } from "openapi-fetch";
import { withEtags } from "./etags.js";
import { withRetries, type Retries } from "./retries.js";
import type { components, paths } from "./schema.js";

export type { Retries } from "./retries.js";
export type { components, operations, paths } from "./schema.js";
export type Schemas = components["schemas"];
export type Changes = Schemas["PublicChanges"];
export type Documents = NonNullable<Changes["results"][number]["document"]>;

type Json = "application/json" | "application/problem+json";

/** The path of a list, as the description has it. */
export type ListPath = {
  [P in keyof paths]: paths[P] extends { get: { parameters: { query?: { cursor?: string } } } } ? P : never;
}[keyof paths];
type Get<P extends ListPath> = paths[P] extends { get: infer G } ? G : never;
type ParametersOf<P extends ListPath> = Get<P> extends { parameters: infer A } ? A : never;
export type Query<P extends ListPath> = ParametersOf<P> extends { query?: infer Q } ? NonNullable<Q> : never;
type PathOf<P extends ListPath> = ParametersOf<P> extends { path: infer A } ? { path: A } : { path?: undefined };
type PageOf<P extends ListPath> =
  Get<P> extends { responses: { 200: { content: { "application/json": infer B } } } } ? B : never;
/** A whole document of a list; with `select`, only the members that it names are there. */
export type Found<P extends ListPath> =
  PageOf<P> extends { results: (infer D)[] } ? Extract<D, { id: string; slug: string }> : never;
export type Asked<P extends ListPath> = { query?: Omit<Query<P>, "page" | "cursor" | "sample" | "group_by"> } & PathOf<P>;

export interface Options {
  baseUrl: string;
  /** As it was shown. */
  key?: string;
  /** An address of e-mail: whom to write to. Browsers do not let it through. */
  contact?: string;
  retries?: Retries;
  /** Bytes of answers that are kept with their ETags; unless said 10 MB, and none in a browser, which keeps its own. */
  keep?: number;
  fetch?: typeof fetch;
}

/** The answer was no success: `problem` says why (RFC 9457). */
export class ApiError extends Error {
  constructor(
    readonly response: Response,
    readonly problem: Schemas["Problem"] | undefined,
  ) {
    super(`${response.status} ${problem?.detail ?? problem?.title ?? response.statusText}`);
    this.name = "ApiError";
  }

  /** Whether it is a cursor of changes from before the service was restored, or after what it has: start over. */
  get isCursorExpired(): boolean {
    return this.problem?.type.endsWith("/cursor-expired") ?? false;
  }
}

export class KnowledgeBase {
  /** Every operation of the description, typed: openapi-fetch, with retries. */
  readonly api: Client<paths, Json>;

  constructor(options: Options) {
    const agent = `knowledge-base-client${options.contact ? ` (mailto:${options.contact})` : ""}`;
    const headers = { "User-Agent": agent, ...(options.key ? { Authorization: `Bearer ${options.key}` } : {}) };
    const keep = options.keep ?? ("document" in globalThis ? 0 : 10_000_000);
    const send = withRetries(withEtags(options.fetch ?? fetch, keep), options.retries);
    this.api = createClient<paths, Json>({ baseUrl: options.baseUrl, headers, fetch: send });
  }

  /** One page of a list, with `meta`, `results`, `facets` and `links`. */
  async page<P extends ListPath>(path: P, asked: { query?: Query<P> } & PathOf<P>): Promise<PageOf<P>> {
    return (await this.get(path, asked)) as PageOf<P>;
  }

  /** All that match, one by one: by cursor to the very end, unless words are ordered by relevance. */
  async *find<P extends ListPath>(path: P, asked: Asked<P>): AsyncGenerator<Found<P>> {
    const query: Record<string, unknown> = { per_page: 100, ...asked.query };
    const byRelevance = query["q"] !== undefined && query["sort"] === undefined;
    let position: object | undefined = byRelevance ? { page: 1 } : { cursor: "*" };
    while (position) {
      const { meta, results }: Page = await this.get<Page>(path, { ...asked, query: { ...query, ...position } });
      yield* results as Found<P>[];
      const number: number = meta.page ?? 1;
      if (byRelevance) position = number * meta.per_page < meta.count ? { page: number + 1 } : undefined;
      else position = meta.next_cursor ? { cursor: meta.next_cursor } : undefined;
    }
  }

  /** How many of what matches have each value of these fields. */
  async facets<P extends ListPath>(path: P, names: string[], asked: Asked<P>): Promise<Record<string, Schemas["Facet"]>> {
    const page = await this.get<Page>(path, { ...asked, query: { ...asked.query, facets: names, per_page: 1 } });
    return page.facets ?? {};
  }

  /** Pages of what changed, up to now. Keep `meta.next` of each with what you made of it, to go on from it. */
  async *changes(since: string, asked: { documents?: boolean; wait?: number } = {}): AsyncGenerator<Changes> {
    const { documents, wait } = asked;
    const more = { ...(documents ? { include: "document" as const } : {}), ...(wait ? { wait } : {}) };
    for (let next: string | undefined = since; next !== undefined; ) {
      const page: Changes = await this.get<Changes>("/v1/changes", { query: { since: next, ...more } });
      yield page;
      next = page.meta.has_more ? page.meta.next : undefined;
    }
  }

  /**
   * Brings a copy of everything public, by its ids, to the present. Keep what it returns with the copy: the next time it
   * goes on from there, and after a restored backup it starts over.
   */
  async follow(copy: Map<string, Documents>, since = "0"): Promise<string> {
    try {
      for await (const page of this.changes(since, { documents: true })) {
        for (const { id, document } of page.results) {
          if (document) copy.set(id, document);
          else copy.delete(id);
        }
        since = page.meta.next;
      }
      return since;
    } catch (error) {
      if (since === "0" || !(error instanceof ApiError && error.isCursorExpired)) throw error;
      copy.clear();
      return this.follow(copy);
    }
  }

  /** What a read of the description answers with. Throws ApiError. */
  private async get<T>(path: string, params: object): Promise<T> {
    const api = this.api as unknown as Client<Record<string, { get: { responses: { 200: { content: object } } } }>>;
    const { data, error, response } = await api.GET(path, { params });
    if (!response.ok) throw new ApiError(response, error as unknown as Schemas["Problem"] | undefined);
    return data as T;
  }
}

interface Page {
  meta: Schemas["ListMeta"];
  results: unknown[];
  facets?: Record<string, Schemas["Facet"]>;
}
