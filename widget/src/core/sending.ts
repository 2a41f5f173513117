/** Sends decisions, and takes over what comes back. Loaded with the first decision. */

import type { Answers, Outcome, State } from "../api.ts";
import { makeBody, mayRetry, post, type Reply, type Wish } from "./client.ts";
import type { Holder } from "./consent.ts";
import { ELSEWHERE, getKept, LASTS, setKept } from "./keep.ts";
import { agrees, judgeNow, lookAt, markOf, refuse } from "./state.ts";

export interface Sender {
  /** Sends the decision in *content*. A refusal holds already, as the request *held*. */
  decide(wish: Wish, content: string, held?: string): Promise<Outcome>;
  /** Sends the refusal in *body*, after *pause* milliseconds, until it is recorded or a later decision is. */
  resume(body: string, pause: number): void;
  /** Reads again what another tab may have changed. */
  refresh(): void;
}

/** Returns *answers* less everything that the *others* refuse. */
export const narrow = (answers: Answers, others: Answers = {}): Answers =>
  Object.freeze(Object.fromEntries(Object.entries(answers).map(([id, answer]) => [id, answer && others[id] === true])));

const EXPIRED = "; Max-Age=0";

export function createSender({ config, base, world, relation, state, set, seen: mark }: Holder): Sender {
  const { credentials, domain } = relation;
  const url = `${base}decisions?site=${config.site}`;

  let seen = mark;
  /** The refusal that is not recorded yet. Only a decision that is recorded ends it. */
  let kept: string | undefined;
  /** The last decision that failed, for the same nonce if the reader tries the same again. */
  let failed: [content: string, body: string] | undefined;
  /** The decision on its way, and what gives up an agreement. */
  let current: [outcome: Promise<Outcome>, cancel: AbortController | undefined] | undefined;
  /** Counts the decisions: a later one counts for more. */
  let turn = 0;
  let line: Promise<unknown> = Promise.resolve();

  const agreed = () => agrees(lookAt(config, world));
  const keep = (body: string | null) => {
    setKept(world, body);
    seen = markOf(world);
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
    const next = judgeNow(config, world, reply.state);
    if (reply.status !== 201 || next.status !== "valid") return false;
    if (credentials === "omit") setCookie(`${reply.state}; Max-Age=${(config.maxAgeDays ?? 0) * 86_400}`);
    kept = failed = undefined;
    keep(null);
    config.own = next;
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
      while (current) await current[0];
      if (kept !== body || world.Date.now() > end) return;
      const reply = await send(body, () => kept === body);
      if (kept !== body || adopt(reply) || !mayRetry(reply.status)) return;
      // A 503 has brought a cookie.
      seen = markOf(world);
      asked = reply.wait || 1;
    }
  }

  function read(asked: number): State {
    seen = markOf(world);
    const pending = getKept(world);
    if (!pending) {
      kept = undefined;
      return lookAt(config, world);
    }
    if (kept !== pending.body) void sendAgain(pending.body, asked);
    return refuse(config, pending.action);
  }

  function refresh(): void {
    if (markOf(world) === seen) return;
    if (current) {
      const other = getKept(world)?.body;
      // It may be this decision's own cookie. But a refusal elsewhere ends an agreement that is still on its way.
      if (!current[1] || ((!other || other === kept) && agreed())) return;
      current[1].abort();
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
    held?: string,
  ): Promise<Outcome> {
    const body = held ?? (failed?.[0] === content ? failed[1] : makeBody(content, world.crypto));
    if (held) {
      kept = held;
      seen = markOf(world);
    }
    for (let attempt = 1; ; attempt++) {
      const reply = await send(body, wanted, cancel);
      if (wanted() && adopt(reply)) return "stored";
      if (!cancel) {
        if (kept === body) {
          seen = markOf(world);
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
      // By this browser's clock it does not hold: then it must not hold for the server either.
      if (reply.status === 201) setCookie(EXPIRED);
      if (outdated) return "changed";
      if (ends) {
        failed = [content, body];
        if (markOf(world) === seen) return "failed";
        // Perhaps the answer was lost, but not its cookie.
        config.own = read(0);
        set(config.own);
        return agrees(state()) ? "stored" : "failed";
      }
      await wait(reply.wait || 700 * attempt);
    }
  }

  return {
    decide(wish, content, held) {
      // What a selection takes away holds at once, too.
      const now = state();
      const next = {
        ...now,
        purposes: narrow(now.purposes, wish.purposes),
        services: narrow(now.services, wish.services),
      };
      const narrows = !held && wish.action === "save" && JSON.stringify(next) !== JSON.stringify(now);
      const cancel = held ? undefined : new AbortController();
      const mine = ++turn;
      const wanted = () => turn === mine;
      const outcome = carryOut(content, wanted, narrows, cancel, held)
        .catch((): Outcome => (held ? "unsaved" : "failed"))
        .finally(() => {
          if (wanted()) current = undefined;
        });
      current = [outcome, cancel];
      if (held) revoke();
      if (narrows) set(next);
      return outcome;
    },
    resume(body, pause) {
      if (kept !== body) void sendAgain(body, pause);
    },
    refresh,
  };
}
