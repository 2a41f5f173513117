import assert from "node:assert/strict";
import test from "node:test";
import { parseVerifier, type Verifier } from "../../src/check/note.ts";
import { readReceipt } from "../../src/check/receipt.ts";
import { check } from "../../src/check/verify.ts";
import { KEY, type Loose, makeReceipt, NOW, seal } from "./receipt.ts";

// In a process of its own: what a browser knows is asked once.
crypto.subtle.importKey = async () => {
  throw new DOMException("Algorithm: Unrecognized name", "NotSupportedError");
};

async function outcome(receipt: Loose): Promise<string[]> {
  const read = readReceipt(new TextEncoder().encode(JSON.stringify(receipt)));
  const { verdict, findings } = await check(read as Loose, [(await parseVerifier(KEY.line)) as Verifier], NOW);
  return [verdict, ...findings.map(({ result, reason = "" }) => result + reason)];
}

test("a browser without Ed25519 checks all the rest, and says what it cannot tell", async () => {
  assert.deepEqual(await outcome(makeReceipt()), [
    "partly",
    "openno_ed25519",
    "holds",
    "holds",
    "holds",
    "openno_ed25519",
  ]);
});

test("it still finds what was changed", async () => {
  const changed = makeReceipt();
  changed.record.purposes.embeds = true;
  assert.deepEqual((await outcome(seal(changed)))[0], "fails");
});
