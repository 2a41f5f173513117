/**
 * Holds back what needs an agreement, and lets it go once there is one:
 *
 *     <script type="text/plain" data-consent="analytics" data-src="…"></script>
 *     <iframe data-consent="embeds" data-service="youtube" data-src="…" title="…"></iframe>
 */

import type { Policy } from "../ui/trusted.ts";
import { isShown, markShown } from "./embeds.ts";

export interface Gate {
  /** Looks through the page again: after a change, and whenever something was inserted. */
  scan(): void;
  /** Whether a script has run that may not run any more. Nothing but a new page stops it. */
  outrun(): boolean;
}

type Permits = (purposes: readonly string[], service?: string) => boolean;

const SCRIPTS = 'script[type="text/plain"]:is([data-consent],[data-service])';
const FRAMES = ":is([data-consent],[data-service])[data-src]:not(script)";

export function createGate(permits: Permits, policy: Policy, guard: (work: () => unknown) => Promise<void>): Gate {
  const taken = new WeakSet<Element>();
  const ran: HTMLElement[] = [];
  let line: Promise<unknown> = Promise.resolve();
  /** Ordered external scripts on their way, for which an inline script has to wait. */
  let loading: Promise<unknown>[] = [];

  const allowed = (element: HTMLElement): boolean => {
    const { consent = "", service } = element.dataset;
    return isShown(element) || permits(consent.split(/\s+/).filter(Boolean), service);
  };

  async function run(held: HTMLScriptElement): Promise<void> {
    const { src, type } = held.dataset;
    if (!src) {
      await Promise.all(loading);
      loading = [];
    }
    // Both may have changed while it waited.
    if (!held.isConnected || !allowed(held)) return void taken.delete(held);
    // A clone keeps the nonce, which no attribute shows.
    const script = held.cloneNode() as HTMLScriptElement;
    script.removeAttribute("type");
    if (type) script.type = type;
    script.async = held.hasAttribute("async");
    if (src) script.src = policy.createScriptURL(src);
    else script.text = policy.createScript(held.text);
    if (src && !script.async) {
      loading.push(
        new Promise((done) => {
          for (const end of ["load", "error"]) script.addEventListener(end, done);
        }),
      );
    }
    ran.push(script);
    held.replaceWith(script);
  }

  function open(frame: HTMLElement): void {
    const src = frame.dataset.src as string;
    // A sanitizer may let a `data-` attribute through that it would not let through as `src`.
    if (!/^https?:$/.test(new URL(src, document.baseURI).protocol)) return;
    frame.setAttribute("src", src);
    markShown(frame, true);
  }

  function close(frame: HTMLElement): void {
    // A new element, not a new address: that would be an entry in the reader's history.
    const copy = frame.cloneNode(true) as HTMLElement;
    copy.removeAttribute("src");
    frame.replaceWith(copy);
    markShown(copy, false);
  }

  const scan = () => {
    for (const script of document.querySelectorAll<HTMLScriptElement>(SCRIPTS)) {
      if (taken.has(script) || !allowed(script)) continue;
      taken.add(script);
      // In document order, as the parser would have run them.
      line = line.then(() => guard(() => run(script)));
    }
    for (const frame of document.querySelectorAll<HTMLElement>(FRAMES)) {
      const may = allowed(frame);
      if (may !== frame.hasAttribute("src")) guard(() => (may ? open(frame) : close(frame)));
    }
  };

  new MutationObserver(() => guard(scan)).observe(document.documentElement, { childList: true, subtree: true });

  return { scan, outrun: () => ran.some((script) => !allowed(script)) };
}
