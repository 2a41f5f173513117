// Copies an identifier or a proposed entry by a click. Without script they stand there as text.
"use strict";

function copies(button, text, copied) {
  const said = document.createElement("span");
  said.className = "hidden";
  said.setAttribute("role", "status");
  const shown = button.textContent;
  button.type = "button";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      return;
    }
    button.textContent = said.textContent = copied;
    setTimeout(() => {
      button.textContent = shown;
      said.textContent = "";
    }, 1200);
  });
  return said;
}

if (navigator.clipboard) {
  for (const text of document.querySelectorAll("code[data-copy]")) {
    const button = document.createElement("button");
    button.className = text.className;
    button.title = text.title;
    button.textContent = text.textContent;
    text.replaceWith(button, copies(button, text.dataset.copy, text.dataset.copied));
  }
  for (const text of document.querySelectorAll("pre[data-copied]")) {
    const button = document.createElement("button");
    button.className = "button copy";
    button.textContent = text.dataset.copyLabel;
    text.before(button, copies(button, text.textContent, text.dataset.copied));
  }
}
