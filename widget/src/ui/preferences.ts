/** The second layer: the server's own form, in a dialog. */

import type { ServiceEntry } from "../config.ts";
import type { Answers, State } from "../core/state.ts";
import type { Policy } from "./trusted.ts";

const inputs = (form: ParentNode, name: string) =>
  form.querySelectorAll<HTMLInputElement>(`input[type=checkbox][name=${name}]`);

const ticked = (form: ParentNode, name: string): Answers =>
  Object.fromEntries(
    [...inputs(form, name)].flatMap(({ value, checked, disabled }) => (disabled ? [] : [[value, checked]])),
  );

/** Returns what is ticked in *form*, by id. What can't be changed is not an answer. */
export function readForm(form: ParentNode): { purposes: Answers; services: Answers } {
  return { purposes: ticked(form, "purposes"), services: ticked(form, "services") };
}

/** Ticks in *form* what *state* allows, and lets the services follow their purposes. */
export function bindForm(form: HTMLElement, state: State, services: readonly ServiceEntry[]): void {
  for (const input of inputs(form, "purposes")) {
    if (!input.disabled) input.checked = state.purposes[input.value] === true;
  }
  for (const input of inputs(form, "services")) {
    if (!input.disabled) input.checked = state.services[input.value] === true;
  }
  for (const button of form.querySelectorAll<HTMLElement>("[data-consentkit-action=withdraw]")) {
    button.hidden = state.status !== "valid";
  }
  form.addEventListener("change", (event) => {
    const { name, value, checked } = event.target as HTMLInputElement;
    const purposes = ticked(form, "purposes");
    for (const input of inputs(form, "services")) {
      // A service may stand under several purposes.
      if (name === "services" && input.value === value) input.checked = checked;
      const entry = services.find(({ id }) => id === input.value);
      if (name === "purposes" && entry?.purposes.includes(value)) {
        input.checked = entry.purposes.every((id) => purposes[id] === true);
      }
    }
  });
}

/** Shows *html* as a modal dialog. Closing it decides nothing. */
export function showDialog(html: string, policy: Policy): HTMLElement {
  const dialog = document.createElement("dialog");
  dialog.className = "consentkit-dialog";
  dialog.innerHTML = policy.createHTML(html);
  const form = dialog.querySelector<HTMLElement>("#consentkit-preferences") as HTMLElement;
  const title = form.querySelector<HTMLElement>("h2");
  if (title) {
    dialog.setAttribute("aria-labelledby", title.id);
    title.tabIndex = -1;
  }
  if (form.dataset.textClose) {
    const close = document.createElement("button");
    close.type = "button";
    close.className = "consentkit-close";
    close.setAttribute("aria-label", form.dataset.textClose);
    close.textContent = "×";
    close.addEventListener("click", () => dialog.close());
    form.prepend(close);
  }
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  // The reader begins at the words, not at the first switch.
  title?.focus();
  return form;
}
