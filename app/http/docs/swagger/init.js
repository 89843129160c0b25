"use strict";

// Swagger UI leaves these without a name, out of the keyboard's reach, or as a link inside a button.
function mend(explorer) {
  for (const field of explorer.querySelectorAll("select:not([aria-label]), textarea:not([aria-label])")) {
    const parameter = field.closest("[data-param-name]")?.dataset.paramName;
    field.setAttribute("aria-label", parameter ?? (field.matches("#servers") ? "Server" : "Request body"));
  }
  for (const code of explorer.querySelectorAll("pre.microlight:not([tabindex])")) code.tabIndex = 0;
  for (const link of explorer.querySelectorAll("button a[href]")) link.removeAttribute("href");
}

window.addEventListener("DOMContentLoaded", () => {
  const explorer = document.getElementById("explorer");
  new MutationObserver(() => mend(explorer)).observe(explorer, { childList: true, subtree: true });
  const page = SwaggerUIBundle({
    url: document.querySelector('link[rel="service-desc"]').href,
    domNode: explorer,
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    docExpansion: "list",
    filter: true,
    requestSnippets: { defaultExpanded: false, languages: ["curl_bash"] },
    requestSnippetsEnabled: true,
    supportedSubmitMethods: ["get", "put", "post", "delete", "options", "head", "patch", "trace"],
    syntaxHighlight: { theme: "tomorrow-night" },
    tryItOutEnabled: true,
    validatorUrl: null,
  });
  // A link to a part of the page opens that part, as its address does in a fresh tab; but a fresh tab has no key.
  const go = (hash) => {
    const [, section, operation] = hash.split("/");
    const whole = ["operations-tag", section];
    const part = operation ? ["operations", section, operation] : whole;
    if (!page.layoutSelectors.isShown(whole, true)) page.layoutActions.show(whole, true); // which writes the address
    if (operation && !page.layoutSelectors.isShown(part, false)) page.layoutActions.show(part, true);
    if (window.location.hash !== hash) window.history.pushState(null, "", hash);
    page.layoutActions.scrollTo(part);
    page.layoutActions.scrollToVirtualizedOperation(part);
    // Lists that are short are not virtualised, and scroll by themselves only as they are made.
    window.requestAnimationFrame(() => document.getElementById(part.join("-"))?.scrollIntoView());
  };
  window.addEventListener("hashchange", () => {
    if (window.location.hash.startsWith("#/")) go(window.location.hash);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("nav a, .renderedMarkdown a");
    if (link !== null && link.hash.startsWith("#/") && link.pathname === window.location.pathname) {
      event.preventDefault();
      go(link.hash);
    }
  });
});
