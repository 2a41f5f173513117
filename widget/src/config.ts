/** What the server tells the widget about a site. */

import type { State } from "./api.ts";

/** A service of the site, in the order by which the cookie's bitmap counts. */
export interface ServiceEntry {
  readonly id: string;
  /** It may run when all of these are agreed to, unless the reader answered for it alone. */
  readonly purposes: readonly string[];
  /** What it stores on the page's own site (see `blockers/cleanup.ts` for the form). */
  readonly stored?: string;
}

interface SiteFacts {
  readonly site: string;
  readonly revision: number;
  /** The address of the service, ending in a slash: for a page relative to it, for the tag to its script. */
  readonly base: string;
  /** Where the other files are, seen from there, ending in a slash. */
  readonly assets: string;
  /** For the tag alone: how long a page that has to keep the state by itself keeps it. */
  readonly maxAgeDays?: number;
  readonly cookieDomain?: string;
  /** The ids of the optional purposes. */
  readonly purposes: readonly string[];
  readonly services: readonly ServiceEntry[];
  /** What a necessary service stores under a name that an optional one may use as well, in the form of `stored`. */
  readonly kept?: string;
  /** Not the server's: what holds since a decision on this page was stored, and only as long as that is what holds. */
  own?: State;
}

/** What `page.js` reads from its element's `data-consentkit-config`. */
export interface Config extends SiteFacts {
  /** Whether the browser sends Global Privacy Control: the browser's word, not the server's. */
  readonly signal: boolean;
  readonly locale: string;
  /** The version of the notice in that locale. */
  readonly version: string;
}

/** The notice of one locale, for the tag. */
export interface LocaleEntry {
  readonly version: string;
  readonly dir: "ltr" | "rtl";
  readonly regime: string;
  readonly layout: "bar" | "box" | "modal";
  /** The words of the button that opens the preferences again. */
  readonly settings: string;
  /** The first layer, in which `%BASE%` and `%NEXT%` stand for the service and for the page. */
  readonly html: string;
}

/** What the server writes into `tag.js`. */
export interface TagData extends SiteFacts {
  /**
   * What happens for an undecided reader whose browser sends Global Privacy Control. `undefined`: the notice shows, with
   * a line about it. `quiet`: it does not. `record`: nor here, and a refusal is recorded. `off`: nothing.
   */
  readonly gpc?: "quiet" | "record" | "off";
  /** The locale asked for, or `null` to go by `<html lang>`. */
  readonly locale: string | null;
  readonly locales: Readonly<Record<string, LocaleEntry>>;
  readonly css: string;
}
