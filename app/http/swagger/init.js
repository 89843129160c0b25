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
    persistAuthorization: false, // who leaves the page takes the key along: staff share computers
    requestSnippets: { defaultExpanded: false, languages: ["curl_bash"] },
    requestSnippetsEnabled: true,
    supportedSubmitMethods: ["get", "put", "post", "delete", "options", "head", "patch", "trace"],
    syntaxHighlight: { theme: "tomorrow-night" },
    tryItOutEnabled: true,
    validatorUrl: null,
  });
  // A link to a part of the page opens that part, as its address does in a fresh tab; but a fresh tab has no key.
  const show = () => {
    const [, section, operation] = window.location.hash.split("/");
    const shown = operation ? ["operations", section, operation] : ["operations-tag", section];
    page.layoutActions.show(["operations-tag", section], true);
    page.layoutActions.show(shown, true);
    page.layoutActions.scrollTo(shown);
    page.layoutActions.scrollToVirtualizedOperation(shown);
  };
  window.addEventListener("hashchange", show);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("nav a, .renderedMarkdown a");
    if (link === null || !link.hash.startsWith("#/") || link.pathname !== window.location.pathname) {
      return;
    }
    event.preventDefault();
    if (link.hash === window.location.hash) {
      show();
    } else {
      window.location.hash = link.hash;
    }
  });
});
