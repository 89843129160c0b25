"use strict";

/* <div data-knowledge-base data-topic="…">What is shown until then.</div> becomes a list of entries.
   Attributes are filters of the list, `data-query` is any other question, as in the address of a search. */
(() => {
  const base = new URL(".", document.currentScript.src).href.slice(0, -1);
  const OWN = ["data-knowledge-base", "data-limit", "data-query", "data-summaries"];
  const SHOWN = "kind,title,url,issued,language,contributors,terms,summary";
  const STYLE = `
    :host { display: block; }
    ul { list-style: none; margin: 0; padding: 0; }
    li { border-top: 1px solid color-mix(in srgb, currentColor 25%, transparent); padding: 0.7em 0; }
    p { margin: 0.2em 0 0; }
    a { color: inherit; text-underline-offset: 0.18em; }
    .kicker, .people { font-size: 0.875em; }
    a:focus-visible { outline: 3px solid; outline-offset: 2px; }
    .all { margin-top: 0.8em; }`;

  const make = (tag, part, ...children) => {
    const element = document.createElement(tag);
    if (part) {
      element.className = part;
      element.setAttribute("part", part);
    }
    element.append(...children);
    return element;
  };

  const makeLink = (text, url, part) => {
    const link = make("a", part, text);
    if (/^https?:/.test(url)) link.href = url;
    return link;
  };

  const question = (host) => {
    const asked = new URLSearchParams(host.dataset.query ?? "");
    for (const { name, value } of host.attributes) {
      if (name.startsWith("data-") && !OWN.includes(name) && value) asked.append(name.slice(5).replaceAll("-", "_"), value);
    }
    asked.set("per_page", host.dataset.limit || "5");
    asked.set("select", SHOWN);
    return asked;
  };

  const item = (entry, pages, summaries) => {
    const kind = entry.terms.format?.[0]?.label ?? entry.kind;
    const people = entry.contributors.filter((each) => each.role !== "publisher").map((each) => each.label);
    const names = [...new Set(people)];
    const link = makeLink(entry.title, entry.url.replace(`${base}/v1`, pages), "title");
    if (entry.language) link.lang = entry.language;
    const lines = [make("p", "kicker", [kind, entry.issued].filter(Boolean).join(" · ")), link];
    if (names.length) lines.push(make("p", "people", names.slice(0, 4).join(", ") + (names.length > 4 ? " and others" : "")));
    if (summaries && entry.summary) lines.push(make("p", "summary", entry.summary));
    return make("li", "item", ...lines);
  };

  const show = (host, { meta, results, links }) => {
    const pages = new URL(".", links.html).href.slice(0, -1);
    const list = make("ul", "list", ...results.map((entry) => item(entry, pages, "summaries" in host.dataset)));
    list.setAttribute("role", "list");
    const all = new URL(links.html);
    all.searchParams.delete("per_page");
    const more = make("p", "all", makeLink(results.length ? `All ${meta.count}` : "Nothing yet: search the knowledge base", all.href));
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    root.replaceChildren(list, more);
  };

  const load = async (host) => {
    const collection = encodeURIComponent(host.dataset.knowledgeBase || "entries");
    try {
      const answer = await fetch(`${base}/v1/${collection}?${question(host)}`, { credentials: "omit", headers: { Accept: "application/json" } });
      const body = await answer.json();
      if (!answer.ok) throw new Error(body.detail);
      show(host, body);
    } catch (error) {
      console.error(`Knowledge base: ${error.message}`, host);
    }
  };

  const start = () => document.querySelectorAll("[data-knowledge-base]").forEach(load);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
