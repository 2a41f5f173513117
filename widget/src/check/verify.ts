/** Checks a receipt: five things, each of which holds, fails, or stays open. Sends nothing and asks nobody. */

import {
  type Bytes,
  concat,
  fromBase64,
  fromBase64Url,
  HASH_LENGTH,
  same,
  sha256,
  toBase64Url,
  utf8,
  verify,
} from "./bytes.ts";
import { canonical, type Json, parse } from "./json.ts";
import { judge, type Note, parseCheckpoint, parseNote, signsLogs, type Verifier } from "./note.ts";
import type { Receipt } from "./receipt.ts";
import { hashLeaf, rootOf } from "./tree.ts";

export const CHECKS = ["signature", "commitment", "notice", "inclusion", "checkpoint"] as const;
export type Check = (typeof CHECKS)[number];

/** What a check came to: `open` is neither shown nor refuted. */
export type Result = "holds" | "fails" | "open";

/** Why it did not hold, or stayed open. Each has its words in the page (see web/receipt_check.py). */
export type Reason =
  | "malformed"
  | "no_ed25519"
  | "unknown_key"
  | "other_key"
  | "changed"
  | "no_notice"
  | "other_notice"
  | "not_yet"
  | "overdue"
  | "incomplete"
  | "other_root"
  | "other_origin";

export interface Finding {
  readonly check: Check;
  readonly result: Result;
  readonly reason?: Reason;
}

/**
 * What it comes to: `holds` where all that a receipt of its kind can show was shown, `promised` where that is the log's
 * word for what is to come, `partly` where something stayed open, `fails` where anything failed.
 */
export type Verdict = "holds" | "promised" | "partly" | "fails";

export interface Report {
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
  /** What the notice says, where it is the one that the record names. */
  readonly content?: { readonly [name: string]: Json };
  /** The names of those who signed the checkpoint beside the log. */
  readonly witnesses: readonly string[];
}

const VERSION = 1;
const RECORD = 1;
const TYPE = "consent-receipt+jws";
/** What stands for the version in what the version is computed from (see notice/render.py). */
const VERSION_MARK = "%VERSION%";
const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";

type Checked = Omit<Finding, "check">;
const holds: Checked = { result: "holds" };
const fails = (reason: Reason): Checked => ({ result: "fails", reason });
const open = (reason: Reason): Checked => ({ result: "open", reason });

/**
 * @param keys whom to believe. What the receipt itself names is no more than a hint.
 * @param now milliseconds since 1970: a promise has its day.
 */
export async function check(receipt: Receipt, keys: readonly Verifier[], now: number): Promise<Report> {
  const { log } = receipt;
  const ours = keys.filter((key) => signsLogs(key) && key.name === log.origin);
  const note = log.checkpoint === null ? undefined : parseNote(log.checkpoint);
  const content = await readNotice(receipt);
  const found: Record<Check, Checked> = {
    signature: await checkSignature(receipt, ours),
    commitment: await checkCommitment(receipt),
    notice: receipt.notice ? (content ? holds : fails("other_notice")) : open("no_notice"),
    inclusion: await checkInclusion(receipt, note, now),
    checkpoint: await checkCheckpoint(receipt, note, [...ours, ...keys.filter((key) => !signsLogs(key))], now),
  };
  const findings = CHECKS.map((name): Finding => ({ check: name, ...found[name] }));
  const witnesses =
    note && found.checkpoint.result === "holds" ? (await judge(note, keys)).by.filter((key) => !signsLogs(key)) : [];
  return {
    verdict: sum(findings),
    findings,
    witnesses: witnesses.map(({ name }) => name),
    ...(content && { content }),
  };
}

function sum(findings: readonly Finding[]): Verdict {
  if (findings.some(({ result }) => result === "fails")) return "fails";
  const left = findings.filter(({ result, reason }) => result === "open" && reason !== "no_notice");
  if (!left.length) return "holds";
  return left.every(({ reason }) => reason === "not_yet") ? "promised" : "partly";
}

/** A JWS whose payload is all of the receipt but itself (RFC 7515, appendix F). */
async function checkSignature({ signature, ...rest }: Receipt, keys: readonly Verifier[]): Promise<Checked> {
  const [, head = "", encoded = ""] = /^([^.]+)\.\.([^.]+)$/.exec(signature) ?? [];
  const header = readHeader(head);
  const bytes = fromBase64Url(encoded);
  if (!header || bytes?.length !== 64) return fails("malformed");
  const key = keys.find(({ name, id }) => `${name}+${id}` === header);
  if (!key) return header.startsWith(`${rest.log.origin}+`) ? open("unknown_key") : fails("other_key");
  const payload = toBase64Url(utf8(canonical(rest as never)));
  const held = await verify(key.key, utf8(`${head}.${payload}`), bytes);
  return held === undefined ? open("no_ed25519") : held ? holds : fails("changed");
}

/** Returns the key that a JWS's header names, if the header is one that receipts have. */
function readHeader(encoded: string): string | undefined {
  const data = fromBase64Url(encoded);
  try {
    const header = parse(new TextDecoder("utf-8", { fatal: true }).decode(data)) as { readonly [name: string]: Json };
    // What else a header may hold changes what is signed, or asks for more than is understood here (RFC 7515, 4.1.11).
    const { alg, kid, typ, ...more } = header;
    if (alg === "EdDSA" && typ === TYPE && typeof kid === "string" && !Object.keys(more).length) return kid;
  } catch {
    // No JSON, or nothing that has members.
  }
  return undefined;
}

/** The entry of the log is a hash over the salt and the record: of no other record. */
async function checkCommitment({ record, log }: Receipt): Promise<Checked> {
  const salt = fromBase64(log.salt);
  const entry = fromBase64(log.entry);
  if (salt?.length !== HASH_LENGTH || entry?.length !== 2 + HASH_LENGTH) return fails("malformed");
  if (entry[0] !== VERSION || entry[1] !== RECORD) return fails("malformed");
  const given = Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null));
  const commitment = await sha256(concat(salt, utf8(canonical(given as never))));
  return same(commitment, entry.subarray(2)) ? holds : fails("changed");
}

/** Returns what the notice says, if its hash is the version that the record names. */
async function readNotice({ record, notice }: Receipt): Promise<{ readonly [name: string]: Json } | undefined> {
  if (!notice || !/^[a-z2-7]{16}$/.test(notice.version)) return undefined;
  const mark = (html: string) => html.replaceAll(notice.version, VERSION_MARK);
  let content: Json;
  try {
    content = typeof notice.content === "string" ? parse(notice.content) : notice.content;
  } catch {
    return undefined;
  }
  const { version, ...rest } = content as { readonly [name: string]: Json };
  const evidence = {
    content: rest,
    html: mark(notice.html),
    preferences: mark(notice.preferences_html),
    style: notice.style,
  };
  const digest = await sha256(utf8(canonical(evidence)));
  const right = base32(digest.subarray(0, 10));
  // The content may say its version itself, or leave that to the notice around it.
  const named = [version ?? right, notice.version, record.notice_version];
  return named.every((one) => one === right) && rest.locale === record.locale ? rest : undefined;
}

/** Returns lower-case base32 (RFC 4648) of whole groups of five bytes. */
function base32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  return bits.replace(/.{5}/g, (five) => BASE32[Number.parseInt(five, 2)] as string);
}

/** What a receipt from before its checkpoint leaves open: it has the log's word for when. */
function wait({ log }: Receipt, now: number): Checked | undefined {
  if (log.state === "published") return undefined;
  return log.by === null ? fails("incomplete") : open(Date.parse(log.by) < now ? "overdue" : "not_yet");
}

/** The proof leads from the entry to the root in the checkpoint. */
async function checkInclusion(receipt: Receipt, note: Note | undefined, now: number): Promise<Checked> {
  const { entry, index, size, proof } = receipt.log;
  const waiting = wait(receipt, now);
  if (waiting) return waiting;
  const head = note && parseCheckpoint(note.text);
  const leaf = fromBase64(entry);
  if (index === null || size === null || proof === null || !head || !leaf) return fails("incomplete");
  const path = proof.map(fromBase64);
  if (head.size !== size || path.some((hash) => hash?.length !== HASH_LENGTH)) return fails("malformed");
  const root = await rootOf(index, size, await hashLeaf(leaf), path as Bytes[]);
  return root && same(root, head.root) ? holds : fails("other_root");
}

/** The log has signed the checkpoint. */
async function checkCheckpoint(
  receipt: Receipt,
  note: Note | undefined,
  keys: readonly Verifier[],
  now: number,
): Promise<Checked> {
  const waiting = wait(receipt, now);
  if (waiting) return waiting;
  const head = note && parseCheckpoint(note.text);
  if (!note || !head) return fails(receipt.log.checkpoint === null ? "incomplete" : "malformed");
  if (head.origin !== receipt.log.origin) return fails("other_origin");
  const signed = await judge(note, keys);
  if (signed.holds === false) return fails("changed");
  if (!signed.by.some(signsLogs)) return open("unknown_key");
  return signed.holds ? holds : open("no_ed25519");
}
