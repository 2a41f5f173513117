/** The second layer as the server has it: the form, and the words that only it holds. */

import type { Page } from "../start.ts";
import type { Policy } from "./trusted.ts";

/** Returns the locale of the page's notice, and its version: a page that replaced another may have another. */
export function noticeOf({ config, notice }: Page): { locale: string; version: string | undefined } {
  const { lang: locale, dataset } = notice() ?? { lang: config.locale, dataset: config };
  return { locale, version: dataset.version };
}

/** Fetches the form, not yet on the page. *current*: whatever the server has now, not what this page was made with. */
export async function fetchForm(page: Page, policy: Policy, current?: boolean): Promise<HTMLElement> {
  const { locale, version } = noticeOf(page);
  const response = await fetch(
    `${page.base}preferences?site=${page.config.site}&locale=${locale}&fragment=1${current ? "" : `&v=${version}`}`,
  );
  if (!response.ok) throw new Error(`preferences: ${response.status}`);
  const template = document.createElement("template");
  template.innerHTML = policy.createHTML(await response.text());
  return template.content.querySelector<HTMLElement>("#consentkit-preferences") as HTMLElement;
}
