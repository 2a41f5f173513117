/** Keeps a refusal that the server could not record yet, so that the next page sends it again. */

import type { Action } from "./cookie.ts";

const KEY = "consentkit:pending";
/** The server knows a nonce for 48 hours; an hour less, so that nothing is recorded twice. */
const MAX_AGE = 47 * 3_600_000;

export interface Kept {
  /** The exact bytes of the first attempt: the server compares. */
  readonly body: string;
  readonly action: Action;
}

export interface Keep {
  get(): Kept | null;
  /** Keeps *body*, or nothing any more. `true` if it took. */
  set(body: string | null): boolean;
}

/** Returns a keep in *storage*, which may throw or be missing: then nothing is kept, and nothing breaks. */
export function createKeep(storage: () => Storage, now: () => number): Keep {
  return {
    get() {
      try {
        const text = storage().getItem(KEY);
        if (!text) return null;
        const { time, body } = JSON.parse(text) as { time: unknown; body: unknown };
        const { action } = JSON.parse(body as string) as { action: Action };
        // A clock that was set back would make it last for ever.
        return Math.abs(now() - (time as number)) < MAX_AGE && /^(reject_all|withdraw|save)$/.test(action)
          ? { body: body as string, action }
          : null;
      } catch {
        return null;
      }
    },
    set(body) {
      try {
        if (body) storage().setItem(KEY, JSON.stringify({ time: now(), body }));
        else storage().removeItem(KEY);
        return true;
      } catch {
        return false;
      }
    },
  };
}
