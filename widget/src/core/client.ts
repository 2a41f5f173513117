/** Sends decisions to the server. One attempt a call: who may try again, and when, is for the caller to know. */

import type { Action, Answers } from "../api.ts";
import type { World } from "./consent.ts";

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

/** Returns the request for the decision in *content* (a JSON object): the same with a nonce of 128 random bits. */
export const makeBody = (content: string, crypto: Pick<Crypto, "getRandomValues">): string =>
  `${content.slice(0, -1)},"nonce":"${crypto.getRandomValues(new Uint8Array(16)).join("-")}"}`;

/** Whether it makes sense to send the same again after *status*. */
export const mayRetry = (status: number): boolean => !status || status === 429 || status > 499;

/** Milliseconds after which an answer counts as lost, and the longest pause that a server may ask for. */
const PATIENCE = 10_000;
const DAY = 86_400_000;

/**
 * Posts *body* to *url*. Never throws, and always ends, even where the page's `fetch` does not.
 *
 * With *cancel* an answer that comes late comes to nothing. Without it, nothing stops the request.
 */
export function post(
  world: Pick<World, "fetch" | "setTimeout">,
  url: string,
  body: string,
  credentials: RequestCredentials,
  cancel?: AbortController,
): Promise<Reply> {
  const ask = async () => {
    try {
      const response = await world.fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body,
        credentials,
        // Who clicks and leaves has refused all the same. Browsers don't take the cookie of a cancelled request, unless
        // it is one that outlives its page.
        keepalive: !cancel,
        signal: cancel?.signal ?? null,
      });
      const { status } = response;
      return {
        status,
        // A timer takes no more than 24 days, and starts at once for what is more.
        wait: Math.min(Number(response.headers.get("Retry-After")) * 1000 || 0, DAY),
        // A 201 whose body is lost on the way is an answer lost: the same nonce will bring it again.
        state: status === 201 && (await response.json()).state,
      };
    } catch {
      return { status: 0, wait: 0 };
    }
  };
  return Promise.race([
    ask(),
    new Promise<Reply>((done) =>
      world.setTimeout(() => {
        // Nobody waits three times for a server that does not answer.
        done({ status: 0, wait: PATIENCE });
        cancel?.abort();
      }, PATIENCE),
    ),
  ]);
}
