/** The Content-Security-Policy that follows from what a reader agreed to, as the server makes it for its headers. */

/** A service that loads from somewhere. */
export type Loading = readonly [
  /** The purposes that it needs, as bits in the order of `Facts.purposes`. */
  needs: number,
  /** Its place in the order by which the cookie's bitmap counts, -1 while nobody knows it. */
  bit: number,
  sources: string,
  /** What `connect-src` has beside them. */
  sockets?: string,
];

/** What `policy.js` reads from its element's `data-consentkit-hosts`. */
export interface Facts {
  readonly site: string;
  readonly revision: number;
  readonly purposes: readonly string[];
  /** What everybody's policy lets through. */
  readonly always: string;
  readonly sockets?: string;
  readonly services: readonly Loading[];
}

/** What `policy.js` leaves for the scripts that come later: what it went by, and from where the page may load. */
export interface Left {
  readonly facts: Facts;
  readonly sources: readonly string[];
}

/** Where it leaves that. Not a name: an element of the page could have it. */
export const LIMITS = Symbol.for("consentkit:hosts");

/** Returns the sources of the services that are *allowed*, and, where they differ, those of `connect-src`. */
export function sourcesOf(facts: Facts, allowed: (service: Loading) => boolean): [all: string, connect: string] {
  const services = facts.services.filter(allowed);
  const all = [facts.always, ...services.map((service) => service[2])].join(" ");
  const sockets = [facts.sockets, ...services.map((service) => service[3])].filter(Boolean);
  return [all, sockets[0] ? `${all} ${sockets.join(" ")}` : ""];
}

/** Puts these sources in force, beside what is in force already: nothing ever lifts a policy from a page. */
export function confine([all, connect]: readonly [string, string]): void {
  const meta = document.createElement("meta");
  meta.httpEquiv = "Content-Security-Policy";
  meta.content = `default-src ${all}${connect && `; connect-src ${connect}`}`;
  document.head.prepend(meta);
}
