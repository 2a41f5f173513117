/** The second layer: the server's own form, in a dialog. */

import type { Answers, State } from "../api.ts";
import type { ServiceEntry } from "../config.ts";

const boxes = (form: ParentNode, name: string) =>
  [...form.querySelectorAll<HTMLInputElement>(`input[type=checkbox][name=${name}]`)].filter((box) => !box.disabled);

const ticked = (form: ParentNode, name: string): Answers =>
  Object.fromEntries(boxes(form, name).map((box) => [box.value, box.checked]));

/** Returns what is ticked in *form*, by id. */
export function readForm(form: ParentNode): { purposes: Answers; services: Answers } {
  return { purposes: ticked(form, "purposes"), services: ticked(form, "services") };
}

/** Ticks in *form* what *state* allows, and from then on lets the services follow their purposes. */
export function bindForm(form: HTMLElement, state: State, decided: boolean, services: readonly ServiceEntry[]): void {
  for (const name of ["purposes", "services"] as const) {
    for (const box of boxes(form, name)) box.checked = state[name][box.value] === true;
  }
  const withdraw = form.querySelector<HTMLElement>("[data-consentkit-action=withdraw]");
  if (withdraw) withdraw.hidden = !decided;
  form.addEventListener("change", ({ target }) => {
    const { name, value } = target as HTMLInputElement;
    const purposes = ticked(form, "purposes");
    for (const box of name === "purposes" ? boxes(form, "services") : []) {
      const entry = services.find(({ id }) => id === box.value);
      if (entry?.purposes.includes(value)) box.checked = entry.purposes.every((id) => purposes[id]);
    }
  });
}

/** Shows *form* in a modal dialog. Closing it decides nothing. */
export function showDialog(form: HTMLElement): void {
  const dialog = document.createElement("dialog");
  dialog.className = "consentkit consentkit-dialog";
  dialog.append(form);
  const title = form.querySelector<HTMLElement>("h2");
  if (title) {
    dialog.setAttribute("aria-labelledby", title.id);
    title.tabIndex = -1;
  }
  const button = document.createElement("button");
  button.type = "button";
  button.className = "consentkit-close";
  button.setAttribute("aria-label", form.dataset.textClose ?? "");
  button.textContent = "×";
  form.prepend(button);
  dialog.addEventListener("click", ({ target }) => {
    if (target === dialog || target === button) dialog.close();
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  // The reader begins at the words, not at the first switch.
  title?.focus();
}
