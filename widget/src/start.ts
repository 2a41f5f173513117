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

const NOTICE = "#consentkit-notice";

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
  /** With a value the browser's signal is answer enough: nobody is asked, and nothing is allowed. */
  const { consentkitGpc: quiet } = document.documentElement.dataset;
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
  const focus = createFocus((element) => !!element.closest(`${NOTICE},.consentkit-dialog`));
  const first = createNotice(source);
  let later: Promise<Later> | undefined;
  /** The same, once it is there: what is refused then goes before anybody hears of it. */
  let rest: Later | undefined;
  let tried = false;
  let showing = false;
  let focused: HTMLElement | undefined;
  let counted = false;

  /** Loads the rest, once; again after a failure. */
  const load = async () => {
    tried = true;
    later ??= (import(`${base}${config.assets}${LATER}`) as Promise<typeof import("./later.ts")>).then(({ attach }) => {
      rest = attach(page);
      return rest;
    });
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
      guard(() => {
        navigator.sendBeacon(`${base}shown?site=${config.site}&notice=${config.version}&layer=1`);
        // In a body that is transformed or contained it would stand at the page's end: lifted above, at the window's.
        const notice = source(false) as HTMLElement;
        if (notice.getBoundingClientRect().top >= innerHeight) {
          notice.popover = "manual";
          notice.showPopover();
        }
      });
    if (document.readyState === "complete") send();
    else addEventListener("load", send);
  };

  /**
   * Follows the state: the notice comes or goes, what is held back is let go or taken back. And the page: a framework
   * that goes to the next page without loading one replaces the body, and the root's attributes. *tried*: what could
   * not be loaded is not asked for at each such change.
   */
  function follow(tried?: boolean): unknown {
    const valid = quiet || state().status === "valid";
    const { dataset } = document.documentElement;
    const mark = valid ? "decided" : "pending";
    if (dataset.consentkit !== mark) dataset.consentkit = mark;
    dataset.consentkitReady = "";
    if (valid) {
      first.hide();
      showing = false;
    } else {
      // Whoever stood on a button of the notice that is gone stands on the same of the one that came.
      const gone = !focused?.isConnected && focused?.closest(NOTICE) && focused;
      const shown = first.show();
      if (gone) {
        const action = `${NOTICE} [data-consentkit-action=${gone.dataset.consentkitAction}]`;
        document.querySelector<HTMLElement>(action)?.focus({ preventScroll: true });
      }
      if (shown && !showing) {
        showing = true;
        events.send("shown", state());
        count();
      }
    }
    if (rest) return rest.follow();
    // Only what has to show without consent needs more than the notice, before the reader agrees to something.
    return (
      !tried &&
      (later ||
        agrees(state()) ||
        (!valid && state().revision) ||
        first.isModal() ||
        document.querySelector('[data-consent*="!"]')) &&
      load().then((rest) => rest.follow())
    );
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
      first.say(undefined, form);
    };
    page.deciding++;
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
    const end = await outcome.finally(() => page.deciding--);
    first.say(end === "failed" ? first.words(end) : "", form);
    if (end === "stored") leave();
    // Only then is there more to say, or something to be stopped.
    if (action !== "gpc" && (end !== "stored" || later)) guard(async () => (await load()).settle(end, form));
    return end;
  }

  const page: Page = {
    config,
    base,
    policy,
    guard,
    state,
    deciding: 0,
    decide,
    notice: first,
  };

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
  guard(follow);
  if (quiet === "record") guard(async () => (await load()).signal());
  // Something of a service that is refused is still here, or there is something to say of one: `later.js` looks closer.
  guard(() => {
    let left: unknown;
    try {
      left = sessionStorage.getItem("consentkit:left");
    } catch {}
    if (state().status === "valid") {
      left ||= config.services.some(
        ({ id, stored }) =>
          !state().services[id] &&
          stored?.split(" ").some((item) => `; ${document.cookie}`.includes(`; ${item.split("*")[0]}`)),
      );
    }
    return left && load().then((rest) => rest.follow());
  });
  document.addEventListener("focusin", ({ target }) => {
    focused = target as HTMLElement;
  });
  new MutationObserver(() => guard(() => follow(tried))).observe(document, {
    childList: true,
    subtree: true,
    attributeFilter: ["data-consentkit", "data-consent"],
  });
  events.send("ready", state());
}
