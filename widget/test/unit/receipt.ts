/** Receipts for the tests, made with Node's own cryptography: by another hand than what checks them. */

import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { canonical, type Json } from "../../src/check/json.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests put anything anywhere
export type Loose = any;

export const ORIGIN = "news.example/consent/log/steppe-herald";
/** The time of the checks: the receipts are from 2026. */
export const NOW = Date.UTC(2026, 10, 24);

const sha256 = (...parts: Uint8Array[]) => createHash("sha256").update(Buffer.concat(parts)).digest();
const leafOf = (entry: Uint8Array) => sha256(Buffer.from([0]), entry);
const nodeOf = (left: Uint8Array, right: Uint8Array) => sha256(Buffer.from([1]), left, right);

export interface Key {
  readonly name: string;
  readonly id: Buffer;
  readonly line: string;
  readonly secret: KeyObject;
}

/** Makes a key from a seed of 32 same bytes (RFC 8410 holds it behind these 16). */
export function makeKey(byte: number, name = ORIGIN, kind = 1): Key {
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.alloc(32, byte)]);
  const secret = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const raw = createPublicKey(secret).export({ format: "der", type: "spki" }).subarray(-32);
  const typed = Buffer.concat([Buffer.from([kind]), raw]);
  const id = sha256(Buffer.from(`${name}\n`), typed).subarray(0, 4);
  return { name, id, secret, line: `${name}+${id.toString("hex")}+${typed.toString("base64")}` };
}

export const KEY = makeKey(7);

function root(leaves: Buffer[]): Buffer {
  if (leaves.length === 1) return leaves[0] as Buffer;
  const k = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return nodeOf(root(leaves.slice(0, k)), root(leaves.slice(k)));
}

function path(m: number, leaves: Buffer[]): Buffer[] {
  if (leaves.length === 1) return [];
  const k = 2 ** Math.floor(Math.log2(leaves.length - 1));
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return m < k ? [...path(m, left), root(right)] : [...path(m - k, right), root(left)];
}

function makeNotice(): Loose {
  const content = { dir: "ltr", locale: "ru", site: "steppe-herald", purposes: [{ id: "analytics", name: "Ақпарат" }] };
  const html = '<div data-version="%VERSION%">Можно ли считать посещения?</div>';
  const evidence = canonical({ content, html, preferences: "<form>%VERSION%</form>", style: ".a{color:#111}" });
  const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  const bits = [...sha256(Buffer.from(evidence))].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const version = [...Array(16).keys()].map((i) => alphabet[Number.parseInt(bits.slice(i * 5, i * 5 + 5), 2)]).join("");
  return {
    version,
    locale: "ru",
    content: canonical({ ...content, version }),
    html: html.replace("%VERSION%", version),
    preferences_html: `<form>${version}</form>`,
    style: ".a{color:#111}",
  };
}

/** What a note's line holds for *text*. */
export function noteLine(text: string, key: Key): string {
  return `\u2014 ${key.name} ${Buffer.concat([key.id, sign(null, Buffer.from(text), key.secret)]).toString("base64")}\n`;
}

/** A witness's line, of a time. */
export function cosignatureLine(text: string, key: Key, seconds: number): string {
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(seconds));
  const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`), key.secret);
  return `\u2014 ${key.name} ${Buffer.concat([key.id, time, signature]).toString("base64")}\n`;
}

/** Signs *receipt* anew, by another key or with another header if told. */
export function seal(receipt: Loose, key = KEY, header: Loose = {}): Loose {
  const { signature: _, ...rest } = receipt;
  const kid = `${key.name}+${key.id.toString("hex")}`;
  const head = Buffer.from(canonical({ alg: "EdDSA", kid, typ: "consent-receipt+jws", ...header })).toString(
    "base64url",
  );
  const payload = Buffer.from(canonical(rest)).toString("base64url");
  const signature = sign(null, Buffer.from(`${head}.${payload}`), key.secret).toString("base64url");
  return { ...rest, signature: `${head}..${signature}` };
}

/** Returns a receipt: of entry *index* in a log of *size*, or before it has a place. */
export function makeReceipt(index = 5, size = 11, state = "published"): Loose {
  const salt = Buffer.alloc(32, 9);
  const notice = makeNotice();
  const record: Record<string, Json> = {
    id: "019ab3c4-1111-7222-8333-444455556666",
    site: "steppe-herald",
    subject_id: null,
    action: "save",
    purposes: { analytics: true, embeds: false },
    services: { counter: true },
    locale: "ru",
    notice_version: notice.version,
    policy_versions: {},
    revision: 1,
    layer: "2",
    method: "widget",
    gpc: false,
    decided_at: "2026-11-23T10:00:00.000001Z",
    expires_at: "2027-05-22T10:00:00.000001Z",
  };
  const given = Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null));
  const entry = Buffer.concat([Buffer.from([1, 1]), sha256(salt, Buffer.from(canonical(given)))]);
  const leaves = [...Array(size).keys()].map((i) => leafOf(i === index ? entry : Buffer.from([i])));
  const text = `${ORIGIN}\n${size}\n${root(leaves).toString("base64")}\n`;
  const published = state === "published";
  return seal({
    receipt_version: 1,
    issued_at: "2026-11-23T10:00:30.000000Z",
    consent: { "@type": "dpv:ConsentRecord" },
    record,
    notice,
    log: {
      state,
      origin: ORIGIN,
      salt: salt.toString("base64"),
      entry: entry.toString("base64"),
      by: published ? null : "2026-11-24T10:00:00.000000Z",
      index: published ? index : null,
      size: published ? size : null,
      proof: published ? path(index, leaves).map((hash) => hash.toString("base64")) : null,
      checkpoint: published ? `${text}\n${noteLine(text, KEY)}` : null,
      keys: [KEY.line],
    },
  });
}
