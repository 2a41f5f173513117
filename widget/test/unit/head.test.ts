import assert from "node:assert/strict";
import test from "node:test";
import vm from "node:vm";
import { build } from "../../build.mjs";
import { ACCEPTED, DAY, REFUSED, seal } from "./world.ts";

const source = Buffer.from((await build()).get("head.js") as Uint8Array).toString("utf8");

function run(cookie: string | null, dataset = { site: "steppe-herald", revision: "3" }): unknown {
  const root = { dataset: {} as Record<string, string> };
  const document = {
    get cookie() {
      if (cookie === null) throw new Error("blocked");
      return cookie;
    },
    querySelector: () => dataset && { dataset },
    documentElement: root,
  };
  vm.runInNewContext(source, { document, atob, Date: { now: () => DAY * 86_400_000 } });
  return root.dataset.consentkit;
}

test("a decision that holds hides the notice before the first paint", () => {
  assert.equal(run(`a=b; consentkit=${REFUSED}`), "decided");
  assert.equal(run(`consentkit=${ACCEPTED}; consentkit=${ACCEPTED}`), "decided");
});

for (const [what, cookie] of [
  ["no cookie", ""],
  ["cookies that are blocked", null],
  ["two different cookies", `consentkit=${ACCEPTED}; consentkit=${REFUSED}`],
  ["an expired decision", `consentkit=${seal({ e: DAY - 1 })}`],
  ["an outdated decision", `consentkit=${seal({ c: 2 })}`],
  ["another site's decision", `consentkit=${seal({ s: "x" })}`],
  ["a compressed cookie", `consentkit=.${REFUSED}`],
  ["rubbish", "consentkit=%%%"],
  ["JSON that is no object", `consentkit=${seal(null)}`],
] as const) {
  test(`${what} leaves it pending`, () => {
    assert.equal(run(cookie), "pending");
  });
}

test("without its data or its element it is pending", () => {
  assert.equal(run(`consentkit=${REFUSED}`, {} as never), "pending");
  assert.equal(run(`consentkit=${REFUSED}`, null as never), "pending");
});
