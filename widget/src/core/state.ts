/** What holds for the reader of this page, and why. */

import type { Config } from "../config.ts";
import { type Action, findCookie, hasBit, parseCookie } from "./cookie.ts";

export type Status = "none" | "valid" | "expired" | "outdated" | "invalid";

/** Answers by id. What is not named is refused. */
export type Answers = Readonly<Record<string, boolean>>;

export interface State {
  /** Only `valid` is a decision that holds. Everything else is asked again, and allows nothing. */
  readonly status: Status;
  readonly action: Action | null;
  /** The revision that was decided on, 0 for who has not. */
  readonly revision: number;
  /** Every optional purpose of the site, with its answer. */
  readonly purposes: Answers;
  /** Every optional service of the site, with its answer. */
  readonly services: Answers;
  /** Whether the server holds a record of it. A refusal is in force before that. */
  readonly recorded: boolean;
}

type Answer = (id: string, index: number) => boolean;

const nothing: Answer = () => false;

function makeState(
  config: Config,
  status: Status,
  action: Action | null = null,
  revision = 0,
  purpose: Answer = nothing,
  service: Answer = nothing,
  recorded = true,
): State {
  const answers = (ids: readonly string[], answer: Answer) =>
    Object.fromEntries(ids.map((id, i) => [id, answer(id, i)]));
  return {
    status,
    action,
    revision,
    purposes: answers(config.purposes, purpose),
    services: answers(
      config.services.map((entry) => entry.id),
      service,
    ),
    recorded,
  };
}

/** Returns what a cookie *value* (`null`: several different ones) means on *today*, in days since 1970. */
export function judge(config: Config, value: string | null, today: number): State {
  if (value === "") return makeState(config, "none");
  const decision = parseCookie(value);
  if (decision?.site !== config.site) return makeState(config, "invalid");
  const { action, revision, purposes, differing, lastDay } = decision;
  if (lastDay < today) return makeState(config, "expired", action, revision);
  if (revision < config.revision) return makeState(config, "outdated", action, revision);
  // A page that a cache kept from before the decision's revision can't tell which service a bit stands for.
  const readable = !differing || revision === config.revision;
  return makeState(
    config,
    "valid",
    action,
    revision,
    (id) => purposes.includes(id),
    (_id, index) =>
      readable &&
      (config.services[index]?.purposes.every((id) => id === "necessary" || purposes.includes(id)) ?? false) !==
        hasBit(differing, index),
  );
}

/** Returns what the page's *cookies* mean. */
export function readState(config: Config, cookies: string, today: number): State {
  return judge(config, findCookie(cookies), today);
}

/** Returns the state of a refusal that is in force here and not recorded yet. */
export function refusedState(config: Config, action: Action): State {
  return makeState(config, "valid", action, config.revision, nothing, nothing, false);
}

/** Returns *state* less everything that *keep* does not keep. */
export function narrowState(config: Config, state: State, purposes: Answers, services: Answers): State {
  return makeState(
    config,
    state.status,
    state.action,
    state.revision,
    (id) => state.purposes[id] === true && purposes[id] === true,
    (id) => state.services[id] === true && services[id] === true,
  );
}

/** Whether *state* allows what is used for all of *purposes*, by *service* if one is named. */
export function permits(state: State, purposes: readonly string[], service?: string): boolean {
  const answer = service && state.services[service];
  if (typeof answer === "boolean") return answer;
  // A service that the site never declared has nobody's consent, whatever its purpose.
  return purposes.length > 0 && purposes.every((id) => id === "necessary" || (!service && state.purposes[id] === true));
}

/** Whether anything is agreed to in these. */
export function chosen(purposes: Answers, services: Answers): boolean {
  return [...Object.values(purposes), ...Object.values(services)].includes(true);
}

/** Whether *state* allows anything that needs an agreement. */
export function agrees(state: State): boolean {
  return chosen(state.purposes, state.services);
}
