/** What every signal shares. A signal tells one tool, in that tool's own words, what the reader has decided. */

import type { State } from "../api.ts";

/** What must be agreed to: a purpose, and perhaps a service. Nothing: it is never met. */
export type Need = readonly [purpose?: string, service?: string];

/** Tells the tool what holds now. */
export type Tell = (state: State) => void;

/** Whether *need* is met by *state*; without one, whether it is met whatever the reader decides. */
export function isMet([purpose, service]: Need, state?: State): boolean {
  return (
    !!purpose &&
    (purpose === "necessary" || state?.purposes[purpose] === true) &&
    (!service || state?.services[service] === true)
  );
}

/** Returns the words of Google and Microsoft for each of *needs*. */
export function flags(needs: Readonly<Record<string, Need>>, state?: State): Record<string, string> {
  return Object.fromEntries(
    Object.entries(needs).map(([name, need]) => [name, isMet(need, state) ? "granted" : "denied"]),
  );
}

/** Calls *send* with each value that differs from the one before, of which *last* is the first. */
export function onChange<T>(send: (value: T) => void, last?: T): (value: T) => void {
  let seen = JSON.stringify(last);
  return (value) => {
    const text = JSON.stringify(value);
    if (text === seen) return;
    seen = text;
    send(value);
  };
}

interface Queue {
  push(...items: unknown[]): unknown;
}

/** Returns the global queue of that *name*, made where there is none: asked each time, for tools replace theirs. */
export function queue(name: string): Queue {
  const globals = window as unknown as Record<string, Queue>;
  globals[name] ??= [];
  return globals[name];
}
