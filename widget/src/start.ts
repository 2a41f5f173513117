/**
 * What every page with the widget runs: the state, the first layer, the script API. The rest is in `later.js`, loaded
 * when something is allowed, or when the reader wants more than to accept or to refuse.
 */

import type { Action, ConsentKit } from "./api.ts";
import type { Config } from "./config.ts";
import type { Wish } from "./core/client.ts";
import { createConsent, type Relation } from "./core/consent.ts";
import { createEvents } from "./core/events.ts";
import { agrees, permits } from "./core/state.ts";
import type { Later, Page } from "./later.ts";
import { createFocus } from "./ui/focus.ts";
import { createNotice } from "./ui/notice.ts";
import type { Policy } from "./ui/trusted.ts";

declare global {
  interface Document {
    readonly prerendering?: boolean;
  }
  interface Navigator {
    /** Global Privacy Control. `undefined` where the browser does not know it. */
    readonly globalPrivacyControl?: boolean;
  }
}

/** The name of the built `later.js` with its version. */
declare const LATER: string;

/** Brings the notice's element, and *place*s it on the page. */
export type NoticeSource = (place: boolean) => HTMLElement | null;

/** Does *work* once in a page, when somebody sees it. What goes wrong ends here, and lets nothing go. */
export async function begin(work: () => void): Promise<void> {
  try {
    // What holds is known when the page is seen. Exactly `true`: a form of that name is something else.
    if (document.prerendering === true) {
      await new Promise((done) => document.addEventListener("prerenderingchange", done));
    }
    // Not only whether there is one: an element with that id would be one as well.
    if (typeof window.consentkit?.allows !== "function") work();
  } catch {}
}

export function start(config: Config, base: string, relation: Relation, source: NoticeSource, policy?: Policy): void {
  const events = createEvents(document);
  const root = document.documentElement;
  /** With a value the browser's signal is answer enough: nobody is asked, and nothing is allowed. */
  const { consentkitGpc: quiet } = root.dataset;
  /** Nothing that goes wrong in here is the page's business. */
  const guard = async (work: () => unknown) => {
    try {
      await work();
    } catch (error) {
      events.send("error", error);
    }
  };
  const consent = createConsent({
    config,
    base,
    world: window,
    relation,
    changed(state) {
      guard(follow);
      events.send("change", state);
    },
  });
  const { state } = consent;
  const focus = createFocus((element) => !!element.closest("#consentkit-notice,.consentkit-dialog"));
  const first = createNotice(source);
  let later: Promise<Later> | undefined;
  let counted = false;

  /** Loads the rest, once; again after a failure. */
  const load = async () => {
    later ??= (import(`${base}${config.assets}${LATER}`) as Promise<typeof import("./later.ts")>).then(({ attach }) =>
      attach(page),
    );
    try {
      return await later;
    } catch (error) {
      later = undefined;
      throw error;
    }
  };

  /** Counts the notice as shown, once a page, when the page has nothing better to do. */
  const count = () => {
    if (counted) return;
    counted = true;
    const send = () =>
      guard(() => navigator.sendBeacon(`${base}shown?site=${config.site}&notice=${config.version}&layer=1`));
    if (document.readyState === "complete") send();
    else addEventListener("load", send);
  };

  /** Follows the state: the notice comes or goes, what is held back is let go or taken back. */
  function follow(): unknown {
    const valid = quiet || state().status === "valid";
    root.dataset.consentkit = valid ? "decided" : "pending";
    if (valid) first.hide();
    else if (first.show(state().revision)) {
      events.send("shown", state());
      count();
    }
    return (later || agrees(state()) || first.isModal()) && load().then((rest) => rest.follow());
  }

  async function decide(action: Action, form?: HTMLFormElement | null, answers?: Pick<Wish, "purposes" | "services">) {
    // What the reader saw is what their form says: it may be newer than the page.
    const {
      notice = config.version,
      locale = config.locale,
      layer = "page",
    } = (form ? Object.fromEntries(new FormData(form)) : {}) as Partial<Wish>;
    const before = state();
    const regain = focus(form);
    const leave = () => {
      form?.closest("dialog")?.close();
      regain();
    };
    const outcome = consent.decide({
      action,
      ...answers,
      notice,
      locale,
      layer,
    });
    // A refusal is in force by now, whether it is recorded or not.
    if (state() !== before && !state().recorded) leave();
    else first.say(first.words("saving"), form);
    const end = await outcome;
    first.say(end === "failed" ? first.words(end) : "", form);
    if (end === "stored") leave();
    // Only then is there more to say, or something to be stopped.
    if (action !== "gpc" && (end !== "stored" || later)) guard(async () => (await load()).settle(end, form));
    return end;
  }

  const page: Page = { config, base, policy, guard, state, decide, notice: first };

  const press = async (button?: HTMLElement) => {
    try {
      await (await load()).press(button);
    } catch (error) {
      events.send("error", error);
      const { href } = location;
      // The same choice as a page, which needs none of this.
      location.assign(
        `${base}preferences?site=${config.site}&locale=${config.locale}&next=${encodeURIComponent(href)}`,
      );
    }
  };

  document.addEventListener("click", (event) =>
    guard(() => {
      const button = (event.target as Element).closest<HTMLElement>("[data-consentkit-action],[data-consentkit-embed]");
      // With a key held, a link is for another tab.
      if (!button || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      const { consentkitAction: action = "" } = button.dataset;
      return action.endsWith("_all") ? decide(action as Action, button.closest("form")) : press(button);
    }),
  );
  // Another tab may have decided; and a page that comes back from the browser's memory has slept.
  const refresh = () => guard(consent.refresh);
  for (const name of ["pageshow", "visibilitychange", "storage"]) addEventListener(name, refresh, true);
  guard(() => (window.cookieStore as EventTarget | undefined)?.addEventListener("change", refresh));

  const api: ConsentKit = {
    state,
    allows: (purpose) => permits(state(), [purpose]),
    open: () => void press(),
    accept: () => decide("accept_all"),
    reject: () => decide("reject_all"),
    withdraw: () => decide("withdraw"),
    on: events.on,
    ready: Promise.resolve(state()),
    willShow: Promise.resolve(!quiet && state().status !== "valid" && !!source(false)),
  };
  guard(() => {
    window.consentkit = api;
  });
  root.dataset.consentkitReady = "";
  guard(follow);
  if (quiet === "record") guard(async () => (await load()).signal());
  events.send("ready", state());
}
