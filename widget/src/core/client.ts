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
export function makeNonce(random: (bytes: Uint8Array) => void): string {
  const bytes = new Uint8Array(16);
  random(bytes);
  return btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, (char) => ({ "+": "-", "/": "_" })[char] ?? "");
}

/** Whether it makes sense to send the same again after *status*. */
export const mayRetry = (status: number): boolean => !status || status === 429 || status > 499;

/** Posts *body* to *url*. Never throws. */
export async function post(
  fetcher: typeof fetch,
  url: string,
  body: string,
  credentials: RequestCredentials,
): Promise<Reply> {
  try {
    const response = await fetcher(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body,
      credentials,
      // A reader who clicks and leaves has decided all the same.
      keepalive: true,
    });
    const { status, headers } = response;
    // A 201 whose body is lost on the way is an answer lost: the same nonce will bring it again.
    return {
      status,
      wait: Number(headers.get("Retry-After")) * 1000 || 0,
      state: status === 201 && (await response.json()).state,
    };
  } catch {
    return { status: 0, wait: 0 };
  }
}
