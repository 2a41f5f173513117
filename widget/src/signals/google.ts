/**
 * Google Consent Mode v2. Everything is denied before any tag, but for what needs no agreement; the choice follows as
 * an update, as soon as it is known.
 */

import { flags, type Need, onChange, queue, type Tell } from "./signal.ts";

export interface GoogleSettings {
  /** The variable that the tags read. */
  readonly layer: string;
  readonly types: Readonly<Record<string, Need>>;
  /** Milliseconds that the tags wait for the choice. */
  readonly wait: number;
  readonly redact: boolean;
  readonly pass: boolean;
  readonly regions: readonly {
    readonly codes: readonly string[];
    readonly granted: readonly string[];
    readonly wait: number;
  }[];
  /** The tags may load before the reader agrees. Only for `debug.ts`. */
  readonly advanced?: boolean;
}

/** What a default of Google's looks like in the queue. */
type Entry = ArrayLike<unknown> | undefined;

/** *undecided*: the reader was never asked; only then do the defaults of places count. */
export function google({ layer, types, wait, redact, pass, regions }: GoogleSettings, undecided: boolean): Tell {
  // Google's tags pass over arrays: what they take is an arguments object.
  const gtag: (...words: unknown[]) => void = function () {
    // biome-ignore lint/complexity/noArguments: see above
    queue(layer).push(arguments);
  };
  (window as { gtag?: unknown }).gtag ??= gtag;
  const initial = flags(types);
  const waiting = (milliseconds: number) => (milliseconds ? { wait_for_update: milliseconds } : {});

  // A page with the tag has said its defaults in its head, before the tags: said again after them, they come too late.
  const isSaid = (entry: Entry) => {
    const said = (entry?.[2] ?? {}) as Record<string, unknown>;
    return (
      entry?.[0] === "consent" &&
      entry[1] === "default" &&
      !said.region &&
      Object.entries(initial).every(([name, value]) => said[name] === value)
    );
  };
  if (!Array.from(queue(layer) as unknown as ArrayLike<Entry>).some(isSaid)) {
    gtag("consent", "default", { ...initial, ...waiting(wait) });
    for (const { codes, granted, wait } of undecided ? regions : []) {
      const there = Object.fromEntries(granted.map((name) => [name, "granted"]));
      gtag("consent", "default", { ...initial, ...there, region: codes, ...waiting(wait) });
    }
  }
  if (redact) gtag("set", "ads_data_redaction", true);
  if (pass) gtag("set", "url_passthrough", true);

  const update = onChange((now: Record<string, string>) => gtag("consent", "update", now));
  return (state) => update(flags(types, state));
}
