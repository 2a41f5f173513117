/**
 * The second layer. Built as a module of its own, `choose.js`, for who wants more than to accept or to refuse.
 */

import type { Action } from "./api.ts";
import { agrees } from "./core/state.ts";
import type { Page } from "./start.ts";
import { fetchForm } from "./ui/fetch.ts";
import { bindForm, readForm, showDialog } from "./ui/preferences.ts";
import { addStyle } from "./ui/style.ts";
import { createPolicy } from "./ui/trusted.ts";

export interface Choose {
  /** Does what *button* says; without one, shows the preferences. */
  press(button?: HTMLElement): Promise<unknown>;
  /** Shows what the server has now: the page's own notice is outdated. */
  changed(): Promise<void>;
}

/** The style of the second layer. */
declare const STYLE: string;

export function attach(page: Page): Choose {
  const { config, state, decide, say } = page;
  page.policy ??= createPolicy();
  const { policy } = page;
  addStyle(STYLE);

  async function open(current?: boolean): Promise<void> {
    const form = await fetchForm(page, policy, current);
    document.querySelector<HTMLDialogElement>(".consentkit-dialog")?.close();
    showDialog(form);
    bindForm(form, state(), agrees(state()), config.services);
    if (current) say(form.dataset.textChanged, form);
  }

  return {
    async press(button) {
      const { consentkitAction: action = "customize" } = button?.dataset ?? {};
      const form = button?.closest("form");
      return action === "customize"
        ? open()
        : decide(action as Action, form, action === "save" && form ? readForm(form) : undefined);
    },
    changed: () => open(true),
  };
}
