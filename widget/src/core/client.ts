/** Sends decisions to the server. One attempt a call: who may try again, and when, is for the caller to know. */

import type { Action } from "./cookie.ts";
import type { Answers } from "./state.ts";

/** What a reader wants. Purposes and services are named only by `save`: the other actions say it all. */
export interface Wish {
  readonly action: Action;
  readonly purposes?: Answers;
  readonly services?: Answers;
  /** The version of the notice that the reader saw. */
  readonly notice: string;
  readonly locale: string;
  readonly layer: "1" | "2" | "page";
}

/** What came back: the HTTP status, 0 when nothing came. */
export interface Reply {
  readonly status: number;
  /** How many milliseconds the server asks to wait before the next attempt. */
  readonly retryAfter: number;
  /** The sealed state of a 201. */
  readonly state: unknown;
}

/** Returns 128 random bits as base64url. */
export function makeNonce(random: (bytes: Uint8Array) => void): string {
  const bytes = new Uint8Array(16);
  random(bytes);
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
}

/** Whether it makes sense to send the same again after *status*. */
export function mayRetry(status: number): boolean {
  return status === 0 || status === 429 || status >= 500;
}

/** Posts *body* to *url*. Never throws. */
export async function post(
  fetcher: typeof fetch,
  url: string,
  body: string,
  credentials: RequestCredentials,
): Promise<Reply> {
  let status = 0;
  let retryAfter = 0;
  let state: unknown;
  try {
    const response = await fetcher(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body,
      credentials,
      // A reader who clicks and leaves has decided all the same.
      keepalive: true,
    });
    // Cross-origin, the header is readable only if the server exposes it: without it, the caller's own back-off counts.
    retryAfter = Math.max(0, Number(response.headers.get("Retry-After")) * 1000 || 0);
    // A 201 whose body was lost on the way is an answer lost: the same nonce will bring it again.
    if (response.status === 201) ({ state } = (await response.json()) as { state: unknown });
    status = response.status;
  } catch {}
  return { status, retryAfter, state };
}
