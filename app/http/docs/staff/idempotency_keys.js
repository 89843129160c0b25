// What was sent from a form is done once: the same content has the same Idempotency-Key, however often it is sent.

export class IdempotencyKeys {
  #keys = new Map(); // by what was sent

  /** The key of this content of a request to this address. */
  keyOf(url, content) {
    const sent = JSON.stringify([url, content instanceof File ? [content.name, content.size, content.lastModified] : content]);
    if (!this.#keys.has(sent)) this.#keys.set(sent, crypto.randomUUID());
    return this.#keys.get(sent);
  }
}
