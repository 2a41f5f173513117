/** What holds for the reader of this page, and why. */

import type { Action, Answers, State, Status } from "../api.ts";
import type { Config } from "../config.ts";
import { hasBit, parseCookie } from "./cookie.ts";

/** What judging needs to know of the site. */
export type Known = Pick<Config, "site" | "revision" | "purposes" | "services" | "signal">;

type Answer = (id: string, index: number) => boolean;

const nothing: Answer = () => false;

const answers = (ids: readonly string[], answer: Answer): Answers =>
  Object.fromEntries(ids.map((id, index) => [id, answer(id, index)]));

function makeState(
  known: Known,
  status: Status,
  action: Action | null,
  revision: number,
  recorded = true,
  purpose = nothing,
  service = nothing,
): State {
  return {
    status,
    action,
    revision,
    purposes: answers(known.purposes, purpose),
    services: answers(
      known.services.map(({ id }) => id),
      service,
    ),
    recorded,
    gpc: known.signal,
  };
}

/** Returns what a cookie's *value* (`null`: several different ones) means on *today*, in days since 1970. */
export function judge(known: Known, value: string | null, today: number): State {
  const found = parseCookie(value);
  if (found?.s !== known.site) return makeState(known, value === "" ? "none" : "invalid", null, 0);
  const { a, c, p, x = "", e } = found;
  const status = e < today ? "expired" : c < known.revision ? "outdated" : "valid";
  if (status !== "valid") return makeState(known, status, a, c);
  return makeState(
    known,
    status,
    a,
    c,
    true,
    (id) => p.includes(id),
    (_id, index) =>
      // A page that a cache kept from before that revision can't tell which service a bit stands for.
      (!x || c === known.revision) &&
      (known.services[index]?.purposes.every((id) => p.includes(id)) ?? false) !== hasBit(x, index),
  );
}

/** Returns the state of a refusal that is in force here and not recorded yet. */
export function refuse(known: Known, action: Action): State {
  return makeState(known, "valid", action, known.revision, false);
}

/** Returns *state* less everything that the other answers refuse. */
export function narrow(known: Known, state: State, purposes: Answers, services: Answers): State {
  return makeState(
    known,
    state.status,
    state.action,
    state.revision,
    true,
    (id) => !!(state.purposes[id] && purposes[id]),
    (id) => !!(state.services[id] && services[id]),
  );
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
