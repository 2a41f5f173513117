/** The reader's consent on this page: what holds, and how it is changed. Knows no document. */

import type { Config } from "../config.ts";
import { makeNonce, mayRetry, post, type Reply, type Wish } from "./client.ts";
import { findCookie } from "./cookie.ts";
import type { Events } from "./events.ts";
import { createKeep } from "./keep.ts";
import { agrees, chosen, judge, narrowState, permits, refusedState, type State } from "./state.ts";

/** The world as consent needs it. The browser's is in `world.ts`; tests bring their own. */
export interface World {
  cookies(): string;
  writeCookie(text: string): void;
  storage(): Storage;
  fetch: typeof fetch;
  now(): number;
  wait(milliseconds: number): Promise<void>;
  random(bytes: Uint8Array): void;
  /** The page's address. */
  page(): { readonly protocol: string; readonly hostname: string; readonly origin: string; readonly pathname: string };
}

export interface Options {
  readonly config: Config;
  /** The absolute address of the service, ending in a slash. */
  readonly base: string;
  readonly world: World;
  readonly events: Events;
}

/**
 * What became of a decision: `stored` by the server, `unsaved` (a refusal: in force here, and sent again), `changed`
 * (the notice is no longer current: show the new one), `failed` (nothing was agreed to).
 */
export type Outcome = "stored" | "unsaved" | "changed" | "failed";

export interface Consent {
  readonly config: Config;
  readonly base: string;
  state(): State;
  permits(purposes: readonly string[], service?: string): boolean;
  decide(wish: Wish): Promise<Outcome>;
  /** Reads again what another tab, or the way back to this page, may have changed. */
  refresh(): void;
}

const DAY = 86_400_000;
const EXPIRED = "; Max-Age=0";

export function createConsent({ config, base, world, events }: Options): Consent {
  const keep = createKeep(world.storage, world.now);
  const url = `${base}decisions?site=${config.site}`;
  const { protocol, hostname, origin } = world.page();
  const domain = config.cookieDomain;
  const below = (host: string) => !!domain && `.${host}`.endsWith(`.${domain}`);
  const serviceUrl = new URL(base);
  // The three ways of the tag: the site's own origin, a subdomain with a shared cookie, or another site, from where
  // the browser takes no cookie, so that the page has to keep the sealed state itself.
  const credentials =
    serviceUrl.origin === origin ? "same-origin" : below(hostname) && below(serviceUrl.hostname) ? "include" : "omit";

  let seen: string;
  let state: State;
  /** The refusal that is being sent again. */
  let kept: string | null = null;
  /** The last decision that failed, for the same nonce if the reader tries the same again. */
  let failed: [content: string, body: string] | null = null;
  /** The decision on its way, so that a second click is not a second decision. */
  let current: [content: string, outcome: Promise<Outcome>] | null = null;
  let line: Promise<unknown> = Promise.resolve();
  /** One request at a time, so that the server sees the decisions in the order in which they were made. */
  const send = (body: string): Promise<Reply> => {
    const reply = line.then(() => post(world.fetch, url, body, credentials));
    line = reply;
    return reply;
  };

  const cookies = () => {
    try {
      return world.cookies();
    } catch {
      return "";
    }
  };
  const setCookie = (rest: string) => {
    const tail = `; Path=/; SameSite=Lax${protocol === "https:" ? "; Secure" : ""}`;
    try {
      // One of the two at most: different values on a host and on its domain would count as none.
      world.writeCookie(`consentkit=${below(hostname) ? EXPIRED : rest}${tail}`);
      if (below(hostname)) world.writeCookie(`consentkit=${rest}${tail}; Domain=${domain}`);
    } catch {}
  };
  const mark = () => `${findCookie(cookies())} ${keep.get()?.body}`;
  const set = (next: State) => {
    state = next;
    events.send("change", next);
  };
  const look = (value = findCookie(cookies())): State => judge(config, value, Math.floor(world.now() / DAY));

  function read(): State {
    seen = mark();
    const pending = keep.get();
    if (!pending) return look();
    if (kept !== pending.body) void sendAgain(pending.body);
    return refusedState(config, pending.action);
  }

  /** Takes over what the server answered. */
  function adopt(reply: Reply): boolean {
    const next = look(reply.state as string);
    if (next.status !== "valid") return false;
    if (credentials === "omit") setCookie(`${reply.state}; Max-Age=${config.maxAgeDays * 86_400}`);
    kept = failed = null;
    keep.set(null);
    seen = mark();
    set(next);
    return true;
  }

  async function sendAgain(body: string, wait = 0): Promise<void> {
    kept = body;
    for (let attempt = 0; attempt < 10; attempt++) {
      // Half of the delay is by chance, so that the readers of a server that comes back don't all come at once.
      const pause = 1000 * 2 ** attempt * (0.5 + Math.random());
      if (attempt || wait) await world.wait(Math.max(wait, Math.min(pause, 300_000)));
      // A later decision, here or in another tab, counts for more.
      if (kept !== body) return;
      const reply = await send(body);
      if (kept !== body || (reply.status === 201 && adopt(reply)) || !mayRetry(reply.status)) return;
      wait = reply.retryAfter;
    }
  }

  async function carryOut(content: string, refusing: boolean): Promise<Outcome> {
    const body = failed?.[0] === content ? failed[1] : `${content.slice(0, -1)},"nonce":"${makeNonce(world.random)}"}`;
    for (let attempt = 0; ; attempt++) {
      const reply = await send(body);
      const overtaken = current?.[0] !== content;
      if (reply.status === 201 && (overtaken || adopt(reply))) return "stored";
      if (overtaken) return "failed";
      if (refusing) {
        keep.set(body);
        seen = mark();
        void sendAgain(body, reply.retryAfter || 1000);
        return "unsaved";
      }
      if (reply.status === 409) return "changed";
      // Two quiet attempts more, for an answer that was lost on the way; then the reader decides.
      if (attempt > 1 || !mayRetry(reply.status) || reply.retryAfter > 3000) {
        failed = [content, body];
        return "failed";
      }
      await world.wait(reply.retryAfter || 700 * (attempt + 1));
    }
  }

  function decide(wish: Wish): Promise<Outcome> {
    const { action, purposes = {}, services = {} } = wish;
    const content = JSON.stringify({ ...wish, purposes, services, page: world.page().pathname });
    if (current?.[0] === content) return current[1];
    const saving = action === "save";
    const refusing = saving ? !chosen(purposes, services) : action !== "accept_all";
    kept = null;
    const outcome = carryOut(content, refusing).finally(() => {
      if (current?.[0] === content) current = null;
    });
    current = [content, outcome];
    if (refusing) {
      // Refusing holds at once: here, in other tabs, and for the next request, whatever the server will say.
      if (agrees(look())) setCookie(EXPIRED);
      set(refusedState(config, action));
    } else if (saving && agrees(state)) {
      set(narrowState(config, state, purposes, services));
    }
    return outcome;
  }

  state = read();
  return {
    config,
    base,
    state: () => state,
    permits: (purposes, service) => permits(state, purposes, service),
    decide,
    refresh() {
      if (mark() !== seen) set(read());
    },
  };
}
