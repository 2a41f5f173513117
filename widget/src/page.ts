/** The entry for pages into which the server rendered the notice: `page.js`. */

import type { Config } from "./config.ts";
import { start } from "./start.ts";

try {
  // Not `document.currentScript`: a proxy that defers scripts leaves none.
  const script = document.querySelector<HTMLScriptElement>("script[data-consentkit-config]") as HTMLScriptElement;
  const config = JSON.parse(script.dataset.consentkitConfig as string) as Config;
  if (!window.consentkit) {
    start(
      config,
      new URL(config.base ?? "..", script.src).href,
      { credentials: "same-origin", domain: config.cookieDomain ?? "" },
      () => document.getElementById("consentkit-notice"),
    );
  }
} catch {
  // Nothing runs that was held back: that is what a failure has to mean.
}
