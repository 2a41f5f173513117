import assert from "node:assert/strict";
import test from "node:test";
import vm from "node:vm";
import { build } from "../../build.mjs";
import { ACCEPTED, DAY, REFUSED, seal } from "./world.ts";

const source = Buffer.from((await build()).get("head.js") as Uint8Array).toString("utf8");

/** The `data-consentkit…` of `<html>`. */
function dress(
  cookie: string | null,
  dataset: Record<string, string> | null,
  globalPrivacyControl?: unknown,
): Record<string, string> {
  const root = { dataset: {} as Record<string, string> };
  const document = {
    get cookie() {
      if (cookie === null) throw new Error("blocked");
      return cookie;
    },
    querySelector: () => dataset && { dataset },
    documentElement: root,
  };
  const navigator = { globalPrivacyControl };
  vm.runInNewContext(source, { document, navigator, atob, Date: { now: () => DAY * 86_400_000 } });
  return root.dataset;
}

const DATA = { site: "steppe-herald", revision: "3" };
const run = (cookie: string | null, dataset: Record<string, string> | null = DATA) => dress(cookie, dataset).consentkit;

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
  assert.equal(run(`consentkit=${REFUSED}`, {}), "pending");
  assert.equal(run(`consentkit=${REFUSED}`, null), "pending");
});

test("who sends the signal is told so, and asked all the same", () => {
  assert.deepEqual(dress("", DATA, true), { consentkitGpc: "", consentkit: "pending" });
  assert.deepEqual(dress(`consentkit=${REFUSED}`, DATA, true), { consentkitGpc: "", consentkit: "decided" });
});

for (const gpc of ["quiet", "record"]) {
  test(`where the site does not ask them (${gpc}), the notice is hidden before the first paint`, () => {
    assert.deepEqual(dress("", { ...DATA, gpc }, true), { consentkitGpc: gpc, consentkit: "decided" });
    assert.deepEqual(dress(null, { ...DATA, gpc }, true), { consentkitGpc: gpc, consentkit: "decided" });
    assert.deepEqual(dress("", { ...DATA, gpc }, false), { consentkit: "pending" });
  });
}

test("a site that does not follow the signal says nothing of it, nor does one that gets none", () => {
  assert.deepEqual(dress("", { ...DATA, gpc: "off" }, true), { consentkit: "pending" });
  for (const value of [false, undefined, null]) assert.deepEqual(dress("", DATA, value), { consentkit: "pending" });
});
