/** Puts the parts together on a page: what `page.js` and `tag.js` share. */

import { placeholderOf, showOnce } from "./blockers/embeds.ts";
import { createGate } from "./blockers/gate.ts";
import type { Config } from "./config.ts";
import type { Wish } from "./core/client.ts";
import { createConsent, type Outcome } from "./core/consent.ts";
import type { Action } from "./core/cookie.ts";
import { createEvents, type EventName } from "./core/events.ts";
import type { Answers, State } from "./core/state.ts";
import { createFocus } from "./ui/focus.ts";
import { createNotice, type Notice } from "./ui/notice.ts";
import { bindForm, readForm, showDialog } from "./ui/preferences.ts";
import { tell, toast } from "./ui/status.ts";
import type { Policy } from "./ui/trusted.ts";
import { browser } from "./world.ts";

/** `window.consentkit`. */
export interface ConsentKit {
  state(): State;
  allows(purpose: string): boolean;
  open(): void;
  accept(): Promise<Outcome>;
  reject(): Promise<Outcome>;
  withdraw(): Promise<Outcome>;
  on(event: EventName, listener: (state: State) => void): () => void;
  readonly ready: Promise<State>;
  readonly willShow: Promise<boolean>;
}

type Choice = { readonly purposes: Answers; readonly services: Answers };

declare global {
  interface Window {
    consentkit?: ConsentKit;
  }
}

/** Brings the notice's element: the page's own, or one made of the tag's data. *place*: put it into the page. */
export type NoticeSource = (place: boolean) => HTMLElement | null;

export function start(config: Config, base: string, locale: string, policy: Policy, source: NoticeSource): void {
  // A second tag on the same page has nothing to do.
  if (window.consentkit) return;
  const events = createEvents(document);
  /** Nothing that goes wrong in here is the page's business. */
  const guard = (work: () => unknown) => {
    const fail = (error: unknown) => events.send("error", error);
    try {
      const result = work();
      if (result instanceof Promise) return result.catch(fail);
    } catch (error) {
      fail(error);
    }
  };
  const consent = createConsent({ config, base, world: browser, events });
  const gate = createGate(consent.permits, policy, guard);
  const focus = createFocus((element) => !!element.closest("#consentkit-notice,.consentkit-dialog"));

  const version = config.locales[locale]?.version ?? "";
  let notice: Notice | null = null;
  const getNotice = (place: boolean) => {
    const element = notice?.element ?? source(place);
    if (element && !notice) notice = createNotice(element);
    return notice;
  };
  const undecided = () => consent.state().status !== "valid";

  /** Counts the notice as shown, once a page, when the page has nothing better to do. */
  const count = () => {
    if (counted) return;
    counted = true;
    const send = () => guard(() => navigator.sendBeacon(`${base}shown?site=${config.site}&notice=${version}&layer=1`));
    if (document.readyState === "complete") send();
    else addEventListener("load", send, { once: true });
  };
  let counted = false;

  /** Follows the state: the notice comes or goes, what is held back is let go or taken back. */
  const follow = () => {
    const shown = getNotice(undecided());
    if (!undecided()) shown?.hide();
    else if (shown) {
      shown.show(consent.state().revision);
      events.send("shown", consent.state());
      count();
    }
    gate.scan();
  };

  async function decide(action: Action, root: HTMLElement | null, answers?: Choice): Promise<Outcome> {
    const field = (name: string) => root?.querySelector<HTMLInputElement>(`input[name=${name}]`)?.value;
    const box = root?.closest("dialog");
    const regain = focus(box ?? root);
    const leave = () => {
      box?.close();
      regain();
    };
    const before = consent.state();
    const done = consent.decide({
      action,
      ...answers,
      notice: field("notice") ?? version,
      locale: field("locale") ?? locale,
      layer: (field("layer") ?? "page") as Wish["layer"],
    });
    // A refusal is in force by now, whether it is recorded or not.
    if (consent.state().recorded || consent.state() === before) tell(root, "saving");
    else leave();
    const outcome = await done;
    tell(root, outcome === "failed" ? "failed" : null);
    if (outcome === "unsaved") toast(getNotice(false)?.element, "refusedUnsaved");
    if (outcome === "failed" && !root) toast(getNotice(false)?.element, "failed");
    if (outcome === "changed") await openPreferences(true);
    if (outcome === "stored") {
      leave();
      if (gate.outrun()) location.reload();
    }
    return outcome;
  }

  const preferencesUrl = (rest: string) => `${base}preferences?site=${config.site}&locale=${locale}${rest}`;

  async function openPreferences(changed = false): Promise<void> {
    try {
      // Without a version, the server answers with the current one.
      const response = await fetch(preferencesUrl(`${changed ? "" : `&v=${version}`}&fragment=1`));
      if (!response.ok) throw new Error(String(response.status));
      const html = await response.text();
      document.querySelector<HTMLDialogElement>(".consentkit-dialog")?.close();
      const form = showDialog(html, policy);
      bindForm(form, consent.state(), config.services);
      if (changed) tell(form, "changed");
    } catch (error) {
      events.send("error", error);
      // The same choice as a page, which needs none of this.
      location.assign(preferencesUrl(`&next=${encodeURIComponent(location.href)}`));
    }
  }

  function press(button: HTMLElement): unknown {
    const { consentkitAction: action, consentkitEmbed: embed } = button.dataset;
    const placeholder = placeholderOf(button);
    if (action === "customize") return openPreferences();
    if (action) {
      const form = button.closest<HTMLElement>("#consentkit-notice,#consentkit-preferences");
      const answers = action === "save" && form ? readForm(form) : undefined;
      return decide(action as Action, form, answers);
    }
    if (embed === "once") {
      showOnce(button);
      return gate.scan();
    }
    const { purposes, services } = consent.state();
    const service = placeholder?.dataset.service;
    return service && decide("save", null, { purposes, services: { ...services, [service]: true } });
  }

  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-consentkit-action],[data-consentkit-embed]");
    // With a key held, a link is for another tab.
    if (!button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    guard(() => press(button));
  });
  // Another tab may have decided; and a page that comes back from the browser's memory has slept.
  for (const [target, name] of [
    [window, "pageshow"],
    [document, "visibilitychange"],
  ] as const) {
    target.addEventListener(name, () => guard(consent.refresh));
  }
  events.on("change", () => guard(follow));

  window.consentkit = {
    state: consent.state,
    allows: (purpose) => consent.permits([purpose]),
    open: () => void guard(openPreferences),
    accept: () => decide("accept_all", null),
    reject: () => decide("reject_all", null),
    withdraw: () => decide("withdraw", null),
    on: events.on,
    ready: Promise.resolve(consent.state()),
    willShow: Promise.resolve(undecided() && !!getNotice(false)),
  };
  guard(follow);
  events.send("ready", consent.state());
}
