/** The entry for pages of any server: `tag.js`, into which the server writes the notices and the style. */

import type { TagData } from "./config.ts";
import { readState } from "./core/state.ts";
import { start } from "./start.ts";
import { createPolicy } from "./ui/trusted.ts";
import { browser, today } from "./world.ts";

// The server replaces this name by the data. It stands in the built file exactly once.
declare const __CONSENTKIT_DATA__: TagData;

/** Returns the locale of *data* for a page in *language*: exactly, else by its first subtag, else the first. */
function pickLocale(data: TagData, language: string): string {
  const known = Object.keys(data.locales);
  const wanted = language.toLowerCase();
  return (
    known.find((locale) => locale.toLowerCase() === wanted) ??
    known.find((locale) => locale.toLowerCase().split("-")[0] === wanted.split("-")[0]) ??
    (known[0] as string)
  );
}

function addStyle(css: string): void {
  try {
    // Unlike a style element, it needs nothing in the page's Content Security Policy.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  } catch {
    const style = document.createElement("style");
    style.textContent = css;
    document.head.append(style);
  }
}

function run(data: TagData, source: string): void {
  if (window.consentkit) return;
  const base = new URL(data.base ?? new URL(".", source), location.href).href;
  const locale = data.locale ?? pickLocale(data, document.documentElement.lang);
  const { html, dir, settings } = data.locales[locale] as TagData["locales"][string];
  const policy = createPolicy();
  let element: HTMLElement | null = null;

  /** Makes the notice, whose addresses are those of the service, not of this page. */
  const make = (): HTMLElement => {
    const template = document.createElement("template");
    template.innerHTML = policy.createHTML(html);
    const made = template.content.firstElementChild as HTMLElement;
    for (const name of ["href", "action", "formaction"]) {
      for (const part of made.querySelectorAll(`[${name}]`)) {
        part.setAttribute(name, new URL(part.getAttribute(name) as string, base).href);
      }
    }
    return made;
  };

  addStyle(data.css);
  start(data, base, locale, policy, (place) => {
    element ??= make();
    if (place && !element.isConnected) document.body.prepend(element);
    return element;
  });
  // A way back, on a page that has none of its own.
  const offer = () => {
    if (document.querySelector("[data-consentkit-action=customize]:not(#consentkit-notice *)")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "consentkit-settings consentkit-settings-own";
    button.dataset.consentkitAction = "customize";
    button.lang = locale;
    button.dir = dir;
    button.textContent = settings;
    document.body.append(button);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", offer);
  else offer();
}

{
  const data = __CONSENTKIT_DATA__;
  const source = (document.currentScript as HTMLScriptElement | null)?.src ?? "";
  const begin = () => {
    try {
      run(data, source);
    } catch {
      // Nothing runs that was held back: that is what a failure has to mean.
    }
  };
  document.documentElement.dataset.consentkit =
    readState(data, browser.cookies(), today()).status === "valid" ? "decided" : "pending";
  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin);
}
