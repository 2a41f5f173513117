// Copies an identifier by a click. Without script the identifiers stand there as text.
"use strict";

for (const text of document.querySelectorAll("code[data-copy]")) {
  if (!navigator.clipboard) break;
  const button = document.createElement("button");
  button.type = "button";
  button.className = text.className;
  button.title = text.title;
  button.textContent = text.textContent;
  const said = document.createElement("span");
  said.className = "hidden";
  said.setAttribute("role", "status");
  button.addEventListener("click", async () => {
    const shown = text.textContent;
    try {
      await navigator.clipboard.writeText(text.dataset.copy);
    } catch {
      return;
    }
    button.textContent = said.textContent = text.dataset.copied;
    setTimeout(() => {
      button.textContent = shown;
      said.textContent = "";
    }, 1200);
  });
  text.replaceWith(button, said);
}
