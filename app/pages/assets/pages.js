"use strict";
for (const button of document.querySelectorAll("button[data-copies]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copies).innerText.trim();
    await navigator.clipboard.writeText(text);
    button.nextElementSibling.textContent = "Copied";
  });
}
