// The OpenAPI document of staff, as the page reads it: operations in their groups, and schemas without references.

/** What a form asks for what it is about. */
export const WHICH = "Which one";
const WORDS = new Map([
  ["doi", "DOI"], ["isbn", "ISBN"], ["issn", "ISSN"], ["url", "URL"], ["orcid", "ORCID"], ["ror", "ROR"],
]);

const CAPTIONS = new Map([
  ["agent", "Person or organisation"], ["target", "The other entry"], ["q", "Words"], ["into", "Into which one"],
  ...Object.entries(JSON.parse(document.body.dataset.relations)), // as the pages of readers call them
  ["start", "First day"], ["end", "Last day"], ["resource", "Link"], ["resources", "Links"], ["slug", "Name in addresses"],
  ["hidden_labels", "Words people look for it by"], ["hidden_names", "Other words people look for it by"],
  ["scopes", "What the key may do"], ["atomic", "All or nothing"], ["issued", "Date"], ["terms", "Topics, stages and other terms"],
  ["id", WHICH], ["number", WHICH], ["resource_type", "Kind"], ["scheme", "Kind of identifier"],
]);

/** A name as people read it: `alternative_titles` as "Alternative titles", `IsPartOf` as "Is part of". */
export function label(name) {
  if (CAPTIONS.has(name)) return CAPTIONS.get(name);
  const words = name.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/[_-]+/g, " ").trim().toLowerCase();
  const known = words.split(" ").map((word) => WORDS.get(word) ?? word).join(" ");
  return known.charAt(0).toUpperCase() + known.slice(1);
}

/** A state as people read it; a key that works is valid. */
export function inState(state) {
  return state === "live" ? "Valid" : label(String(state));
}

/** A text of the service, in which members are called as the forms call them. */
export function withLabels(text) {
  return text.replace(/`([a-z]\w*)`/g, (_, name) => label(name).toLowerCase());
}

export class Description {
  static async load(url) {
    const response = await fetch(url, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(`The description of the service cannot be read (${response.status}).`);
    return new Description(await response.json());
  }

  constructor(document) {
    this.document = document;
    this.scopes = new Map(Object.entries(document["x-scopes-in-words"]));
    this.operations = new Map();
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, described] of Object.entries(methods)) {
        this.operations.set(described.operationId, this.#operation(path, method, described));
      }
    }
  }

  /** Headings in the order of the work, each with its operations: those shown first, and those that are folded. */
  groups() {
    const all = [...this.operations.values()];
    return this.document["x-groups"].map((name) => {
      const own = all.filter((each) => each.group === name);
      return { name, shown: own.filter((each) => !each.folded), folded: own.filter((each) => each.folded) };
    }).filter((group) => group.shown.length + group.folded.length > 0);
  }

  /** The schema that is meant, without `$ref` and without the alternative null. */
  resolve(schema) {
    let found = schema;
    while (found.$ref) {
      const { $ref, ...beside } = found;
      found = { ...this.#at($ref), ...beside };
    }
    const choices = (found.anyOf ?? []).filter((each) => each.type !== "null");
    if (choices.length === 0) return found;
    const { anyOf, ...beside } = found;
    const merged = choices.map((each) => this.resolve(each));
    const text = merged.find((each) => each.type === "string");
    return { ...(choices.length === 1 ? merged[0] : text ?? merged[0]), ...beside };
  }

  /** Of a scope, what a key with it may do; of any other choice its name as people read it. */
  wordsOf(choice) {
    return this.scopes.get(choice)?.replace(/\.$/, "") ?? label(choice);
  }

  #at(reference) {
    return reference.slice(2).split("/").reduce((part, name) => part[name], this.document);
  }

  #operation(path, method, described) {
    const parameters = (described.parameters ?? []).map((each) => (each.$ref ? this.#at(each.$ref) : each));
    const content = described.requestBody?.content ?? {};
    const media = content["application/json"] ?? {};
    const body = described["x-input"] ?? media.schema ?? null;
    return {
      id: described.operationId,
      path,
      method: method.toUpperCase(),
      summary: described.summary,
      description: described.description ?? "",
      group: described["x-group"],
      folded: described["x-folded"] === true,
      isSafe: described["x-safe"] === true,
      parameters,
      schema: body,
      isPatch: method === "patch",
      example: media.example,
      mediaTypes: Object.keys(content),
      bodyRequired: described.requestBody?.required === true,
    };
  }
}

/** Whether an operation changes something. */
export function writes(operation) {
  return operation.method !== "GET";
}

/** Whether it takes a text as it is: pasted, or a file. */
export function takesText(operation) {
  return operation.mediaTypes.includes("text/plain");
}

/** Those of the path in its order, then the others. */
export function inPathOrder(parameters) {
  return [...parameters.filter((each) => each.in === "path"), ...parameters.filter((each) => each.in !== "path")];
}
