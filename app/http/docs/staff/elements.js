// Elements of the page, made in one line each.

/** An element with properties and children; `class`, `aria-…` and `data-…` are attributes. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && name !== "list" && name !== "form") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

let count = 0;

/** An id that no other element of the page has. */
export function freshId(stem) {
  count += 1;
  return `${stem}-${count}`;
}

/** Text with `code` in backticks, and a paragraph for each empty line. */
export function prose(text) {
  return text.trim().split(/\n\s*\n/).map((paragraph) => {
    if (/^[*-] /.test(paragraph)) {
      const items = paragraph.split(/\n(?=[*-] )/).map((line) => make("li", {}, ...inline(line.slice(2))));
      return make("ul", {}, ...items);
    }
    return make("p", {}, ...inline(paragraph));
  });
}

export function inline(text) {
  return text.replace(/\s+/g, " ").split("`").map((part, place) => (place % 2 ? make("code", {}, part) : part));
}

/** A folded part of the page. */
export function folded(summary, ...content) {
  return make("details", {}, make("summary", {}, summary), ...content);
}
