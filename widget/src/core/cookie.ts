/**
 * The state cookie, as script may read it: the payload of a signed value whose signature only the server can check.
 * Whatever does not have exactly the expected form is no decision.
 */

import type { Action } from "../api.ts";

/** The payload, by the names that it has in the cookie. */
export interface Payload {
  /** The format. */
  readonly v: 1;
  /** The site. */
  readonly s: string;
  /** The revision. */
  readonly c: number;
  /** The notice's version. */
  readonly n: string;
  /** The regime. */
  readonly r: string;
  readonly a: Action;
  /** The allowed optional purposes. */
  readonly p: readonly string[];
  /** Hexadecimal: bit i, the least significant first, tells that service i differs from its purposes. */
  readonly x?: string;
  /** The last day on which it holds, in days since 1970-01-01 UTC. */
  readonly e: number;
}

/** Returns the one value of the cookie, `""` when there is none, `null` when different ones were sent. */
export function findCookie(cookies: string): string | null {
  const values = new Set<string>();
  for (const part of cookies.split(/;\s*/)) {
    if (part.startsWith("consentkit=")) values.add(part.slice(11));
  }
  // The same name on several domains: nobody can tell which is the newer, so none counts.
  return values.size > 1 ? null : ([...values][0] ?? "");
}

/** Returns the payload of *value*, or `null` when it is not of the form. */
export function parseCookie(value: unknown): Payload | null {
  try {
    const payload = /^([\w-]{1,600})\.[\w-]{1,20}\.[\w-]{1,90}$/.exec(value as string)?.[1] as string;
    const found = JSON.parse(atob(payload.replace(/-/g, "+").replace(/_/g, "/"))) as Payload;
    return found.v === 1 &&
      Array.isArray(found.p) &&
      [found.s, found.n, found.r, found.a, found.x ?? "", ...found.p].every((text) => typeof text === "string") &&
      /^(accept_all|reject_all|save|withdraw|gpc)$/.test(found.a) &&
      /^[\da-f]*$/.test(found.x ?? "") &&
      Number.isInteger(found.c) &&
      Number.isInteger(found.e)
      ? found
      : null;
  } catch {
    return null;
  }
}

/** Whether bit *index* of the hexadecimal number *hex* is set. */
export function hasBit(hex: string, index: number): boolean {
  return ((Number.parseInt(hex[hex.length - 1 - (index >> 2)] ?? "0", 16) >> (index & 3)) & 1) === 1;
}
