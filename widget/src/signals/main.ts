/**
 * The entry `signals.js`: tells other tools what the reader has decided. Runs in the head before any of them, so it reads
 * the decision itself, with what the widget reads it with; what changes later it is told by the widget's events.
 *
 * Its text is constant, its data come from its element, so that one hash in a page's Content Security Policy stands for
 * it. In front of the tag, where there is no such element, the server puts the data around it.
 */

import type { State } from "../api.ts";
import { findCookie } from "../core/cookie.ts";
import { getKept } from "../core/keep.ts";
import { judge, type Known, refuse } from "../core/state.ts";
import { type GoogleSettings, google } from "./google.ts";
import { type LayerSettings, layer } from "./layer.ts";
import { type MatomoSettings, matomo } from "./matomo.ts";
import { clarity, uet } from "./microsoft.ts";
import { type PianoSettings, piano } from "./piano.ts";
import type { Need, Tell } from "./signal.ts";

/** What the server tells of the site: what judging needs, and the settings of each signal that is on. */
export interface SignalData extends Known {
  readonly google?: GoogleSettings;
  readonly uet?: Need;
  readonly clarity?: Readonly<Record<string, Need>>;
  readonly matomo?: MatomoSettings;
  readonly piano?: PianoSettings;
  readonly layer?: LayerSettings;
}

declare const __CONSENTKIT_SIGNALS__: SignalData;

/** Where the data are kept: told once a document, and for `debug.ts` to read. */
const MARK = Symbol.for("consentkit.signals");

function read(data: SignalData): State {
  const kept = getKept(window);
  if (kept) return refuse(data, kept.action);
  let cookie: string | null = "";
  try {
    cookie = findCookie(document.cookie);
  } catch {
    // Cookies that are blocked are no decision.
  }
  return judge(data, cookie, Math.floor(Date.now() / 86_400_000));
}

function run(data: SignalData): void {
  const page = document as Document & { [MARK]?: SignalData; prerendering?: boolean };
  if (page[MARK]) return;
  page[MARK] = data;
  const state = read(data);
  const gpc = (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl;
  const signals: Tell[] = [];
  // One that fails leaves the others alone, and is not the page's business.
  const guard = (work: () => void) => {
    try {
      work();
    } catch {}
  };
  const begin = <T>(make: (settings: T) => Tell, settings: T | undefined) => {
    if (settings) guard(() => signals.push(make(settings)));
  };
  begin((settings) => google(settings, state.status === "none" && !gpc), data.google);
  begin(uet, data.uet);
  begin(clarity, data.clarity);
  begin(matomo, data.matomo);
  begin(piano, data.piano);
  // The last one: who waits for the event finds the others told.
  begin(layer, data.layer);

  let told = false;
  const tell = (now: State) => {
    // A page that nobody looks at yet lets nothing go. Before a decision the defaults say it all.
    if (page.prerendering || (now.status !== "valid" && !told)) return;
    told = true;
    for (const signal of signals) guard(() => signal(now));
  };
  for (const name of ["ready", "change"]) {
    document.addEventListener(`consentkit:${name}`, (event) => tell((event as CustomEvent<State>).detail));
  }
  document.addEventListener("prerenderingchange", () => tell(read(data)));
  tell(state);
}

try {
  if (typeof __CONSENTKIT_SIGNALS__ === "object") run(__CONSENTKIT_SIGNALS__);
  else {
    const own = document.currentScript as HTMLElement | null;
    // Where a proxy deferred the script, it is found by its data.
    const element = own?.dataset.consentkitSignals
      ? own
      : (document.querySelector("script[data-consentkit-signals]") as HTMLElement);
    run(JSON.parse(element.dataset.consentkitSignals as string) as SignalData);
  }
} catch {
  // Nobody is told anything: every tool stays with what it does unasked, and the gate holds it back.
}
