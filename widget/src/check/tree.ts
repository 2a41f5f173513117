/** The Merkle tree of RFC 6962, as far as a receipt needs it. */

import { type Bytes, concat, sha256 } from "./bytes.ts";

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export const hashLeaf = (entry: Bytes): Promise<Bytes> => sha256(concat(LEAF, entry));

/**
 * Returns the root that *proof* leads to from leaf *index* of a tree of *size* leaves (RFC 9162, 2.1.3.2); nothing where
 * it has not the length that it needs. Sizes are beyond what the bitwise operators count, so they are divided.
 */
export async function rootOf(index: number, size: number, leaf: Bytes, proof: Bytes[]): Promise<Bytes | undefined> {
  if (index >= size) return undefined;
  let at = index;
  let last = size - 1;
  let found = leaf;
  const climb = () => {
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  };
  for (const hash of proof) {
    if (last === 0) return undefined;
    if (at % 2 || at === last) {
      found = await sha256(concat(NODE, hash, found));
      while (at % 2 === 0 && at) climb();
    } else {
      found = await sha256(concat(NODE, found, hash));
    }
    climb();
  }
  return last ? undefined : found;
}
