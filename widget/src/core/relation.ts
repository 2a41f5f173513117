/**
 * The three ways in which a tag's service can stand to the page: on the page's own origin; on a subdomain with a shared
 * cookie; on another site, from where the browser takes no cookie, so that the page has to keep the sealed state itself.
 */

import type { Relation } from "./consent.ts";

/** Returns how the service at *base* stands to a page at *page*. */
export function relate(base: string, page: Pick<Location, "origin" | "hostname">, cookieDomain?: string): Relation {
  const service = new URL(base);
  const shared = (host: string) => !!cookieDomain && `.${host}`.endsWith(`.${cookieDomain}`);
  return {
    credentials:
      service.origin === page.origin
        ? "same-origin"
        : shared(page.hostname) && shared(service.hostname)
          ? "include"
          : "omit",
    domain: shared(page.hostname) ? (cookieDomain as string) : "",
  };
}
