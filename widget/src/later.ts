/**
 * What a first visit does without: letting things go, the preferences, and what to say when something goes wrong. Built
 * as a module of its own, `later.js`, and loaded by `start.ts`.
 */

import type { Action, Answers, Outcome, State } from "./api.ts";
import { placeholderOf, showOnce } from "./blockers/embeds.ts";
import { createGate } from "./blockers/gate.ts";
import type { Config } from "./config.ts";
import { agrees, permits } from "./core/state.ts";
import { createTrap } from "./ui/modal.ts";
import type { Notice } from "./ui/notice.ts";
import { bindForm, makeForm, readForm, showDialog } from "./ui/preferences.ts";
import { addStyle } from "./ui/style.ts";
import { toast } from "./ui/toast.ts";
import { createPolicy, type Policy } from "./ui/trusted.ts";

/** What this needs of the page. */
export interface Page {
  readonly config: Config;
  readonly base: string;
  /** The tag has made it already. */
  readonly policy: Policy | undefined;
  readonly notice: Notice;
  guard(work: () => unknown): Promise<void>;
  state(): State;
  decide(
    action: Action,
    form?: HTMLFormElement | null,
    answers?: { purposes: Answers; services: Answers },
  ): Promise<Outcome>;
}

export interface Later {
  /** Follows the state: lets go what is allowed now, takes back what is not. */
  follow(): void;
  /** Does what *button* says; without one, shows the preferences. */
  press(button?: HTMLElement): Promise<unknown>;
  /** Has the browser's signal recorded as a refusal, for who has not decided. */
  signal(): Promise<void>;
  /** Ends a decision that was taken in *form*. */
  settle(outcome: Outcome, form?: HTMLFormElement | null): unknown;
}

/** The style of the second layer. */
declare const STYLE: string;

export function attach(page: Page): Later {
  const { config, base, guard, state, decide, notice } = page;
  const policy = page.policy ?? createPolicy();
  const gate = createGate((purposes, service) => permits(state(), purposes, service), policy, guard);
  const trap = createTrap();
  addStyle(STYLE);

  /** Fetches the second layer. *current*: whatever the server has now, not what this page was made with. */
  async function fetchForm(current?: boolean): Promise<HTMLElement> {
    const { site, locale, version } = config;
    const response = await fetch(
      `${base}preferences?site=${site}&locale=${locale}&fragment=1${current ? "" : `&v=${version}`}`,
    );
    if (!response.ok) throw new Error(`preferences: ${response.status}`);
    return makeForm(await response.text(), policy);
  }

  async function open(current?: boolean): Promise<void> {
    const form = await fetchForm(current);
    document.querySelector<HTMLDialogElement>(".consentkit-dialog")?.close();
    showDialog(form);
    bindForm(form, state(), agrees(state()), config.services);
    if (current) notice.say(form.dataset.textChanged, form);
  }

  return {
    follow() {
      gate.scan();
      const element = notice.element();
      trap(element?.hidden ? null : element);
    },
    async press(button) {
      const { consentkitAction: action = "customize", consentkitEmbed: embed } = button?.dataset ?? {};
      const form = button?.closest("form");
      if (button && embed) {
        const { purposes, services } = state();
        const id = placeholderOf(button)?.dataset.service;
        if (embed === "always" && id) return decide("save", null, { purposes, services: { ...services, [id]: true } });
        showOnce(button);
        gate.scan();
        // The button is gone: the focus goes to what it brought.
        return placeholderOf(button)?.querySelector("iframe")?.focus();
      }
      return action === "customize"
        ? open()
        : decide(action as Action, form, action === "save" && form ? readForm(form) : undefined);
    },
    async signal() {
      if (state().status === "valid") return;
      const outcome = await decide("gpc");
      if (outcome !== "stored" && outcome !== "unsaved") return;
      const choose = notice.element()?.querySelector("[data-consentkit-action=customize]")?.textContent ?? "";
      toast((await fetchForm()).dataset.textGpc, notice.element(), choose);
    },
    async settle(outcome, form) {
      if (outcome === "unsaved") toast((await fetchForm()).dataset.textUnsaved, notice.element());
      if (outcome === "failed" && !form) toast(notice.words("failed"), notice.element());
      if (outcome === "changed") return open(true);
      // Nothing else stops a script that runs.
      if (outcome === "stored" && gate.outrun()) location.reload();
    },
  };
}
