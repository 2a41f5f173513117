/** Microsoft Advertising (UET) and Microsoft Clarity. */

import { flags, type Need, onChange, queue, type Tell } from "./signal.ts";

export function uet(need: Need): Tell {
  const types = { ad_storage: need };
  // Three elements of the queue each time, not one list.
  const say = (what: string, now: Record<string, string>) => queue("uetq").push("consent", what, now);
  say("default", flags(types));
  const update = onChange((now: Record<string, string>) => say("update", now));
  return (state) => update(flags(types, state));
}

type Clarity = ((...words: unknown[]) => void) & { q?: unknown[] };

export function clarity(types: Readonly<Record<string, Need>>): Tell {
  const globals = window as { clarity?: Clarity };
  if (!globals.clarity) {
    // The queue that Clarity's own snippet makes, where it comes first.
    const stub: Clarity = function () {
      stub.q ??= [];
      // biome-ignore lint/complexity/noArguments: what Clarity takes out of its queue
      stub.q.push(arguments);
    };
    globals.clarity = stub;
  }
  const initial = flags(types);
  const say = (now: Record<string, string>) => globals.clarity?.("consentv2", now);
  say(initial);
  // Clarity knows no default: saying the same again says nothing.
  const update = onChange(say, initial);
  return (state) => update(flags(types, state));
}
