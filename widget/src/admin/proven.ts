/** Whether a record is in the log, as far as a browser can tell by itself. */

import { type Bytes, concat, fromBase64, HASH_LENGTH, same, sha256, utf8 } from "../check/bytes.ts";
import { judge, parseCheckpoint, parseNote, parseVerifier, signsLogs } from "../check/note.ts";
import { hashLeaf, rootOf } from "../check/tree.ts";

/** What the server gives: bytes as base64. */
export interface Proof {
  /** The record in the form that its entry commits to. */
  readonly content: string;
  readonly salt: string;
  readonly entry: string;
  readonly index: number;
  readonly size: number;
  readonly proof: readonly string[];
  /** A signed note. */
  readonly checkpoint: string;
  /** The log's public keys, as lines. */
  readonly keys: readonly string[];
}

/** The steps from the record to the signature. `open` is what this browser cannot tell. */
export interface Proven {
  readonly record: Result;
  readonly tree: Result;
  readonly signature: Result;
}

export type Result = "holds" | "fails" | "open";

const told = (holds: boolean | undefined): Result => (holds === undefined ? "open" : holds ? "holds" : "fails");

/** Checks each step by itself: the record gives the entry, the entry is in the tree, the tree's root is signed. */
export async function prove({ content, salt, entry, index, size, proof, checkpoint, keys }: Proof): Promise<Proven> {
  const leaf = fromBase64(entry);
  const apart = fromBase64(salt);
  const hashes = proof.map(fromBase64);
  const note = parseNote(checkpoint);
  const signed = note && parseCheckpoint(note.text);
  const commitment = apart && (await sha256(concat(apart, utf8(content))));
  let root: Bytes | undefined;
  if (leaf && signed?.size === size && !hashes.includes(undefined))
    root = await rootOf(index, size, await hashLeaf(leaf), hashes as Bytes[]);
  const known = (await Promise.all(keys.map(parseVerifier))).filter((key) => key !== undefined).filter(signsLogs);
  const { holds, by } = note ? await judge(note, known) : { holds: false, by: [] };
  return {
    // An entry is a version, a type, and the commitment.
    record: told(!!leaf && !!commitment && leaf.length === 2 + HASH_LENGTH && same(leaf.subarray(2), commitment)),
    tree: told(!!root && !!signed && same(root, signed.root)),
    signature: by.length ? told(holds) : "fails",
  };
}
