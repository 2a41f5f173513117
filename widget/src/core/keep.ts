/** Keeps a refusal that the server could not record yet, so that the next page sends it again. */

import type { Action } from "../api.ts";

/** Reading `localStorage` itself may throw already. */
export interface HasStorage {
  readonly localStorage: Storage;
  readonly Date: Pick<DateConstructor, "now">;
}

/** The server knows a nonce for 48 hours. An hour less, in milliseconds, so that nothing is recorded twice. */
export const LASTS = 47 * 3_600_000;

/** How long, in milliseconds, another tab leaves a refusal to the one in which it was made. */
export const ELSEWHERE = 3000;

const KEY = "consentkit:pending";

/** Returns the kept request and its action, if there is one in the storage of *world*. Never throws. */
export function getKept(world: HasStorage): { body: string; action: Action } | null {
  try {
    const { time, body } = JSON.parse(world.localStorage.getItem(KEY) as string);
    const { action } = JSON.parse(body);
    return Math.abs(world.Date.now() - time) < LASTS && /^(reject_all|withdraw|save|gpc)$/.test(action)
      ? { body, action }
      : null;
  } catch {
    return null;
  }
}

/** Keeps *body*, or nothing any more. Where storage is blocked, it is kept for this page alone. */
export function setKept(world: HasStorage, body: string | null): void {
  try {
    if (body) world.localStorage.setItem(KEY, JSON.stringify({ time: world.Date.now(), body }));
    else world.localStorage.removeItem(KEY);
  } catch {}
}
