/** Answers kept with their ETags: what has not changed is not sent again. */

interface Kept {
  tag: string;
  body: ArrayBuffer;
  headers: Headers;
}

/** Keeps answers to reads in JSON, together at most so many bytes: those that were asked for last. Exports stream. */
export function withEtags(send: typeof fetch, most: number): typeof fetch {
  const kept = new Map<string, Kept>();
  let size = 0;

  const forget = (name: string): void => {
    size -= kept.get(name)?.body.byteLength ?? 0;
    kept.delete(name);
  };
  const keep = (name: string, answer: Kept): void => {
    forget(name);
    kept.set(name, answer);
    size += answer.body.byteLength;
    for (const oldest of kept.keys()) if (size > most) forget(oldest);
  };
  const isKept = ({ ok, headers }: Response): boolean =>
    ok && headers.has("etag") && /^application\/json\b/.test(headers.get("content-type") ?? "") && !/no-store/.test(headers.get("cache-control") ?? "");

  return async (input, init) => {
    const request = new Request(input, init);
    if (request.method !== "GET" || request.headers.has("if-none-match") || request.headers.has("range")) return send(request);
    const name = `${request.headers.get("accept")} ${request.url}`;
    const known = kept.get(name);
    if (known) request.headers.set("If-None-Match", known.tag);
    const response = await send(request);
    if (response.status === 304 && known) {
      keep(name, known);
      return new Response(known.body.slice(0), { status: 200, headers: known.headers });
    }
    if (!isKept(response)) return response;
    const body = await response.clone().arrayBuffer();
    keep(name, { tag: response.headers.get("etag")!, body, headers: response.headers });
    return response;
  };
}
