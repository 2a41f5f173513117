/** The shape of a receipt: what must be there, of which type, before anything of it is looked at. */

import { type Json, parse } from "./json.ts";

/** The longest file that is read, in bytes: a notice with hundreds of services has a tenth of it. */
export const MAX_LENGTH = 4_194_304;

export interface Receipt {
  readonly receipt_version: 1;
  readonly issued_at: string;
  readonly record: DecisionRecord;
  readonly notice: Notice | null;
  readonly log: Log;
  readonly signature: string;
}

export interface DecisionRecord {
  readonly id: string;
  readonly site: string;
  readonly action: string;
  readonly purposes: Readonly<Record<string, boolean>>;
  readonly services: Readonly<Record<string, boolean>>;
  readonly locale: string;
  readonly notice_version: string;
  readonly policy_versions: Readonly<Record<string, string>>;
  readonly layer: string | null;
  readonly method: string;
  readonly gpc: boolean;
  readonly decided_at: string;
  readonly expires_at: string;
}

export interface Notice {
  readonly version: string;
  readonly locale: string;
  readonly content: string | { readonly [name: string]: Json };
  readonly html: string;
  readonly preferences_html: string;
  readonly style: string;
}

export interface Log {
  readonly state: "recorded" | "integrated" | "published";
  readonly origin: string;
  readonly salt: string;
  readonly entry: string;
  readonly by: string | null;
  readonly index: number | null;
  readonly size: number | null;
  readonly proof: readonly string[] | null;
  readonly checkpoint: string | null;
  readonly keys: readonly string[];
}

type Test = (value: Json | undefined) => boolean;

const text: Test = (value) => typeof value === "string";
const flag: Test = (value) => typeof value === "boolean";
const count: Test = (value) => typeof value === "number" && value >= 0;
const time: Test = (value) =>
  typeof value === "string" &&
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/.test(value) &&
  !Number.isNaN(Date.parse(value));
const isObject = (value: Json | undefined): value is { readonly [name: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const one =
  (...values: Json[]): Test =>
  (value) =>
    values.includes(value as Json);
const either =
  (...tests: Test[]): Test =>
  (value) =>
    tests.some((test) => test(value));
const list =
  (test: Test, most: number): Test =>
  (value) =>
    Array.isArray(value) && value.length <= most && value.every(test);
const members =
  (test: Test, most: number): Test =>
  (value) =>
    isObject(value) && Object.keys(value).length <= most && Object.values(value).every(test);
const shape =
  (tests: Readonly<Record<string, Test>>): Test =>
  (value) =>
    isObject(value) && Object.entries(tests).every(([name, test]) => test(value[name]));

const absent = one(null);
// No site has as many, and a page that shows more of them shows nothing.
const PURPOSES = 200;
const SERVICES = 2000;

const isReceipt = shape({
  receipt_version: one(1),
  issued_at: time,
  signature: text,
  record: shape({
    id: text,
    site: text,
    action: text,
    purposes: members(flag, PURPOSES),
    services: members(flag, SERVICES),
    locale: text,
    notice_version: text,
    policy_versions: members(text, PURPOSES),
    layer: either(absent, text),
    method: text,
    gpc: flag,
    decided_at: time,
    expires_at: time,
  }),
  notice: either(
    absent,
    shape({
      version: text,
      locale: text,
      content: either(text, isObject),
      html: text,
      preferences_html: text,
      style: text,
    }),
  ),
  log: shape({
    state: one("recorded", "integrated", "published"),
    origin: text,
    salt: text,
    entry: text,
    by: either(absent, time),
    index: either(absent, count),
    size: either(absent, count),
    proof: either(absent, list(text, 64)),
    checkpoint: either(absent, text),
    keys: list(text, PURPOSES),
  }),
});

/** Why a file is no receipt that can be checked. */
export type Unreadable = "too_long" | "no_receipt" | "other_version";

/** Returns the receipt in a file's bytes, or why there is none. */
export function readReceipt(data: Uint8Array): (Receipt & { readonly [name: string]: Json }) | Unreadable {
  if (data.length > MAX_LENGTH) return "too_long";
  let found: Json;
  try {
    found = parse(new TextDecoder("utf-8", { fatal: true }).decode(data));
  } catch {
    return "no_receipt";
  }
  if (isReceipt(found)) return found as never;
  const version = isObject(found) ? found.receipt_version : undefined;
  return typeof version === "number" && version > 1 ? "other_version" : "no_receipt";
}
