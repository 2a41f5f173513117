/** Keeps a refusal that the server could not record yet, so that the next page sends it again. */

import type { Action } from "./cookie.ts";

const KEY = "consentkit:pending";

/** Returns the kept request and its action, if there is one in *storage*. Never throws. */
export function getKept(storage: () => Storage, now: number): { body: string; action: Action } | null {
  try {
    const { time, body } = JSON.parse(storage().getItem(KEY) as string);
    const { action } = JSON.parse(body);
    // The server knows a nonce for 48 hours. An hour less, so that nothing is recorded twice.
    return Math.abs(now - time) < 47 * 3_600_000 && /^(reject_all|withdraw|save)$/.test(action)
      ? { body, action }
      : null;
  } catch {
    return null;
  }
}

/** Keeps *body* in *storage*, or nothing any more. Where storage is blocked, it is kept for this page alone. */
export function setKept(storage: () => Storage, body: string | null, now: number): void {
  try {
    if (body) storage().setItem(KEY, JSON.stringify({ time: now, body }));
    else storage().removeItem(KEY);
  } catch {}
}
