/**
 * The entry for pages into which the server rendered the notice: `page.js`, whose text stands in the page. It may run
 * more than once, where something replaces the page's body and runs its scripts again.
 */

import type { Config } from "./config.ts";
import { begin, start } from "./start.ts";

/** Does *work* once somebody asks for the API, at the latest after the first paint. */
function later(work: () => void): void {
  Object.defineProperty(window, "consentkit", {
    configurable: true,
    get() {
      delete window.consentkit;
      work();
      return window.consentkit;
    },
  });
  requestAnimationFrame(() => setTimeout(() => window.consentkit));
}

const run = () =>
  begin(() => {
    // A module has no `document.currentScript`, nor has what a proxy deferred.
    const script = document.querySelector<HTMLScriptElement>("script[data-consentkit-config]") as HTMLScriptElement;
    // What most sites have is not said.
    const config: Config = {
      assets: "static/",
      signal: !!navigator.globalPrivacyControl,
      ...JSON.parse(script.dataset.consentkitConfig as string),
    };
    start(
      config,
      new URL(config.base, location.href).href,
      { credentials: "same-origin", domain: config.cookieDomain ?? "" },
      () => document.getElementById("consentkit-notice"),
    );
  });

// There is nothing to show to who has decided: the page comes first. A page that nobody sees paints nothing.
if (document.documentElement.dataset?.consentkit === "decided" && !document.hidden && !("consentkit" in window))
  later(run);
else run();
