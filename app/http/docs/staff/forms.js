// The form of one operation: it starts empty, says what is missing, and shows what was answered.

import { answerPanel } from "./answers.js";
import { Correction, read } from "./correction.js";
import { takesText, writes } from "./description.js";
import { folded, make, prose } from "./elements.js";
import { CONFIRM, NOTE, VERSION, addParameterFields, memberFields } from "./form_fields.js";
import { IdempotencyKeys } from "./idempotency_keys.js";
import { laidOut } from "./layout.js";
import { JsonFault } from "./json_text.js";
import { namingPanel, unsettled } from "./naming.js";
import { plainPanel } from "./panels.js";
import { proposals, refusalPanel } from "./refusals.js";
import { NoKey, SLUG, Turns, address, filled, request, subjectPath } from "./requests.js";
import { storedKey } from "./session.js";
import { sourceField } from "./source_field.js";
import { describeSubject } from "./subject_field.js";
import { forgetVocabularies } from "./vocabularies.js";

const PEOPLE = "/v1/staff/people";

export class OperationForm {
  /** `go` opens another form, with values. */
  constructor(description, operation, go) {
    Object.assign(this, { description, operation, go, isChanged: false, isBusy: false, isDry: false, subject: null, isDeclined: false, reads: new Turns(), done: null, keys: new IdempotencyKeys() });
    const values = () => this.#values();
    this.parameters = [];
    addParameterFields(this.parameters, description, operation, values);
    this.members = memberFields(description, operation, values);
    this.correction = new Correction(operation.isPatch ? this.members : []);
    this.source = takesText(operation) ? sourceField() : null;
    this.element = this.#draw();
  }

  get fields() {
    return [...this.parameters, ...this.members, ...(this.source ? [this.source] : [])];
  }

  /** Fills in what somebody chose elsewhere on the page. */
  async fill(values) {
    for (const field of this.fields) if (values[field.name] !== undefined) field.write(values[field.name]);
    this.isChanged = false;
    await this.#choose();
    if (values.isAsked) await this.#send(false);
  }

  focus() {
    this.heading.focus();
    this.heading.scrollIntoView({ block: "start" });
  }

  /** What the form is about. */
  values() {
    return this.#values();
  }

  #values() {
    return Object.fromEntries(this.parameters.map((field) => [field.name, field.read()]));
  }

  #draw() {
    const { operation } = this;
    this.heading = make("h2", { tabIndex: -1 }, operation.summary);
    this.status = make("p", { class: "status", role: "status" });
    this.answer = make("section", { class: "answer", tabIndex: -1, "aria-label": "Answer" });
    const send = make("button", { type: "submit" }, writes(operation) ? operation.summary : "Show");
    const check = make("button", { type: "button", class: "quiet", onclick: () => this.#send(true) }, "Check only, change nothing");
    const example = exampleOf(operation.example);
    const drawable = this.parameters.filter((field) => field.element);
    const first = drawable.filter((field) => field.isPath || !writes(operation));
    const last = drawable.filter((field) => !first.includes(field));
    const body = laidOut(this.fields.filter((field) => !this.parameters.includes(field)));
    this.unfold = body.unfold;
    const drawn = (fields) => fields.map((field) => field.element);
    this.form = make("form", { noValidate: true, onsubmit: (event) => { event.preventDefault(); if (!this.isDeclined) this.#send(false); } },
      ...drawn(first), this.status, ...body.elements, ...drawn(last),
      make("p", { class: "buttons" }, send, writes(operation) && !operation.isSafe ? check : null));
    this.form.addEventListener("input", () => { this.isChanged = writes(operation); });
    for (const field of drawable) field.control.addEventListener("change", () => this.#choose());
    const described = operation.description.split(/\n\s*\n/).filter((paragraph) => !/^Requires (?:a|any valid) key/.test(paragraph.trim())).join("\n\n");
    return make("article", { "data-operation": operation.id }, this.heading, ...prose(described), example, this.form, this.answer);
  }

  #needsSubject() {
    const hasVersion = this.operation.isPatch || this.operation.parameters.some((each) => each.name === "If-Match");
    return writes(this.operation) && hasVersion;
  }

  /** After something was chosen that the form is about: its lists, and what is there. */
  async #choose() {
    await Promise.all([...this.parameters.map((field) => field.load?.()), this.#loadSubject()]);
    await this.#showTitle();
  }

  #subjectUrl() {
    const path = this.#needsSubject() ? subjectPath(this.operation, this.description) : null;
    const values = this.#values();
    const isWhole = path && ![...path.matchAll(/\{(\w+)\}/g)].some(([, name]) => values[name] === undefined);
    return isWhole ? filled(path, values) : null;
  }

  /** Reads what is there, so that the form shows it, and knows the version that was seen. What was typed while it was
      on its way stays. Gives the answer if it was refused. */
  async #loadSubject() {
    const url = this.#subjectUrl();
    const isKept = () => url === this.subject?.url && this.isChanged;
    if (url === null || !storedKey() || isKept() || !this.#leavesOther(url)) return null;
    const turn = this.reads.take();
    const answer = await request("GET", url);
    // Another one was chosen meanwhile, or a later answer is shown, or what was shown is being corrected.
    if (url !== this.#subjectUrl() || isKept() || !this.reads.arrive(turn)) return null;
    if (!answer.ok) {
      if (this.correction.of === null) this.subject = null;
      const words = answer.body?.detail ?? answer.body?.title ?? `Not found (${answer.status}).`;
      const proposed = await proposals(this, answer.body ?? {});
      if (this.reads.isCurrent(turn)) this.status.replaceChildren(words, " ", ...proposed);
      return answer;
    }
    this.subject = { url, ...answer.body };
    this.status.textContent = describeSubject(answer.body);
    const which = this.parameters.find((field) => field.name === "slug");
    if (answer.body.data && which?.control.value === answer.body.slug) which.known?.show(answer.body);
    if (this.operation.isPatch) {
      const typed = this.#typed();
      this.correction.show({ url, values: this.#values() }, dataOf(answer.body), typed);
      this.isChanged = typed.length > 0;
    }
    return null;
  }

  /** Shows by its title what the page filled in by its name in addresses. */
  async #showTitle() {
    const which = this.parameters.find((field) => field.name === "slug" && field.known);
    const { slug } = this.#values();
    if (!slug || !storedKey() || which?.control.value !== slug) return;
    const path = this.operation.path.slice(0, this.operation.path.indexOf(SLUG) + SLUG.length);
    const answer = await request("GET", filled(path, this.#values()));
    if (answer.ok && which.control.value === slug) which.known.show(answer.body);
  }

  /** Before another one is read than the one that the fields show: what was changed in that goes if somebody says so;
      otherwise it is named again, and Enter in its name, which leaves the field and sends the form, sends nothing. */
  #leavesOther(url) {
    const { of } = this.correction;
    if (of === null || of.url === url) return true;
    if (this.#typed().length && !window.confirm("Show another one? What you wrote was not sent.")) {
      for (const field of this.parameters) field.write(of.values[field.name]);
      if (this.subject?.data) this.parameters.find((field) => field.name === "slug")?.known?.show(this.subject);
      this.isDeclined = true;
      window.setTimeout(() => { this.isDeclined = false; });
      return false;
    }
    this.correction.empty();
    this.answer.replaceChildren(); // its buttons are about the one before
    Object.assign(this, { subject: null, isChanged: false });
    return true;
  }

  /** The members that somebody has changed since they were shown. */
  #typed() {
    return this.isChanged ? this.correction.typed() : [];
  }

  /** The body: all members that were filled in, or of a patch those that were changed. */
  #body() {
    const { isPatch, schema } = this.operation;
    const version = !this.isDry && !isPatch && this.#isRepeated() ? this.done.version : this.subject?.version;
    const isDeep = this.subject?.data !== undefined; // of the catalogue, whose objects are merged member by member
    const filled = () => Object.fromEntries(Object.entries(read(this.members)).filter(([, value]) => value !== undefined));
    const members = isPatch ? this.correction.patch(isDeep) : filled();
    const takesVersion = isPatch || this.description.resolve(schema).properties?.[VERSION];
    return takesVersion && version !== undefined ? { ...members, [VERSION]: version } : members;
  }

  /** What is sent is not changed until it is shown what became of it. */
  async #still(work) {
    this.form.inert = true;
    try {
      return await work();
    } finally {
      this.form.inert = false;
    }
  }

  /** What is pressed while an answer is awaited is not sent. */
  async #alone(work) {
    if (this.isBusy) return;
    this.isBusy = true;
    try {
      await work();
    } finally {
      this.isBusy = false;
    }
  }

  #send(isDry) {
    return this.#alone(() => this.#sendFilled(isDry));
  }

  async #sendFilled(isDry) {
    this.isDry = isDry;
    for (const field of this.fields) field.mark(null);
    try {
      const unnamed = await unsettled(this.fields);
      if (unnamed) return this.#show(await namingPanel(this, unnamed));
      const about = this.#subjectUrl();
      const refused = await this.#readSubject();
      if (refused) return this.#show(await refusalPanel(this, refused));
      if (about !== this.#subjectUrl()) return this.#show(plainPanel("Nothing was sent: another one is chosen now."));
      const missing = this.fields.flatMap((field) => field.missing()).filter((field) => !(isDry && field.name === CONFIRM));
      const isEmpty = writes(this.operation) && this.fields.every((field) => field.read() === undefined);
      if (missing.length || isEmpty) return this.#showMissing(missing);
      if (this.#isUnchanged()) return this.#show(plainPanel("Nothing was sent: you changed nothing since it was shown or saved."));
      const answer = await this.#still(async () => {
        const given = await this.#request(isDry);
        if (given.ok && !isDry) await this.#noteSaved(given.body);
        return given;
      });
      this.#show(answer.ok ? answerPanel(this, answer, isDry) : await refusalPanel(this, answer));
    } catch (error) {
      this.#show(error instanceof JsonFault ? error.panel()
        : plainPanel(error instanceof NoKey ? "Paste your key at the top of the page first." : `The service cannot be reached: ${error.message}.`));
    }
  }

  /** Reads what the form is about where that was still to be done; the answer that refuses it, if one does. */
  async #readSubject() {
    const url = this.#subjectUrl();
    if (url === null || url === this.subject?.url) return null;
    if (!storedKey()) throw new NoKey();
    return this.#loadSubject();
  }

  /** Whether somebody corrects what is shown, and wrote nothing else than that. */
  #isUnchanged() {
    return this.operation.isPatch && this.subject !== null && Object.keys(this.#body()).every((name) => name === VERSION);
  }

  /** What became of it is shown, so that the next correction or step begins from there. */
  async #noteSaved(saved) {
    this.isChanged = false;
    this.about = this.subject;
    if (this.operation.path.startsWith("/v1/staff/vocabularies")) forgetVocabularies();
    if (!this.#isRepeated()) this.done = { filled: this.#filled(), version: this.subject?.version };
    if (this.operation.isPatch && saved?.slug && saved.slug !== this.#values().slug) this.parameters.find((field) => field.name === "slug")?.write(saved.slug);
    if (this.correction.of) this.correction.saved({ url: this.#subjectUrl(), values: this.#values() });
    if (this.operation.method === "DELETE") this.status.textContent = "";
    else {
      this.subject = null;
      await this.#loadSubject().catch(() => {}); // it was saved: where it cannot be read now, the next request reads it first
    }
  }

  /** Whether it says what was done last: that is sent as it was, so that it is not done a second time. */
  #isRepeated() {
    return this.done?.filled === this.#filled();
  }

  #filled() {
    return JSON.stringify([this.#values(), read(this.members)]);
  }

  #showMissing(missing) {
    for (const field of missing) field.mark(field.missingAdvice ?? "Fill this in.");
    this.unfold();
    const names = missing.map((field) => field.caption);
    const advice = missing.filter((field) => field.read() !== undefined).map((field) => ` ${field.missingAdvice ?? ""}`).join("");
    this.#show(plainPanel(names.length ? `Nothing was sent. Fill in: ${names.join(", ")}.${advice}` : "Nothing was sent: the form is empty."));
    missing[0]?.control.focus();
  }

  /** Sends it once more, or checks it only, as before. */
  repeat() {
    return this.#send(this.isDry);
  }

  /** Sends it once more with other parameters. */
  again(values) {
    for (const field of this.parameters) if (values[field.name] !== undefined) field.write(values[field.name]);
    return this.#send(false);
  }

  /** Adds somebody who is not here yet, by the name that was typed, and sends the form once more. */
  addPerson(name) {
    const [family, given] = name.split(",").map((part) => part.trim());
    const person = given ? { name: `${given} ${family}`, family, given } : { name };
    return this.#alone(async () => {
      const headers = { "Idempotency-Key": this.keys.keyOf(PEOPLE, person) };
      const answer = await request("POST", PEOPLE, { headers, body: person });
      if (answer.ok) return this.#sendFilled(this.isDry);
      return this.#show(await refusalPanel(this, answer));
    });
  }

  /** Takes another name than the one that was typed, and shows what has it. */
  async take(values) {
    for (const field of this.parameters) if (values[field.name] !== undefined) field.write(values[field.name]);
    await this.#choose();
    this.look(this.parameters.find((field) => values[field.name] !== undefined));
  }

  /** Shows what a field names now, instead of the answer. */
  look(field) {
    this.answer.replaceChildren();
    this.status.scrollIntoView({ block: "nearest" });
    (field?.control ?? this.heading).focus();
  }

  /** After somebody else's change, of which `sides` says by field whose is kept: shows what was chosen, and sends it over
      the version that the choice was made by. */
  async saveChosen(sides, version) {
    const answer = await request("GET", this.subject.url);
    if (!answer.ok) return this.#show(await refusalPanel(this, answer));
    this.subject = { url: this.subject.url, ...answer.body, version };
    const typed = this.correction.typed();
    const isMine = (field) => (field.name in sides ? sides[field.name] === "yours" : typed.includes(field));
    const mine = this.members.filter((field) => field.name === NOTE || isMine(field));
    this.correction.showBeside(dataOf(answer.body), mine);
    this.isChanged = mine.length > 0;
    return this.#send(false);
  }

  /** Sends what was written here over the version that is there now. */
  async keepMine() {
    const answer = await request("GET", this.subject.url);
    if (answer.ok) this.subject = { url: this.subject.url, ...answer.body };
    return this.#send(false);
  }

  /** After somebody else's change: shows theirs, and forgets what was written here. */
  async takeTheirs() {
    this.isChanged = false;
    await this.#still(() => this.#loadSubject());
    this.focus();
  }

  async #request(isDry) {
    const { operation } = this;
    const values = this.#values();
    const url = address(operation, isDry ? { ...values, dry_run: true } : values);
    const headers = {};
    if (operation.method === "DELETE" && this.subject?.version) headers["If-Match"] = `"${this.subject.version}"`;
    const sent = this.source ? this.source.payload() : { body: this.#sentBody() };
    const isMade = operation.method === "POST" && !operation.isSafe && !isDry && !(this.source && !values.create);
    if (isMade) headers["Idempotency-Key"] = this.keys.keyOf(url, sent.body);
    return request(operation.method, url, { headers, ...sent });
  }

  #sentBody() {
    if (this.operation.schema === null) return undefined;
    const body = this.#body();
    return !this.operation.bodyRequired && Object.keys(body).length === 0 ? undefined : body;
  }

  #show(panel) {
    this.unfold();
    this.answer.replaceChildren(panel);
    this.answer.focus();
    const isLong = this.answer.offsetHeight > window.innerHeight / 2;
    this.answer.scrollIntoView({ block: isLong ? "start" : "nearest" });
  }
}

/** What the members of a resource say. */
function dataOf(body) {
  return body.data ?? body;
}

/** Folded; nothing where there is no more to show than a version, which the page sends by itself. */
function exampleOf(example) {
  if (example === undefined || Object.keys(example).every((name) => name === VERSION)) return null;
  return folded("Example", make("pre", { tabIndex: 0 }, typeof example === "string" ? example : JSON.stringify(example, null, 2)));
}
