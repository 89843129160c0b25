"use strict";

window.addEventListener("DOMContentLoaded", () => {
  SwaggerUIBundle({
    url: document.querySelector('link[rel="service-desc"]').href,
    domNode: document.getElementById("explorer"),
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    docExpansion: "list",
    filter: true,
    persistAuthorization: false,
    requestSnippets: { languages: ["curl_bash"] },
    requestSnippetsEnabled: true,
    supportedSubmitMethods: ["get", "put", "post", "delete", "options", "head", "patch", "trace"],
    tryItOutEnabled: true,
    validatorUrl: null,
  });
});
