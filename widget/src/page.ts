/** The entry for pages into which the server rendered the notice: `page.js`. */

import type { Config } from "./config.ts";
import { start } from "./start.ts";
import { createPolicy } from "./ui/trusted.ts";

try {
  // Not `document.currentScript`: a proxy that defers scripts leaves none.
  const script = document.querySelector<HTMLScriptElement>("script[data-consentkit-config]");
  const config = JSON.parse(script?.dataset.consentkitConfig as string) as Config;
  const element = document.getElementById("consentkit-notice");
  if (!window.consentkit) {
    start(
      config,
      new URL(config.base ?? new URL("..", script?.src), location.href).href,
      element?.dataset.locale ?? config.locale ?? "",
      createPolicy(),
      () => element,
    );
  }
} catch {
  // Nothing runs that was held back: that is what a failure has to mean.
}
