"use strict";

/* Citations are loaded into the page of an entry when they are wanted, and copied. Without this they are a page of their own. */
function showButtons(within) {
  for (const button of within.querySelectorAll("button[data-copies]")) {
    button.hidden = !navigator.clipboard;
  }
}

async function load(details) {
  const answer = await fetch(details.querySelector("a").href);
  if (answer.ok) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    details.lastElementChild.replaceWith(page.getElementById("citations"));
    showButtons(details);
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copies]");
  if (button) {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).innerText.trim());
    button.nextElementSibling.textContent = "Copied";
  }
});

for (const details of document.querySelectorAll("details.cite")) {
  details.addEventListener("toggle", () => load(details), { once: true });
}
showButtons(document);
