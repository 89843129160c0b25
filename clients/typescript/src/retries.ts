/** Trying again: only what may be repeated, as often as is told, and never before `Retry-After` is over. */

const PASSING = new Set([429, 502, 503, 504]);

export interface Retries {
  /** In all; 1 turns it off. */
  attempts?: number;
  /** Seconds: a longer `Retry-After` is handed on. */
  maxWait?: number;
  sleep?: (seconds: number) => Promise<void>;
  random?: () => number;
}

export function withRetries(send: typeof fetch, options: Retries = {}): (request: Request) => Promise<Response> {
  const { attempts = 5, maxWait = 60, sleep = pause, random = Math.random } = options;
  return async (request) => {
    for (let attempt = 1; ; attempt++) {
      const last = attempt >= attempts || !isRepeatable(request);
      const wait = random() * Math.min(maxWait, 0.5 * 2 ** (attempt - 1));
      try {
        const response = await send(request.clone());
        const asked = retryAfter(response);
        if (last || !PASSING.has(response.status) || (asked ?? 0) > maxWait) return response;
        await response.body?.cancel();
        await sleep(asked === undefined ? wait : asked + random() * Math.min(1, asked / 10));
      } catch (error) {
        if (last || request.signal.aborted) throw error;
        await sleep(wait);
      }
    }
  };
}

function isRepeatable(request: Request): boolean {
  const searches = request.method === "POST" && new URL(request.url).pathname.endsWith("/search");
  return request.method === "GET" || request.method === "HEAD" || searches || request.headers.has("idempotency-key");
}

/** Seconds, of either form of the field (RFC 9110 section 10.2.3). */
function retryAfter(response: Response): number | undefined {
  const text = response.headers.get("retry-after") ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const moment = Date.parse(text);
  return Number.isNaN(moment) ? undefined : Math.max(0, (moment - Date.now()) / 1000);
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
