import assert from "node:assert/strict";
import test from "node:test";
import vm from "node:vm";
import { build } from "../../build.mjs";
import { covers } from "../../src/core/sources.ts";
import { ACCEPTED, DAY, REFUSED, seal } from "./world.ts";

const source = Buffer.from((await build()).get("policy.js") as Uint8Array).toString("utf8");
const ALWAYS = "'self' 'unsafe-inline' 'unsafe-eval' data: blob: https://cdn.example";
const FACTS = {
  site: "steppe-herald",
  revision: 3,
  purposes: ["analytics", "embeds"],
  always: ALWAYS,
  services: [
    [1, 0, "counter.example"],
    [2, 1, "*.video.example", "wss://*.video.example"],
    [3, 3, "both.example"],
    [1, -1, "unknown.example"],
  ],
};
const HOUR = 3_600_000;

interface Given {
  facts?: unknown;
  cookie?: string | null;
  kept?: unknown;
  again?: boolean;
}

/** The policies that the page has been given, in order. */
function confine({ facts = FACTS, cookie = "", kept, again }: Given): string[] {
  const policies: string[] = [];
  const document = {
    get cookie() {
      if (cookie === null) throw new Error("blocked");
      return cookie;
    },
    querySelector: () => facts && { dataset: { consentkitHosts: JSON.stringify(facts) } },
    createElement: (name: string) => ({ name }),
    head: {
      prepend({ name, httpEquiv, content }: Record<string, string>) {
        assert.deepEqual([name, httpEquiv], ["meta", "Content-Security-Policy"]);
        policies.push(content as string);
      },
    },
  };
  const world: Record<string, unknown> = {
    document,
    atob,
    Date: { now: () => DAY * 86_400_000 + HOUR },
    localStorage: { getItem: () => (kept === undefined ? null : JSON.stringify(kept)) },
  };
  world.window = world;
  vm.createContext(world);
  for (let times = again ? 2 : 1; times; times--) vm.runInContext(source, world);
  return policies;
}

const only = (given: Given): string => {
  const [policy, ...more] = confine(given);
  assert.deepEqual(more, []);
  return policy as string;
};
const NOTHING = `default-src ${ALWAYS}`;
const refusal = { time: DAY * 86_400_000, body: JSON.stringify({ action: "reject_all" }) };

test("who agreed to everything has every host whose bit is known", () => {
  const all = `${ALWAYS} counter.example *.video.example both.example`;
  assert.equal(
    only({ cookie: `a=b; consentkit=${ACCEPTED}` }),
    `default-src ${all}; connect-src ${all} wss://*.video.example`,
  );
});

test("a service has its hosts where all of its purposes are agreed to, or it alone", () => {
  assert.equal(only({ cookie: `consentkit=${seal({ p: ["analytics"] })}` }), `${NOTHING} counter.example`);
  assert.equal(only({ cookie: `consentkit=${seal({ p: [], x: "8" })}` }), `${NOTHING} both.example`);
  assert.equal(only({ cookie: `consentkit=${seal({ p: ["analytics"], x: "1" })}` }), NOTHING);
});

for (const [what, given] of [
  ["no cookie", {}],
  ["cookies that are blocked", { cookie: null }],
  ["a refusal", { cookie: `consentkit=${REFUSED}` }],
  ["two different cookies", { cookie: `consentkit=${ACCEPTED}; consentkit=${REFUSED}` }],
  ["an expired agreement", { cookie: `consentkit=${seal({ p: ["analytics"], e: DAY - 1 })}` }],
  ["an outdated agreement", { cookie: `consentkit=${seal({ p: ["analytics"], c: 2 })}` }],
  [
    "one of a later revision whose bits nobody knows",
    { cookie: `consentkit=${seal({ p: ["analytics"], c: 4, x: "2" })}` },
  ],
  ["another site's", { cookie: `consentkit=${seal({ p: ["analytics"], s: "x" })}` }],
  ["no signature", { cookie: `consentkit=${ACCEPTED.split(".")[0]}` }],
  ["a compressed cookie", { cookie: `consentkit=.${ACCEPTED}` }],
  ["a list with something else in it", { cookie: `consentkit=${seal({ p: ["analytics", 1] })}` }],
  ["no list", { cookie: `consentkit=${seal({ p: "analytics" })}` }],
  ["rubbish", { cookie: "consentkit=%%%" }],
  ["a refusal that is not recorded yet", { cookie: `consentkit=${ACCEPTED}`, kept: refusal }],
] as [string, Given][]) {
  test(`${what} allows nothing optional`, () => {
    assert.equal(only(given), NOTHING);
  });
}

test("a later revision without bits holds, and so does an agreement beside a refusal that is too old to be sent", () => {
  assert.equal(only({ cookie: `consentkit=${seal({ p: ["analytics"], c: 4 })}` }), `${NOTHING} counter.example`);
  const kept = { ...refusal, time: DAY * 86_400_000 - 48 * HOUR };
  assert.equal(only({ cookie: `consentkit=${seal({ p: ["analytics"] })}`, kept }), `${NOTHING} counter.example`);
});

test("without its data or its element the page itself is all there is", () => {
  const own = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:";
  assert.equal(only({ facts: null, cookie: `consentkit=${ACCEPTED}` }), own);
});

test("run again, it leaves the page the policy that it has", () => {
  assert.equal(confine({ cookie: `consentkit=${ACCEPTED}`, again: true }).length, 1);
});

const page = { origin: "https://www.paper.example", protocol: "https:" };
for (const [list, address, expected] of [
  ["'self'", "https://www.paper.example/a", true],
  ["'self'", "https://paper.example/a", false],
  ["counter.example", "https://counter.example/a.js", true],
  ["counter.example", "https://a.counter.example/a.js", false],
  ["counter.example", "https://counter.example:8443/a.js", false],
  ["counter.example:8443", "https://counter.example:8443/a.js", true],
  ["counter.example:443", "https://counter.example/a.js", true],
  ["counter.example", "http://counter.example/a.js", false],
  ["counter.example", "https://counter.example.evil.example/a.js", false],
  ["*.video.example", "https://a.b.video.example/", true],
  ["*.video.example", "https://video.example/", false],
  ["*.video.example", "https://evilvideo.example/", false],
  ["http://old.example", "https://old.example/", true],
  ["https://new.example", "http://new.example/", false],
  ["data:", "data:text/javascript,1", true],
  ["blob:", "https://blob/", false],
  ["'unsafe-inline'", "https://www.paper.example/", false],
] as const) {
  test(`${list} ${expected ? "covers" : "does not cover"} ${address}`, () => {
    assert.equal(covers(list, new URL(address), page), expected);
  });
}
