/** What the server tells the widget about a site. */

/** A service of the site, in the order by which the cookie's bitmap counts. */
export interface ServiceEntry {
  readonly id: string;
  /** It may run when all of these are agreed to, unless the reader answered for it alone. */
  readonly purposes: readonly string[];
}

/** The notice of one locale. */
export interface LocaleEntry {
  readonly version: string;
  readonly dir: "ltr" | "rtl";
  readonly regime: string;
  readonly layout: "bar" | "box" | "modal";
  /** The words of the link that opens the preferences again. */
  readonly settings: string;
}

/** What `page.js` reads from its script element's `data-consentkit-config`. */
export interface Config {
  readonly site: string;
  readonly revision: number;
  /** The address of the service, ending in a slash. `null`: seen from the script's own. */
  readonly base: string | null;
  readonly maxAgeDays: number;
  readonly cookieDomain: string | null;
  /** The ids of the optional purposes. */
  readonly purposes: readonly string[];
  readonly services: readonly ServiceEntry[];
  /** The locale asked for, or `null` to go by `<html lang>`. */
  readonly locale: string | null;
  readonly locales: Readonly<Record<string, LocaleEntry>>;
}

/** What the server writes into `tag.js`: the same, with the notices and the style. */
export interface TagData extends Config {
  readonly locales: Readonly<Record<string, LocaleEntry & { readonly html: string }>>;
  readonly css: string;
}
