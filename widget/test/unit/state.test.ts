import assert from "node:assert/strict";
import test from "node:test";
import { narrow } from "../../src/core/sending.ts";
import { agrees, judge, permits, refuse } from "../../src/core/state.ts";
import { ACCEPTED, config, DAY, REFUSED, seal } from "./world.ts";

test("who has not decided has agreed to nothing", () => {
  const state = judge(config, "", DAY);
  assert.equal(state.status, "none");
  assert.deepEqual(state.purposes, { analytics: false, embeds: false });
  assert.deepEqual(state.services, { counter: false, youtube: false });
  assert.equal(agrees(state), false);
});

test("an acceptance allows every purpose and every service", () => {
  const state = judge(config, ACCEPTED, DAY);
  assert.equal(state.status, "valid");
  assert.deepEqual(state.purposes, { analytics: true, embeds: true });
  assert.deepEqual(state.services, { counter: true, youtube: true });
});

for (const [status, value] of [
  ["invalid", null],
  ["invalid", "x"],
  ["invalid", seal({ s: "another-site", p: ["analytics"] })],
  ["outdated", seal({ c: 2, p: ["analytics", "embeds"] })],
  ["expired", seal({ e: DAY - 1, p: ["analytics", "embeds"] })],
] as const) {
  test(`a cookie that is ${status} allows nothing (${value?.slice(0, 12)})`, () => {
    const state = judge(config, value, DAY);
    assert.equal(state.status, status);
    assert.equal(agrees(state), false);
  });
}

test("an outdated decision tells which revision it was, for the list of changes", () => {
  assert.equal(judge(config, seal({ c: 2 }), DAY).revision, 2);
});

test("it holds on its last day", () => {
  assert.equal(judge(config, REFUSED, DAY).status, "valid");
  assert.equal(judge(config, REFUSED, DAY + 1).status, "expired");
});

test("a set bit turns a service over, both ways", () => {
  const state = judge(config, seal({ p: ["analytics"], x: "3" }), DAY);
  assert.deepEqual(state.services, { counter: false, youtube: true });
  assert.equal(permits(state, ["embeds"], "youtube"), true);
  assert.equal(permits(state, ["embeds"]), false);
  assert.equal(permits(state, ["analytics"], "counter"), false);
});

test("a page of an older revision doesn't guess what a newer one's bits stand for", () => {
  const state = judge({ ...config, revision: 2 }, seal({ p: ["analytics"], x: "1" }), DAY);
  assert.equal(state.status, "valid");
  assert.deepEqual(state.services, { counter: false, youtube: false });
});

test("what is necessary is always allowed, what nobody declared never", () => {
  const everything = judge(config, ACCEPTED, DAY);
  assert.equal(permits(judge(config, "", DAY), ["necessary"]), true);
  assert.equal(permits(everything, ["necessary"], "own-service"), true);
  for (const name of ["unknown", "toString", "__proto__", "constructor", "!analytics", ""]) {
    assert.equal(permits(everything, [name]), false, name);
    assert.equal(permits(everything, ["analytics"], name || "other"), false, name);
  }
  assert.equal(permits(everything, []), false);
});

test("something of two purposes needs both", () => {
  const state = judge(config, seal({ p: ["analytics"] }), DAY);
  assert.equal(permits(state, ["analytics", "embeds"]), false);
  assert.equal(permits(judge(config, ACCEPTED, DAY), ["analytics", "embeds"]), true);
});

test("a purpose that the cookie invents is not added", () => {
  assert.deepEqual(Object.keys(judge(config, seal({ p: ["everything"] }), DAY).purposes), ["analytics", "embeds"]);
});

test("a refusal that is not recorded yet is in force", () => {
  const state = refuse(config, "withdraw");
  assert.equal(state.status, "valid");
  assert.equal(state.recorded, false);
  assert.equal(agrees(state), false);
});

test("narrowing takes away and never gives", () => {
  const { purposes, services } = judge(config, seal({ p: ["analytics"] }), DAY);
  assert.deepEqual(narrow(purposes, { embeds: true }), { analytics: false, embeds: false });
  assert.deepEqual(narrow(services, { youtube: true, counter: true }), { counter: true, youtube: false });
  assert.deepEqual(narrow(services), { counter: false, youtube: false });
});

test("a service that the site has no longer has nobody's consent, whatever its bit says", () => {
  const known = { ...config, services: [...config.services, { id: "gone", purposes: [] }] };
  for (const value of [REFUSED, ACCEPTED, seal({ p: ["analytics"], x: "4" })]) {
    assert.equal(judge(known, value, DAY).services.gone, false);
  }
  assert.equal(agrees(judge(known, REFUSED, DAY)), false);
});

test("the state tells the browser's signal, which changes nothing else in it", () => {
  for (const value of ["", ACCEPTED, REFUSED]) {
    const [without, sent] = [judge(config, value, DAY), judge({ ...config, signal: true }, value, DAY)];
    assert.equal(without.gpc, false);
    assert.deepEqual(sent, { ...without, gpc: true });
  }
});

test("nobody who is given a state can agree in it", () => {
  for (const value of ["", REFUSED, ACCEPTED]) {
    const state = judge(config, value, DAY);
    for (const part of [state, state.purposes, state.services]) assert.ok(Object.isFrozen(part));
  }
});
