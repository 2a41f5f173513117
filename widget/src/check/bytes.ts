/** Bytes: as text, and as the browser's own cryptography takes them. */

export type Bytes = Uint8Array<ArrayBuffer>;

export const HASH_LENGTH = 32;

const encoder = new TextEncoder();

export const utf8 = (text: string): Bytes => encoder.encode(text);

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export const same = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Returns the bytes that *text* is the one base64 of, or nothing. */
export function fromBase64(text: string): Bytes | undefined {
  try {
    const binary = atob(text);
    if (btoa(binary) === text) return Uint8Array.from(binary, (character) => character.charCodeAt(0));
  } catch {
    // No base64, or not the one way to write it.
  }
  return undefined;
}

/** The same in the alphabet for addresses, without padding (RFC 7515, 2). */
export function fromBase64Url(text: string): Bytes | undefined {
  if (/[^A-Za-z0-9_-]/.test(text)) return undefined;
  const padded = text.padEnd(Math.ceil(text.length / 4) * 4, "=");
  return fromBase64(padded.replaceAll("-", "+").replaceAll("_", "/"));
}

export function toBase64Url(bytes: Uint8Array): string {
  let binary = "";
  // In pieces: a call has an end of arguments.
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export const sha256 = async (data: Bytes): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", data));

/** Whether *signature* is that of *key* over *message* (RFC 8032); nothing where this browser cannot tell. */
export async function verify(key: Bytes, message: Bytes, signature: Bytes): Promise<boolean | undefined> {
  if (!(await knowsEd25519())) return undefined;
  try {
    const imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", imported, signature, message);
  } catch {
    // Bytes that are no point of the curve: some say so, others find that nothing holds.
    return false;
  }
}

/** The key of the first test in RFC 8032, 7.1. */
const KEY = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

let known: Promise<boolean> | undefined;

/** Whether this browser has Ed25519. */
export function knowsEd25519(): Promise<boolean> {
  known ??= crypto.subtle.importKey("raw", fromBase64(KEY) as Bytes, "Ed25519", false, ["verify"]).then(
    () => true,
    () => false,
  );
  return known;
}
