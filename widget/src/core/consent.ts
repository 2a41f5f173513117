/** The reader's consent on this page: what holds, and how it is changed. Knows no document. */

import type { Outcome, State } from "../api.ts";
import type { Config } from "../config.ts";
import { makeNonce, mayRetry, post, type Reply, type Wish } from "./client.ts";
import { findCookie } from "./cookie.ts";
import { getKept, type HasStorage, LASTS, setKept } from "./keep.ts";
import { agrees, judge, type Known, narrow, refuse } from "./state.ts";

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
  readonly config: Known & Pick<Config, "maxAgeDays">;
  /** The absolute address of the service, ending in a slash. */
  readonly base: string;
  readonly world: World;
  readonly relation: Relation;
  /** Called whenever something else holds. */
  changed(state: State): void;
}

export interface Consent {
  state(): State;
  decide(wish: Wish): Promise<Outcome>;
  /** Reads again what another tab, or the way back to this page, may have changed. */
  refresh(): void;
}

const EXPIRED = "; Max-Age=0";
/** How long another tab leaves a refusal to the one in which it was made. */
const ELSEWHERE = 3000;

export function createConsent({ config, base, world, relation, changed }: Options): Consent {
  const { credentials, domain } = relation;
  const url = `${base}decisions?site=${config.site}`;

  /** What the state was read from, to notice that somebody else changed it. */
  let seen: string;
  let state: State;
  /** The refusal that is not recorded yet. Only a decision that is recorded ends it. */
  let kept: string | undefined;
  /** The last decision that failed, for the same nonce if the reader tries the same again. */
  let failed: [content: string, body: string] | undefined;
  /** The decision on its way, so that a second click is not a second decision. */
  let current: [content: string, outcome: Promise<Outcome>, cancel: AbortController | undefined] | undefined;
  /** Counts the decisions: a later one counts for more. */
  let turn = 0;
  let line: Promise<unknown> = Promise.resolve();

  const find = () => {
    try {
      return findCookie(world.document.cookie);
    } catch {
      return "";
    }
  };
  const mark = () => find() + (getKept(world)?.body ?? "");
  const look = (value: unknown) => judge(config, value as string, Math.floor(world.Date.now() / 86_400_000));
  const agreed = () => agrees(look(find()));
  const set = (next: State) => {
    state = next;
    changed(next);
  };
  const keep = (body: string | null) => {
    setKept(world, body);
    seen = mark();
  };
  const setCookie = (value: string) => {
    const tail = `; Path=/; SameSite=Lax${world.location.protocol === "https:" ? "; Secure" : ""}`;
    try {
      // One of the two at most: different values on a host and on its domain would count as none.
      world.document.cookie = `consentkit=${domain ? EXPIRED : value}${tail}`;
      if (domain) world.document.cookie = `consentkit=${value}${tail}; Domain=${domain}`;
    } catch {}
  };
  /** Takes away what the cookie agrees to. */
  const revoke = () => {
    if (agreed()) setCookie(EXPIRED);
  };
  const wait = (milliseconds: number) => new Promise<void>((done) => world.setTimeout(done, milliseconds));

  /**
   * One request at a time, so that the server sees the decisions in the order in which they were made, and none that
   * is not *wanted* any more when its turn comes.
   */
  const send = (body: string, wanted: () => boolean, cancel?: AbortController): Promise<Reply> => {
    const reply = line.then(() => (wanted() ? post(world, url, body, credentials, cancel) : { status: 0, wait: 0 }));
    line = reply;
    return reply;
  };

  /** Takes over what the server answered. */
  function adopt(reply: Reply): boolean {
    const next = look(reply.state);
    if (reply.status !== 201 || next.status !== "valid") return false;
    if (credentials === "omit") setCookie(`${reply.state}; Max-Age=${(config.maxAgeDays ?? 0) * 86_400}`);
    kept = failed = undefined;
    keep(null);
    set(next);
    return true;
  }

  async function sendAgain(body: string, asked: number): Promise<void> {
    const end = world.Date.now() + LASTS;
    kept = body;
    for (let attempt = 0; ; attempt++) {
      // Half of the delay is by chance, so that the readers of a server that comes back don't all come at once.
      if (asked) await wait(Math.max(asked, Math.min(2 ** attempt * 1000, 300_000) * (0.5 + Math.random())));
      // A later decision counts for more, in another tab as well.
      refresh();
      while (current) await current[1];
      if (kept !== body || world.Date.now() > end) return;
      const reply = await send(body, () => kept === body);
      if (kept !== body || adopt(reply) || !mayRetry(reply.status)) return;
      // A 503 has brought a cookie.
      seen = mark();
      asked = reply.wait || 1;
    }
  }

  function read(asked: number): State {
    seen = mark();
    const pending = getKept(world);
    if (!pending) {
      kept = undefined;
      return look(find());
    }
    if (kept !== pending.body) void sendAgain(pending.body, asked);
    return refuse(config, pending.action);
  }

  function refresh(): void {
    if (mark() === seen) return;
    if (current) {
      const other = getKept(world)?.body;
      // It may be this decision's own cookie. But a refusal elsewhere ends an agreement that is still on its way.
      if (!current[2] || ((!other || other === kept) && agreed())) return;
      current[2].abort();
      current = undefined;
      turn++;
    }
    set(read(ELSEWHERE));
  }

  /** An agreement can be cancelled, a refusal can't. */
  async function carryOut(
    content: string,
    wanted: () => boolean,
    narrows: boolean,
    cancel?: AbortController,
  ): Promise<Outcome> {
    const body = failed?.[0] === content ? failed[1] : `${content.slice(0, -1)},"nonce":"${makeNonce(world.crypto)}"}`;
    if (!cancel) {
      // Before it is sent: who leaves the page now has refused all the same.
      kept = body;
      keep(body);
    }
    for (let attempt = 1; ; attempt++) {
      const reply = await send(body, wanted, cancel);
      if (wanted() && adopt(reply)) return "stored";
      if (!cancel) {
        if (kept === body) {
          seen = mark();
          void sendAgain(body, reply.wait || 1);
        }
        return wanted() ? "unsaved" : "failed";
      }
      const outdated = reply.status === 409;
      // Two quiet attempts more, for an answer that was lost on the way; then the reader decides.
      const ends = outdated || attempt > 2 || !mayRetry(reply.status) || reply.wait > 3000;
      // What came back must not hold, for the reader has decided otherwise since; nor what they took away.
      if (!wanted() || (ends && narrows)) revoke();
      if (!wanted()) return "failed";
      if (outdated) return "changed";
      if (ends) {
        failed = [content, body];
        if (mark() === seen) return "failed";
        // Perhaps the answer was lost, but not its cookie.
        set(read(0));
        return agrees(state) ? "stored" : "failed";
      }
      await wait(reply.wait || 700 * attempt);
    }
  }

  function decide(wish: Wish): Promise<Outcome> {
    const answers = { purposes: {}, services: {}, ...wish };
    let content = "";
    try {
      content = JSON.stringify({ ...answers, page: world.location.pathname });
    } catch {}
    if (current?.[0] === content) return current[1];
    const saving = wish.action === "save";
    const refusing = saving ? !agrees(answers) : wish.action !== "accept_all";
    // In force at once, here, in other tabs, and for the next request, whatever the server will say.
    const next = refusing
      ? refuse(config, wish.action)
      : saving && agrees(state)
        ? narrow(config, state, answers.purposes, answers.services)
        : state;
    const narrows = !refusing && JSON.stringify(next) !== JSON.stringify(state);
    const cancel = refusing ? undefined : new AbortController();
    const mine = ++turn;
    const wanted = () => turn === mine;
    const outcome = carryOut(content, wanted, narrows, cancel)
      .catch((): Outcome => (refusing ? "unsaved" : "failed"))
      .finally(() => {
        if (wanted()) current = undefined;
      });
    current = [content, outcome, cancel];
    if (refusing) revoke();
    if (refusing || narrows) set(next);
    return outcome;
  }

  state = read(0);
  return { state: () => state, decide, refresh };
}
