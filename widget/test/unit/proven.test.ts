/** Whether a record is in the log: each step by itself, with a log of three entries made here. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Proof, prove } from "../../src/admin/proven.ts";
import { type Bytes, concat, hex, sha256, utf8 } from "../../src/check/bytes.ts";
import { hashLeaf } from "../../src/check/tree.ts";

const NAME = "news.example/consent/log/herald";
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

async function logOfThree(): Promise<Proof> {
  const content = '{"action":"save"}';
  const salt = new Uint8Array(32).fill(7);
  const entry = concat(Uint8Array.of(1, 1), await sha256(concat(salt, utf8(content))));
  const before = await hashLeaf(utf8("one"));
  const after = await hashLeaf(utf8("three"));
  const pair = await sha256(concat(Uint8Array.of(1), before, await hashLeaf(entry)));
  const root = await sha256(concat(Uint8Array.of(1), pair, after));
  const keys = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
  const line = concat(Uint8Array.of(1), new Uint8Array(await crypto.subtle.exportKey("raw", keys.publicKey)));
  const id = (await sha256(concat(utf8(`${NAME}\n`), line))).subarray(0, 4) as Bytes;
  const text = `${NAME}\n3\n${base64(root)}\n`;
  const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", keys.privateKey, utf8(text)));
  return {
    content,
    salt: base64(salt),
    entry: base64(entry),
    index: 1,
    size: 3,
    proof: [base64(before), base64(after)],
    checkpoint: `${text}\n\u2014 ${NAME} ${base64(concat(id, signature))}\n`,
    keys: [`${NAME}+${hex(id)}+${base64(line)}`],
  };
}

test("a record that is in the log holds in every step", async () => {
  assert.deepEqual(await prove(await logOfThree()), { record: "holds", tree: "holds", signature: "holds" });
});

test("a record that was changed no longer gives its entry", async () => {
  const whole = await logOfThree();
  const proven = await prove({ ...whole, content: '{"action":"accept_all"}' });
  assert.deepEqual(proven, { record: "fails", tree: "holds", signature: "holds" });
});

test("an entry of another place is not in the tree", async () => {
  const whole = await logOfThree();
  assert.equal((await prove({ ...whole, index: 0 })).tree, "fails");
  assert.equal((await prove({ ...whole, proof: whole.proof.slice(1) })).tree, "fails");
  assert.equal((await prove({ ...whole, size: 4 })).tree, "fails");
});

test("a checkpoint that nobody known signed, or that was changed, is no proof", async () => {
  const whole = await logOfThree();
  assert.equal((await prove({ ...whole, keys: [] })).signature, "fails");
  assert.equal((await prove({ ...whole, keys: (await logOfThree()).keys })).signature, "fails");
  assert.equal((await prove({ ...whole, checkpoint: whole.checkpoint.replace("\n3\n", "\n4\n") })).signature, "fails");
});

test("what cannot be read fails, and does not throw", async () => {
  const whole = await logOfThree();
  const proven = await prove({ ...whole, salt: "?", entry: "", proof: ["x"], checkpoint: "", keys: ["x"] });
  assert.deepEqual(proven, { record: "fails", tree: "fails", signature: "fails" });
});
