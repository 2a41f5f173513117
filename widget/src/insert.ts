/** What the tag does on a page of any server: everything that elsewhere the server has rendered. */

import type { LocaleEntry, TagData } from "./config.ts";
import { relate } from "./core/relation.ts";
import { start } from "./start.ts";
import { addStyle } from "./ui/style.ts";
import { createPolicy } from "./ui/trusted.ts";

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

/** Gives the page the notice in *data*. *source* is the address that the script comes from. */
export function insert(data: TagData, source: string): void {
  const base = new URL(data.base, source).href;
  const locale = data.locale ?? pickLocale(data, document.documentElement.lang);
  const { html, dir, settings, version } = data.locales[locale] as LocaleEntry;
  const policy = createPolicy();
  let element: HTMLElement | null = null;

  const make = (): HTMLElement => {
    const template = document.createElement("template");
    const here = location.href.replace(/["&<]/g, (char) => `&#${char.charCodeAt(0)};`);
    template.innerHTML = policy.createHTML(html.split("%BASE%").join(base).split("%NEXT%").join(here));
    return template.content.firstElementChild as HTMLElement;
  };

  // A way back, on a page that has none of its own.
  const offer = () => {
    if (document.querySelector("[data-consentkit-action=customize]:not(#consentkit-notice *)")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "consentkit consentkit-button consentkit-quiet consentkit-settings";
    button.dataset.consentkitAction = "customize";
    button.lang = locale;
    button.dir = dir;
    button.textContent = settings;
    document.body.append(button);
  };

  const signal = !!navigator.globalPrivacyControl;
  if (signal && data.gpc !== "off") document.documentElement.dataset.consentkitGpc = data.gpc ?? "";
  addStyle(data.css);
  start(
    { ...data, locale, version, signal },
    base,
    relate(base, location, data.cookieDomain),
    (place) => {
      if (document.readyState !== "loading") offer();
      // A framework that keeps pages for the way back keeps a copy of it.
      element = document.getElementById("consentkit-notice") ?? element ?? make();
      if (place && !element.isConnected) document.body.prepend(element);
      return element;
    },
    policy,
  );
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", offer);
}
