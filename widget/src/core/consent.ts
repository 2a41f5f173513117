/**
 * The reader's consent on this page: what holds, and that a refusal holds at once. Knows no document. What sends
 * decisions (`sending.ts`) is loaded when there is one.
 */

import type { Outcome, State } from "../api.ts";
import type { Config } from "../config.ts";
import { makeBody, type Wish } from "./client.ts";
import { ELSEWHERE, getKept, type HasStorage, setKept } from "./keep.ts";
import type { Sender } from "./sending.ts";
import { agrees, type Known, lookAt, markOf, refuse } from "./state.ts";

/** What of the browser this needs. Pages give `window`; tests bring their own. */
export interface World extends HasStorage, Pick<Window, "fetch"> {
  readonly document: { cookie: string };
  readonly location: Pick<Location, "protocol" | "pathname">;
  readonly crypto: Pick<Crypto, "getRandomValues">;
  setTimeout(callback: () => void, milliseconds: number): unknown;
}

/** Where the service stands, seen from the page (see `relation.ts`). */
export interface Relation {
  readonly credentials: RequestCredentials;
  /** The domain whose cookie the page may write, `""` for its own host's. */
  readonly domain: string;
}

export interface Options {
  readonly config: Known & Pick<Config, "maxAgeDays" | "own">;
  /** The absolute address of the service, ending in a slash. */
  readonly base: string;
  readonly world: World;
  readonly relation: Relation;
  /** Called whenever something else holds. */
  changed(state: State): void;
  /** Brings what sends. */
  load(holder: Holder): Promise<Sender>;
}

/** What sending needs of the page's consent. */
export interface Holder extends Pick<Options, "config" | "base" | "world" | "relation"> {
  state(): State;
  /** Puts another state in force. */
  set(state: State): void;
  /** What the state was read from, to notice that somebody else changed it. */
  readonly seen: string;
}

export interface Consent {
  state(): State;
  decide(wish: Wish): Promise<Outcome>;
  /** Reads again what another tab, or the way back to this page, may have changed. */
  refresh(): void;
}

export function createConsent({ config, base, world, relation, changed, load }: Options): Consent {
  let seen: string;
  let state: State;
  let sender: Sender | undefined;
  let coming: Promise<Sender> | undefined;
  /** The refusal that is not recorded yet, as far as it is not the sender's. */
  let waiting: string | undefined;
  /** The decision on its way, so that a second click is not a second decision. */
  let current: [content: string, outcome: Promise<Outcome>] | undefined;

  const set = (next: State) => {
    state = next;
    changed(next);
  };
  const holder: Holder = {
    config,
    base,
    world,
    relation,
    state: () => state,
    set,
    get seen() {
      return seen;
    },
  };
  const bring = async () => {
    coming ??= load(holder);
    try {
      sender = await coming;
      return sender;
    } catch (error) {
      coming = undefined;
      throw error;
    }
  };

  /** Has the refusal in *body* sent, after *pause* milliseconds, however long it takes until there is what sends. */
  async function resume(body: string, pause: number): Promise<void> {
    if (waiting === body) return;
    waiting = body;
    for (let next = 1000; ; next *= 2) {
      try {
        const ready = await bring();
        if (waiting === body) ready.resume(body, pause);
        return;
      } catch {}
      try {
        await new Promise<void>((done) => world.setTimeout(done, Math.min(next, 300_000)));
      } catch {
        // A page that broke promises: the next page sends it.
        return;
      }
      if (waiting !== body) return;
    }
  }

  /** Sends *body* once, where only the file that sends can't be had. Whatever comes of it, its nonce makes it one record. */
  async function post(body: string): Promise<void> {
    try {
      const { status } = await world.fetch(`${base}decisions?site=${config.site}`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body,
        credentials: relation.credentials,
        keepalive: true,
      });
      if (status === 201 && waiting === body && !sender && lookAt(config, world).status === "valid") {
        waiting = undefined;
        setKept(world, null);
        set(read(0));
      }
    } catch {}
  }

  function read(pause: number): State {
    seen = markOf(world);
    const kept = getKept(world);
    if (kept) {
      void resume(kept.body, pause);
      return refuse(config, kept.action);
    }
    const now = lookAt(config, world);
    // Who has agreed may withdraw: then the cookie goes at once, and that takes what sends.
    if (agrees(now)) bring().catch(() => {});
    return now;
  }

  function decide(wish: Wish): Promise<Outcome> {
    let content = "";
    let body: string | undefined;
    const refusing =
      wish.action === "save" ? !agrees({ purposes: {}, services: {}, ...wish }) : wish.action !== "accept_all";
    try {
      content = JSON.stringify({ purposes: {}, services: {}, ...wish, page: world.location.pathname });
      if (current?.[0] === content) return current[1];
      if (refusing) body = makeBody(content, world.crypto);
    } catch {
      // A page that broke JSON has its reader refuse all the same.
      if (refusing) body = "{}";
    }
    waiting = body;
    if (body) {
      // Before anything is sent or loaded: who leaves the page now has refused all the same.
      setKept(world, body);
      seen = markOf(world);
    }
    const outcome = (sender ? sender.decide(wish, content, body) : bring().then((it) => it.decide(wish, content, body)))
      .catch((): Outcome => {
        if (!body) return "failed";
        waiting = undefined;
        void resume(body, 1);
        void post(body);
        return "unsaved";
      })
      .finally(() => {
        if (current?.[1] === outcome) current = undefined;
      });
    current = [content, outcome];
    // In force at once, here, in other tabs, and for the next request, whatever the server will say.
    if (refusing) set(refuse(config, wish.action));
    return outcome;
  }

  state = read(0);
  return {
    state: () => state,
    decide,
    refresh() {
      if (sender) sender.refresh();
      else if (markOf(world) !== seen) set(read(ELSEWHERE));
    },
  };
}
