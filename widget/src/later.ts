/**
 * What a first visit does without: letting things go, the preferences, and what to say when something goes wrong. Built
 * as a module of its own, `later.js`, and loaded by `start.ts`.
 */

import type { Action, Answers, Outcome, State } from "./api.ts";
import { cleanUp } from "./blockers/cleanup.ts";
import { arrive, forgetOnce, placeholderOf, showOnce } from "./blockers/embeds.ts";
import { createGate } from "./blockers/gate.ts";
import type { Config } from "./config.ts";
import { agrees } from "./core/state.ts";
import { type NoticeContent, tellLeftBehind } from "./ui/message.ts";
import { createTrap } from "./ui/modal.ts";
import { type Notice, showChanges } from "./ui/notice.ts";
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
  /** How many decisions are on their way. */
  deciding: number;
  decide(
    action: Action,
    form?: HTMLFormElement | null,
    answers?: { purposes: Answers; services: Answers },
  ): Promise<Outcome>;
}

export interface Later {
  /** Follows the state and the page: lets go what is allowed now, takes back what is not. */
  follow(): void;
  /** Does what *button* says; without one, shows the preferences. */
  press(button?: HTMLElement): Promise<unknown>;
  /** Has the browser's signal recorded as a refusal, for who has not decided. */
  signal(): Promise<void>;
  /** Ends a decision that was taken in *form*. */
  settle(outcome: Outcome, form?: HTMLFormElement | null): unknown;
}

/** Where, for the next page alone, the names of services are kept of which the reader has to be told. */
const LEFT = "consentkit:left";

/** The style of the second layer. */
declare const STYLE: string;

export function attach(page: Page): Later {
  const { config, base, guard, state, decide, notice } = page;
  const policy = page.policy ?? createPolicy();
  const gate = createGate(state, policy, guard);
  const trap = createTrap();
  const mark = () => `${state().action}${agrees(state())}`;
  /** What held when it was looked at last. */
  let held = mark();
  addStyle(STYLE);
  /** The state that was followed last. */
  let before: State | undefined;
  /** The services that were allowed on this page and are refused now. */
  const lost: string[] = [];

  /** The locale of the page's notice, and its version: a page that replaced another may have another. */
  const here = () => {
    const { lang: locale, dataset } = notice.element() ?? { lang: config.locale, dataset: config };
    return { locale, version: dataset.version };
  };
  const clean = () => cleanUp(config, state(), window);

  /** Says which of the services *ids* have stored something that only they can delete. */
  async function tell(ids: readonly string[]): Promise<void> {
    if (!ids.length) return;
    const response = await fetch(`${base}notice?site=${config.site}&locale=${here().locale}`);
    const content = (await response.json()) as NoticeContent;
    const theirs = content.services.filter(
      ({ id, cookies }) => ids.includes(id) && cookies.some(({ party }) => party === "third"),
    );
    if (theirs.length) tellLeftBehind(content, theirs);
  }

  /** Loads the page anew if a script has run that nothing else stops. */
  async function stop(): Promise<void> {
    if (!gate.outrun()) return;
    try {
      sessionStorage.setItem(LEFT, lost.join(" "));
    } catch {}
    // What takes longer is not waited for, and looked for again on the page that comes.
    await Promise.race([clean(), new Promise((done) => setTimeout(done, 500))]);
    location.reload();
  }

  /** What follows from another state than before. */
  function change(now: State): void {
    const past = before;
    before = now;
    const fewer = config.services.flatMap(({ id }) => (past?.services[id] && !now.services[id] ? [id] : []));
    // Who is asked again may agree again: until then only what this page itself made possible goes.
    if (now.status === "valid" || fewer.length) clean();
    lost.push(...fewer);
    // The scripts have heard of it by then, and may have written once more.
    if (lost.length) setTimeout(clean);
    if (!gate.outrun() && now.status === "valid") guard(() => tell(fewer));
  }

  addEventListener("pagehide", () => lost.length && clean());
  guard(() => {
    let left: string | null = null;
    try {
      left = sessionStorage.getItem(LEFT);
      sessionStorage.removeItem(LEFT);
    } catch {}
    return left && tell(left.split(" "));
  });

  /** Fetches the second layer. *current*: whatever the server has now, not what this page was made with. */
  async function fetchForm(current?: boolean): Promise<HTMLElement> {
    const { locale, version } = here();
    const response = await fetch(
      `${base}preferences?site=${config.site}&locale=${locale}&fragment=1${current ? "" : `&v=${version}`}`,
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
      const now = state();
      // A refusal that is recorded a while after it took force is no second one.
      if (mark() !== held && state().action && !agrees(state())) forgetOnce();
      held = mark();
      gate.scan();
      const element = notice.element();
      trap(element?.hidden ? null : element);
      if (element) showChanges(element, state().revision);
      if (now !== before) change(now);
      // An own decision is waited for: before it is stored, the next page would not know of it.
      if (now.recorded && !page.deciding) guard(stop);
    },
    async press(button) {
      const { consentkitAction: action = "customize", consentkitEmbed: embed } = button?.dataset ?? {};
      const form = button?.closest("form");
      if (button && embed) {
        const { purposes, services } = state();
        const placeholder = placeholderOf(button);
        const id = placeholder?.dataset.service;
        if (embed === "always" && id) await decide("save", null, { purposes, services: { ...services, [id]: true } });
        else showOnce(button);
        gate.scan();
        return arrive(placeholder);
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
      if (outcome === "stored") return stop();
    },
  };
}
