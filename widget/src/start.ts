/**
 * What every page with the widget runs: the state, the first layer, the script API. The rest is in files of its own, each
 * loaded when it is needed: `send.js` at a decision, `release.js` when something is allowed or has to go, `choose.js`
 * when the reader wants more than to accept or to refuse, `tell.js` when there is something to say.
 */

import type { Action, Answers, ConsentKit, Outcome, State } from "./api.ts";
import type { Choose } from "./choose.ts";
import type { Config } from "./config.ts";
import type { Wish } from "./core/client.ts";
import { createConsent, type Relation } from "./core/consent.ts";
import { createEvents } from "./core/events.ts";
import type { Sender } from "./core/sending.ts";
import { agrees, permits } from "./core/state.ts";
import type { Limits } from "./limits.ts";
import type { Release } from "./release.ts";
import type { Tell } from "./tell.ts";
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
/** What a part of ours has the focus in. */
const OURS = `${NOTICE},.consentkit-dialog`;

/** The version of the files that are loaded when needed. */
declare const VERSION: string;

/** What each of those files' `attach` gives. */
interface Parts {
  readonly send: Sender;
  readonly release: Release;
  readonly limits: Limits;
  readonly choose: Choose;
  readonly tell: Tell;
}

/** What the files that are loaded when needed have of the page. */
export interface Page {
  readonly config: Config;
  readonly base: string;
  /** Made once, by the tag or by the first part that needs it. */
  policy: Policy | undefined;
  /** The notice's element. */
  notice(): HTMLElement | null;
  /** Says *words* in the live region of *form*. */
  say(words: string | undefined, form?: HTMLElement | null): void;
  guard(work: () => unknown): Promise<void>;
  load<Name extends keyof Parts>(name: Name): Promise<Parts[Name]>;
  state(): State;
  /** How many decisions are on their way. */
  deciding: number;
  decide(
    action: Action,
    form?: HTMLFormElement | null,
    answers?: { purposes: Answers; services: Answers },
  ): Promise<Outcome>;
}

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
  const parts: Record<string, Promise<unknown>> = {};
  let attempt = 0;

  /** Loads a part, once; again after a failure, at another address: some browsers remember that one failed. */
  async function load<Name extends keyof Parts>(name: Name, given: unknown = page): Promise<Parts[Name]> {
    const again = attempt ? `&${attempt}` : "";
    parts[name] ??= import(`${base}${config.assets}${name}.js?v=${VERSION}${again}`).then((it) => it.attach(given));
    try {
      return (await parts[name]) as Parts[Name];
    } catch (error) {
      attempt++;
      delete parts[name];
      throw error;
    }
  }
  const bringRelease = async () => {
    release ??= await load("release");
    release.follow();
    return release;
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
    load: (holder) => load("send", holder),
  });
  const { state } = consent;
  /** `release.js`, once it is there: what is refused then goes before anybody hears of it. */
  let release: Release | undefined;
  let showing = false;
  let counted = false;
  /** What had the focus last, and what had it before it went into something of ours. */
  let focused: HTMLElement | undefined;
  let before: HTMLElement | undefined;

  const find = (selector: string) => document.querySelector<HTMLElement>(selector);
  const say: Page["say"] = (words = "", form) => {
    const line = form?.querySelector(".consentkit-status");
    if (line) line.textContent = words;
  };

  /** Moves the focus on from what goes: readers stay where they were reading. */
  function regain(): void {
    const { activeElement } = document;
    if (activeElement !== document.body && !activeElement?.closest(OURS)) return;
    const target = before?.isConnected ? before : (find("main h1") ?? find("h1,main"));
    if (target !== before && !target?.hasAttribute("tabindex")) target?.setAttribute("tabindex", "-1");
    target?.focus({ preventScroll: true });
  }

  /** Counts the notice as shown, once a page, when the page has nothing better to do. */
  const count = () => {
    if (counted) return;
    counted = true;
    const send = () =>
      guard(() => {
        // In a body that is transformed or contained it stands at the page's end, and has to be lifted.
        if ((source(false)?.getBoundingClientRect().top ?? 0) >= innerHeight) bringRelease();
        navigator.sendBeacon(`${base}shown?site=${config.site}&notice=${config.version}&layer=1`);
      });
    if (document.readyState === "complete") send();
    else addEventListener("load", send);
  };

  /**
   * Follows the state: the notice comes or goes, what is held back is let go or taken back. And the page: a framework
   * that goes to the next page without loading one replaces the body, and the root's attributes. What could not be loaded
   * is not asked for at each such change.
   */
  function follow(): unknown {
    const valid = quiet || state().status === "valid";
    const { dataset } = document.documentElement;
    const mark = valid ? "decided" : "pending";
    if (dataset.consentkit !== mark) dataset.consentkit = mark;
    dataset.consentkitReady = "";
    // Whoever stood on a button of the notice that is gone stands on the same of the one that comes.
    const gone = !focused?.isConnected && focused?.closest(NOTICE) && focused.dataset.consentkitAction;
    const notice = source(!valid);
    if (notice) notice.hidden = !!valid;
    if (valid) showing = false;
    else if (notice) {
      if (gone) find(`${NOTICE} [data-consentkit-action=${gone}]`)?.focus({ preventScroll: true });
      if (!showing) {
        showing = true;
        events.send("shown", state());
        count();
      }
    }
    if (release) return release.follow();
    // Only what has to show without consent needs more than the notice, before the reader agrees to something.
    return (
      !attempt &&
      (agrees(state()) ||
        (!valid && state().revision) ||
        find('.consentkit-modal:not([hidden]),[data-consent*="!"]')) &&
      bringRelease()
    );
  }

  async function decide(action: Action, form?: HTMLFormElement | null, answers?: Pick<Wish, "purposes" | "services">) {
    // What the reader saw is what their form says: it may be newer than the page.
    const {
      notice = config.version,
      locale = config.locale,
      layer = "page",
    } = (form ? Object.fromEntries(new FormData(form)) : {}) as Partial<Wish>;
    const then = state();
    const inside = form?.contains(document.activeElement);
    const leave = () => {
      form?.closest("dialog")?.close();
      if (inside) regain();
      // A live region speaks of changes: the words come after it.
      const line = form?.querySelector<HTMLElement>(".consentkit-status");
      if (!line) return;
      line.textContent = "";
      document.body.append(line);
      setTimeout(() => line.append(line.dataset.done as string), 99);
    };
    page.deciding++;
    const outcome = consent.decide({ action, ...answers, notice, locale, layer });
    // A refusal is in force by now, whether it is recorded or not.
    if (state() !== then && !state().recorded) leave();
    else say(source(false)?.dataset.textSaving, form);
    const end = await outcome.finally(() => page.deciding--);
    say(end === "failed" ? source(false)?.dataset.textFailed : "", form);
    if (end === "stored") {
      leave();
      guard(() => release?.stop());
    } else if (action !== "gpc") guard(async () => (await load("tell")).settle(end, form));
    return end;
  }

  const page: Page = {
    config,
    base,
    policy,
    guard,
    load,
    state,
    deciding: 0,
    decide,
    notice: () => source(false),
    say,
  };

  const press = async (button?: HTMLElement) => {
    try {
      await (await (button?.dataset.consentkitEmbed ? bringRelease() : load("choose"))).press(button);
    } catch (error) {
      events.send("error", error);
      // The same choice as a page, which needs none of this, and finds its way back by the referrer.
      location.assign(`${base}preferences?site=${config.site}&locale=${config.locale}`);
    }
  };

  document.addEventListener("click", (event) =>
    guard(() => {
      const button = (event.target as Element).closest<HTMLElement>("[data-consentkit-action],[data-consentkit-embed]");
      // With a key held, a link is for another tab. Agreeing is for our own buttons: what a page's readers write into
      // it may have attributes too.
      if (!button || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const { consentkitAction: action = "" } = button.dataset;
      if (action === "accept_all" && !button.closest(OURS)) return;
      event.preventDefault();
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
  if (quiet === "record") guard(async () => (await load("tell")).signal());
  // Something of a service that is refused is still here, or there is something to say of one: `release.js` looks closer.
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
    return left && bringRelease();
  });
  document.addEventListener("focusin", ({ target }) => {
    focused = target as HTMLElement;
    if (!focused.closest(OURS)) before = focused;
  });
  new MutationObserver(() => guard(follow)).observe(document, {
    childList: true,
    subtree: true,
    attributeFilter: ["data-consentkit", "data-consent"],
  });
  events.send("ready", state());
}
