/** Signed notes (C2SP signed-note), the keys that sign them, and the checkpoints that they hold (C2SP tlog-checkpoint). */

import { type Bytes, concat, fromBase64, HASH_LENGTH, hex, sha256, utf8, verify } from "./bytes.ts";

const ED25519 = 1;
/** A witness's signature over the text and a time (C2SP tlog-cosignature). */
const COSIGNATURE = 4;
const KEY_LENGTH = 32;
const ID_LENGTH = 4;
const TIME_LENGTH = 8;
const MAX_LENGTH = 65_536;
const MAX_SIGNATURES = 100;

/** A public key with its name, as a verifier key line says it. */
export interface Verifier {
  readonly name: string;
  /** 8 hexadecimal digits. */
  readonly id: string;
  readonly kind: number;
  readonly key: Bytes;
}

export interface Signature {
  readonly name: string;
  readonly id: string;
  readonly data: Bytes;
}

export interface Note {
  /** What is signed: ends with a newline. */
  readonly text: string;
  readonly signatures: readonly Signature[];
}

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Bytes;
}

const isName = (name: string): boolean => /^[^\s+\p{C}]+$/u.test(name);

/** Returns the key of a line `<name>+<id>+<base64>`, or nothing. */
export async function parseVerifier(line: string): Promise<Verifier | undefined> {
  const [name = "", id = "", ...rest] = line.trim().split("+");
  const data = fromBase64(rest.join("+"));
  if (!data || !isName(name) || data.length !== 1 + KEY_LENGTH) return undefined;
  const kind = data[0] as number;
  const found = hex((await sha256(concat(utf8(`${name}\n`), data))).subarray(0, ID_LENGTH));
  if (found !== id || (kind !== ED25519 && kind !== COSIGNATURE)) return undefined;
  return { name, id, kind, key: data.slice(1) };
}

/** Returns a note, nothing of it verified, or nothing where *whole* is none. */
export function parseNote(whole: string): Note | undefined {
  const end = whole.lastIndexOf("\n\n") + 1;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those that a note may not have
  if (!end || whole.length > MAX_LENGTH || !whole.endsWith("\n") || /[\0-\x09\x0b-\x1f\x7f]/.test(whole))
    return undefined;
  const lines = whole.slice(end + 1, -1).split("\n");
  const signatures = lines.map(parseSignature);
  if (lines.length > MAX_SIGNATURES || signatures.includes(undefined)) return undefined;
  return { text: whole.slice(0, end), signatures: signatures as Signature[] };
}

function parseSignature(line: string): Signature | undefined {
  const [mark, name = "", encoded = "", ...more] = line.split(" ");
  const data = fromBase64(encoded);
  if (mark !== "\u2014" || more.length || !isName(name) || !data || data.length <= ID_LENGTH) return undefined;
  return { name, id: hex(data.subarray(0, ID_LENGTH)), data: data.slice(ID_LENGTH) };
}

/** Returns the checkpoint that a note's text says, or nothing. Lines after the third are passed over. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const lines = text.split("\n");
  const [origin = "", size = "", encoded = ""] = lines;
  const root = fromBase64(encoded);
  if (lines.pop() !== "" || lines.length < 3 || lines.includes("") || !/^(0|[1-9][0-9]{0,15})$/.test(size))
    return undefined;
  if (root?.length !== HASH_LENGTH || !Number.isSafeInteger(Number(size))) return undefined;
  return { origin, size: Number(size), root };
}

/** What the signatures of a note that name one of the keys come to. */
export interface Signed {
  /** `false` where one of them does not hold; nothing where this browser cannot tell. */
  readonly holds: boolean | undefined;
  /** The keys that signed. */
  readonly by: readonly Verifier[];
}

/** Judges the signatures of *note* by *keys*. Those of other keys are passed over, as the format asks for. */
export async function judge(note: Note, keys: readonly Verifier[]): Promise<Signed> {
  const by = new Set<Verifier>();
  let holds: boolean | undefined = true;
  for (const signature of note.signatures) {
    const key = keys.find(({ name, id }) => name === signature.name && id === signature.id);
    if (!key) continue;
    const one = await verifies(note.text, key, signature.data);
    if (one === false) return { holds: false, by: [key] };
    if (!one) holds = undefined;
    by.add(key);
  }
  return { holds, by: [...by] };
}

function verifies(text: string, { kind, key }: Verifier, data: Bytes): Promise<boolean | undefined> {
  if (kind === ED25519) return verify(key, utf8(text), data);
  const seconds = new DataView(concat(data, new Uint8Array(TIME_LENGTH)).buffer).getBigUint64(0);
  return verify(key, utf8(`cosignature/v1\ntime ${seconds}\n${text}`), data.slice(TIME_LENGTH));
}

/** Whether this is a key of a log, and not of a witness. */
export const signsLogs = ({ kind }: Verifier): boolean => kind === ED25519;
