// What was sent from a form is done once: the same content has the same Idempotency-Key, however often it is sent.

export class IdempotencyKeys {
  #keys = new Map(); // by what was sent

  /** The key of this content of a request to this address. */
  keyOf(url, content) {
    const sent = JSON.stringify([url, content instanceof File ? [content.name, content.size, content.lastModified] : content]);
    if (!this.#keys.has(sent)) this.#keys.set(sent, randomKey());
    return this.#keys.get(sent);
  }
}

/** `crypto.randomUUID` is there on https and on this machine only; the page is also opened by http in an office. */
function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
