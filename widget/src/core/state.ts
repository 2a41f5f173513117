/** What holds for the reader of this page, and why. */

import type { Action, Answers, State, Status } from "../api.ts";
import type { Config } from "../config.ts";
import type { World } from "./consent.ts";
import { findCookie, hasBit, parseCookie } from "./cookie.ts";
import { getKept } from "./keep.ts";

/** What judging needs to know of the site. */
export type Known = Pick<Config, "site" | "revision" | "purposes" | "services" | "signal">;

const { freeze } = Object;

/**
 * Returns what follows from agreeing to the purposes in *allowed*. *differing*: the services that don't follow from their
 * purposes, as in the cookie; `null`: nobody can tell which, so none is allowed.
 */
function makeState(
  known: Known,
  status: Status,
  action: Action | null,
  revision: number,
  recorded = true,
  allowed: readonly string[] = [],
  differing: string | null = "",
): State {
  const agreed = (id: string) => allowed.includes(id);
  // Frozen, all of it: whoever is given it must not be able to agree in the reader's name.
  return freeze({
    status,
    action,
    revision,
    purposes: freeze(Object.fromEntries(known.purposes.map((id) => [id, agreed(id)]))),
    services: freeze(
      Object.fromEntries(
        // A service that the site has no longer keeps its bit, and nobody's consent.
        known.services.map(({ id, purposes }, index) => [
          id,
          differing !== null && !!purposes[0] && purposes.every(agreed) !== hasBit(differing, index),
        ]),
      ),
    ),
    recorded,
    gpc: known.signal,
  });
}

/** Returns what a cookie's *value* (`null`: several different ones) means on *today*, in days since 1970. */
export function judge(known: Known, value: string | null, today: number): State {
  const found = parseCookie(value);
  if (found?.s !== known.site) return makeState(known, value === "" ? "none" : "invalid", null, 0);
  const { a, c, p, x = "", e } = found;
  const status = e < today ? "expired" : c < known.revision ? "outdated" : "valid";
  return status === "valid"
    ? // A page that a cache kept from before that revision can't tell which service a bit stands for.
      makeState(known, status, a, c, true, p, x && c !== known.revision ? null : x)
    : makeState(known, status, a, c);
}

/** The same by the clock of *world*. */
export function judgeNow(known: Known, world: World, value: unknown): State {
  return judge(known, value as string, Math.floor(world.Date.now() / 86_400_000));
}

function find({ document }: World): string | null {
  try {
    return findCookie(document.cookie);
  } catch {
    return "";
  }
}

/** Returns what the cookie of *world* means now. */
export function lookAt(known: Known, world: World): State {
  return judgeNow(known, world, find(world));
}

/** Returns what a state is read from, to notice that another tab changed it. */
export function markOf(world: World): string {
  return find(world) + (getKept(world)?.body ?? "");
}

/** Returns the state of a refusal that is in force here and not recorded yet. */
export function refuse(known: Known, action: Action): State {
  return makeState(known, "valid", action, known.revision, false);
}

/** Whether anything is agreed to in these. */
export function agrees({ purposes, services }: { purposes: Answers; services: Answers }): boolean {
  return [purposes, services].some((all) => Object.values(all).includes(true));
}

/** Whether *state* allows what is used for all of *purposes*, by *service* if one is named. */
export function permits(state: State, purposes: readonly string[], service?: string): boolean {
  const answer = service && state.services[service];
  if (typeof answer === "boolean") return answer;
  // A service that the site never declared has nobody's consent, whatever its purpose.
  return !!purposes[0] && purposes.every((id) => id === "necessary" || (!service && state.purposes[id] === true));
}
