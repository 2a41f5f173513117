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
  readonly layer: string;
}

/** What came back: the HTTP status (0: nothing came), how long to wait before the next attempt, a 201's sealed state. */
export interface Reply {
  readonly status: number;
  readonly wait: number;
  readonly state?: unknown;
}

/** Returns 128 random bits as base64url. */
export function makeNonce(crypto: Pick<Crypto, "getRandomValues">): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=/g, "");
}

/** Whether it makes sense to send the same again after *status*. */
export const mayRetry = (status: number): boolean => !status || status === 429 || status > 499;

/** Posts *body* to *url*. Never throws. */
export async function post(
  world: Pick<Window, "fetch">,
  url: string,
  body: string,
  credentials: RequestCredentials,
): Promise<Reply> {
  try {
    const response = await world.fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body,
      credentials,
      // A reader who clicks and leaves has decided all the same.
      keepalive: true,
    });
    const { status } = response;
    return {
      status,
      wait: Number(response.headers.get("Retry-After")) * 1000 || 0,
      // A 201 whose body is lost on the way is an answer lost: the same nonce will bring it again.
      state: status === 201 && (await response.json()).state,
    };
  } catch {
    return { status: 0, wait: 0 };
  }
}
