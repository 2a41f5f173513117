/**
 * The entry `debug.js`: load it beside the widget while you build a site, and read the console. It uses nothing but
 * what any script can use, and changes nothing.
 */

import type { SignalData } from "../signals/main.ts";
import { ungated } from "../signals/ungated.ts";

const warn = (text: string, ...what: unknown[]) => console.warn(`consentkit: ${text}`, ...what);

const MARK = Symbol.for("consentkit.signals");

const WAITING = "[data-src],[data-srcset],[data-href],[data-data]";

/** Whether the widget has looked at *element*, and shows it. */
function shows({ dataset: { consent = "" } }: HTMLElement): boolean {
  const allows = (name: string) => !!window.consentkit?.allows(name.replace("!", "")) !== name.startsWith("!");
  return consent.split(/\s+/).filter(Boolean).every(allows);
}

function check(): void {
  const kit = window.consentkit;
  if (!kit) {
    warn("there is no window.consentkit. Is page.js or the tag's script on the page, and did it load?");
    return;
  }
  const { purposes, services } = kit.state();
  for (const element of document.querySelectorAll<HTMLElement>("[data-consent],[data-service]")) {
    const { consent = "", service } = element.dataset;
    const names = consent.split(/\s+/).filter(Boolean);
    for (const name of names) {
      const purpose = name.replace("!", "");
      if (name !== "necessary" && !(purpose in purposes)) {
        warn(`data-consent="${name}" is no purpose of this site: it will never be let go.`, element);
      }
      if (name !== purpose && names.includes(purpose)) {
        warn(`data-consent="${consent}" asks for ${purpose} and for its refusal: it will never be let go.`, element);
      }
    }
    if (service && !(service in services) && names.join() !== "necessary") {
      warn(`data-service="${service}" is no service of this site: it will never be let go.`, element);
    }
    if (element instanceof HTMLScriptElement && element.type !== "text/plain" && !shows(element)) {
      warn('a script without type="text/plain" is not held back.', element);
    } else if (element instanceof HTMLScriptElement) {
      if (element.hasAttribute("src")) warn("write data-src instead of src.", element);
      if (/document\.write/.test(element.text))
        warn("document.write does harm in a script that was held back.", element);
    } else if (element.localName === "link" && element.dataset.src) {
      warn("write data-href for a link: data-src means nothing there.", element);
    } else if (element.matches("iframe,img,video,audio,embed,object,link,picture")) {
      if (!element.matches(WAITING) && !element.querySelector(WAITING)) {
        warn(
          "write data-src instead of src, and so on: the browser loads what is live before anybody can ask.",
          element,
        );
      }
    } else if (!element.hidden && !shows(element) && !element.matches(".consentkit-embed")) {
      warn("write hidden: until the script runs, and without script, it is seen by everybody.", element);
    }
  }
  // What the site tells other tools, where `signals.js` has left it.
  const told = (document as { [MARK]?: SignalData })[MARK] ?? {};
  for (const script of document.scripts) {
    // One that was held back and let go is in order: above it was looked at.
    if (!script.src || script.type === "text/plain" || script.dataset.consent || script.dataset.service) continue;
    const tool = ungated(told, kit.state(), script.src);
    if (tool) {
      warn(`a script of ${tool} is on the page before the reader agreed: hold it back by type="text/plain".`, script);
    }
  }
  const seen = document.querySelectorAll("#consentkit-notice");
  if (seen.length > 1) warn("the notice is on the page more than once.", ...seen);
  if (!document.querySelector("[data-consentkit-action=customize]:not(#consentkit-notice *)")) {
    warn("there is no way back to the choice on this page: put the settings link where readers find it.");
  }
  if (!document.documentElement.lang) warn("<html> has no lang: the tag can't pick the reader's language by it.");
}

document.addEventListener("consentkit:error", (event) => warn("failed:", (event as CustomEvent).detail));
if (document.readyState === "complete") check();
else addEventListener("load", () => setTimeout(check));
