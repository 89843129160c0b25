// Requests, as the forms make them.

import { storedKey } from "./session.js";

export class NoKey extends Error {}

/** Sends a request with the key; answers with the status, the fields and the body, as JSON where it is JSON. */
export async function request(method, url, { body, mediaType = "application/json", headers = {} } = {}) {
  const key = storedKey();
  if (!key) throw new NoKey("Paste your key first.");
  const sent = { Accept: "application/json", Authorization: `Bearer ${key}`, ...headers };
  if (body !== undefined) sent["Content-Type"] = mediaType;
  const isReady = body === undefined || body instanceof Blob || typeof body === "string";
  const payload = isReady ? body : JSON.stringify(body);
  const response = await fetch(url, { method, headers: sent, body: payload, cache: "no-store" });
  return read(response);
}

/** A public address, which needs no key. */
export async function publicJson(url) {
  const response = await fetch(url, { headers: { Accept: "application/json" }, cache: "no-cache" });
  if (!response.ok) throw new Error(`${url} answers ${response.status}.`);
  return response.json();
}

/** Requests for the same place on the page, whose answers may come in another order. */
export class Turns {
  #taken = 0;
  #latest = 0;

  take() {
    this.#taken += 1;
    return this.#taken;
  }

  /** Whether the answer is to be shown: not where a later request was answered before it. */
  arrive(turn) {
    if (turn < this.#latest) return false;
    this.#latest = turn;
    return true;
  }

  /** Whether none was shown after it. */
  isCurrent(turn) {
    return turn === this.#latest;
  }
}

async function read(response) {
  const type = response.headers.get("content-type") ?? "";
  const isJson = /json/.test(type);
  const isText = isJson || type === "" || type.startsWith("text/");
  const text = isText ? await response.text() : "";
  return {
    ok: response.ok,
    status: response.status,
    fileName: /filename="([^"]+)"/.exec(response.headers.get("content-disposition") ?? "")?.[1],
    replayed: response.headers.get("idempotency-replayed") === "true",
    text,
    blob: isText ? new Blob([text], { type }) : await response.blob(),
    body: isJson && text ? JSON.parse(text) : null,
  };
}

/** The address of an operation; empty parameters of the query are left out. */
export function address(operation, values) {
  let path = operation.path;
  const query = new URLSearchParams();
  for (const parameter of operation.parameters) {
    const value = values[parameter.name];
    if (parameter.in === "path") path = path.replace(`{${parameter.name}}`, encodeURIComponent(value ?? ""));
    if (parameter.in !== "query" || value === undefined) continue;
    for (const each of [value].flat()) query.append(parameter.name, String(each));
  }
  return query.size ? `${path}?${query}` : path;
}

export const SLUG = "{slug}"; // in paths

/** Where the resource is that an operation changes: its own address, if it can be read, or that which its slug ends, or
    its last parameter, if that can be read. */
export function subjectPath(operation, description) {
  const own = description.document.paths[operation.path]?.get;
  if (own) return operation.path;
  const slug = operation.path.indexOf(SLUG);
  if (slug >= 0) return operation.path.slice(0, slug + SLUG.length);
  const last = operation.path.slice(0, operation.path.lastIndexOf("}") + 1);
  return description.document.paths[last]?.get ? last : null;
}

export function filled(path, values) {
  return path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(values[name] ?? ""));
}
