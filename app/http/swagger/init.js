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
  SwaggerUIBundle({
    url: document.querySelector('link[rel="service-desc"]').href,
    domNode: explorer,
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    docExpansion: "list",
    filter: true,
    persistAuthorization: false,
    requestSnippets: { languages: ["curl_bash"] },
    requestSnippetsEnabled: true,
    supportedSubmitMethods: ["get", "put", "post", "delete", "options", "head", "patch", "trace"],
    syntaxHighlight: { theme: "tomorrow-night" },
    tryItOutEnabled: true,
    validatorUrl: null,
  });
});
