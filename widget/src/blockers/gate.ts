/**
 * Holds back what has a condition, and lets it go while that is true:
 *
 *     <script type="text/plain" data-consent="analytics" data-src="…"></script>
 *     <iframe data-consent="embeds" data-service="youtube" data-src="…" title="…"></iframe>
 *     <p data-consent="!advertising" hidden>…</p>
 */

import type { State } from "../api.ts";
import { permits } from "../core/state.ts";
import type { Limits } from "../limits.ts";
import type { Policy } from "../ui/trusted.ts";
import { isShown, markShown, placeholderOf } from "./embeds.ts";

export interface Gate {
  /** Looks through the page again: after a change, and whenever something was inserted. */
  scan(): void;
  /** What may be let go, whether it is already or not. */
  agreed(): readonly HTMLElement[];
  /** Whether a script has run that may not run any more, and does not stop by itself. Only a new page stops it. */
  outrun(): boolean;
}

/** An attribute that waits: of which element, under which name it counts, with which value. */
type Address = readonly [element: Element, name: string, value: string];

const HELD = ":is([data-consent],[data-service])";
/** What belongs to the element around it, unless it has a condition of its own. */
const PARTS = `:is(source,track,img):not(${HELD})`;
/** What waits as `data-…`, by element; the attributes on which an address depends come before it. */
const WAITING: Readonly<Record<string, string>> = {
  iframe: "src",
  embed: "src",
  object: "data",
  img: "sizes srcset src",
  source: "sizes srcset src",
  track: "src",
  video: "poster src",
  audio: "src",
  link: "href",
};
/** Milliseconds that an inline script waits for one before it that neither loads nor fails. */
const PATIENCE = 20_000;

function addresses(element: Element): Address[] {
  const found: Address[] = [];
  const parts = /^(video|audio|picture)$/.test(element.localName) ? element.querySelectorAll(PARTS) : [];
  for (const part of [...parts, element]) {
    for (const name of (WAITING[part.localName] ?? "").split(" ")) {
      const value = part.getAttribute(`data-${name}`) ?? (name === "data" ? part.getAttribute("data-src") : null);
      if (value !== null && name) found.push([part, name, value]);
    }
  }
  return found;
}

export function createGate(
  state: () => State,
  policy: Policy,
  guard: (work: () => unknown) => Promise<void>,
  limits?: Limits,
): Gate {
  const taken = new WeakSet<Element>();
  /** The addresses with which an element was let go. */
  const opened = new WeakMap<Element, string>();
  const ran: HTMLElement[] = [];
  let line: Promise<unknown> = Promise.resolve();
  /** Ordered external scripts on their way, for which an inline script has to wait. */
  let loading: Promise<unknown>[] = [];

  /** Whether the reader agreed to what *element* needs; whether it has a "not"; whether all of that holds. */
  function judge({ dataset }: HTMLElement, shown?: boolean): { agreed: boolean; negative: boolean; may: boolean } {
    const { consent = "", service } = dataset;
    const now = state();
    const words = consent.split(/\s+/).filter(Boolean);
    const nots = words.filter((word) => word.startsWith("!"));
    const needed = words.filter((word) => !nots.includes(word));
    const negative = !!nots[0];
    const agreed = shown || (negative && !needed[0] && !service) || permits(now, needed, service);
    // What the site does not declare is neither agreed to nor refused.
    return { agreed, negative, may: agreed && nots.every((word) => now.purposes[word.slice(1)] === false) };
  }

  async function run(held: HTMLScriptElement): Promise<void> {
    const { type } = held.dataset;
    const src = held.dataset.src ?? held.getAttribute("src");
    const asynchronous = held.hasAttribute("async");
    // The browser itself keeps the order of all others.
    if (!src && type !== "module") {
      await Promise.all(loading);
      loading = [];
    }
    // Much may have changed while it waited.
    if (!held.isConnected || !judge(held).may) return void taken.delete(held);
    // Not a clone: what came by `innerHTML` never runs, and its clones don't either.
    const script = document.createElement("script");
    for (const { name, value } of held.attributes) {
      if (name !== "type" && name !== "src") script.setAttribute(name, policy.createScript(value));
    }
    // The browser hides it from attributes.
    script.nonce = held.nonce;
    if (type) script.type = type;
    script.async = asynchronous;
    if (src) script.src = policy.createScriptURL(src);
    else script.text = policy.createScript(held.text);
    if (src && !asynchronous && !script.noModule) {
      loading.push(
        new Promise<unknown>((done) => {
          for (const end of ["load", "error"]) script.addEventListener(end, done);
          setTimeout(done, PATIENCE);
        }),
      );
    }
    ran.push(script);
    held.replaceWith(script);
  }

  function open(element: HTMLElement, all: readonly Address[]): void {
    let sources = false;
    for (const [part, name, value] of all) {
      // A sanitizer may let a `data-` attribute through that it would not let through as `src`.
      if (/^(src|href|data)$/.test(name) && !/^https?:$/.test(new URL(value, document.baseURI).protocol)) return;
      const address = limits?.through(part, value) ?? value;
      if (part.getAttribute(name) === address) continue;
      part.setAttribute(name, policy.createScriptURL(address));
      sources ||= part !== element && part.localName === "source";
    }
    if (sources) (element as HTMLMediaElement).load?.();
    markShown(element, true);
  }

  function close(element: HTMLElement, all: readonly Address[]): void {
    // A new frame, not a new address: that would be an entry in the reader's history.
    const framed = /^(iframe|embed|object)$/.test(element.localName);
    const left = framed ? (element.cloneNode(true) as HTMLElement) : element;
    for (const [part, name] of all) (framed ? left : part).removeAttribute(name);
    if (framed) element.replaceWith(left);
    else (element as HTMLMediaElement).load?.();
    markShown(left, false);
  }

  function look(element: HTMLElement): void {
    if (element.localName === "script") {
      const script = element as HTMLScriptElement;
      const asynchronous = script.hasAttribute("async");
      if (script.type !== "text/plain" || taken.has(script) || !judge(script).may || limits?.waits(script)) return;
      // What the browser would run after the page is there.
      const deferred = !asynchronous && (script.defer || script.dataset.type === "module");
      if (deferred && document.readyState === "loading") return;
      taken.add(script);
      if (asynchronous) guard(() => run(script));
      // In document order, as the parser would have run them.
      else line = line.then(() => guard(() => run(script)));
      return;
    }
    const { may: agreed, negative } = judge(element, isShown(element));
    const may = agreed && (opened.has(element) || !limits?.waits(element));
    const all = addresses(element);
    if (all.length) {
      const values = all.map(([, , value]) => value).join();
      const known = opened.get(element);
      if (may && known !== values) {
        opened.set(element, values);
        open(element, all);
      } else if (!may && (known || all.some(([part, name, value]) => part.getAttribute(name) === value))) {
        opened.delete(element);
        close(element, all);
      }
    }
    // A frame that is hidden on purpose stays hidden. A placeholder is there for who has not agreed.
    if (negative || (!all.length && placeholderOf(element) !== element)) element.toggleAttribute("hidden", !may);
  }

  const held = () => [...document.querySelectorAll<HTMLElement>(HELD)];
  const scan = () => {
    for (const element of held()) guard(() => look(element));
  };

  // `start.ts` notices what is inserted.
  new MutationObserver(scan).observe(document, {
    subtree: true,
    attributeFilter: "service src srcset sizes poster href data".split(" ").map((name) => `data-${name}`),
  });
  document.addEventListener("DOMContentLoaded", scan);

  return {
    scan,
    agreed: () => held().filter((element) => judge(element).may),
    outrun: () => ran.some((script) => !("stops" in script.dataset) && !judge(script).agreed),
  };
}
