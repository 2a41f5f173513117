/** An event in a data layer, with the answers by purpose and by service, and nothing that tells readers apart. */

import type { Answers } from "../api.ts";
import { onChange, queue, type Tell } from "./signal.ts";

export interface LayerSettings {
  /** The variable. */
  readonly name: string;
  readonly event: string;
}

export function layer({ name, event }: LayerSettings): Tell {
  const update = onChange((consent: { purposes: Answers; services: Answers }) => queue(name).push({ event, consent }));
  return ({ purposes, services }) => update({ purposes, services });
}
