/**
 * Piano Analytics, from 6.8 on, by its consent modes: `opt-out` until the reader agrees, then `opt-in`. The mode is said
 * on every page, for what Piano kept in its own cookie would otherwise count.
 */

import { isMet, type Need, onChange, queue, type Tell } from "./signal.ts";

export interface PianoSettings {
  /** The variable that it reads commands from. */
  readonly queue: string;
  readonly needs: Need;
}

interface DataLayer {
  requireConsent?: string;
  consent?: { products?: string[]; defaultPreset?: Record<string, string> };
}

export function piano({ queue: name, needs }: PianoSettings): Tell {
  const globals = window as { pdl?: DataLayer };
  globals.pdl ??= {};
  globals.pdl.requireConsent = "v2";
  globals.pdl.consent ??= {};
  const { consent } = globals.pdl;
  consent.products ??= ["PA"];
  consent.defaultPreset = { ...consent.defaultPreset, PA: "opt-out" };
  const say = (mode: string) => queue(name).push(["consent.setMode", mode]);
  say("opt-out");
  const update = onChange<string>(say, "opt-out");
  return (state) => update(isMet(needs, state) ? "opt-in" : "opt-out");
}
