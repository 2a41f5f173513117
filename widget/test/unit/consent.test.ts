import assert from "node:assert/strict";
import test from "node:test";
import type { State } from "../../src/api.ts";
import type { Wish } from "../../src/core/client.ts";
import { createConsent, type Relation } from "../../src/core/consent.ts";
import { createSender } from "../../src/core/sending.ts";
import { agrees } from "../../src/core/state.ts";
import { ACCEPTED, config, FakeWorld, REFUSED, seal, settle } from "./world.ts";

const KEY = "consentkit:pending";
const seen = { notice: "abcdefghijklmnop", locale: "ru", layer: "1" };
const accept: Wish = { action: "accept_all", ...seen };
const reject: Wish = { action: "reject_all", ...seen };

function visit(world: FakeWorld, relation: Relation = { credentials: "same-origin", domain: "" }) {
  const states: State[] = [];
  const consent = createConsent({
    config,
    base: "https://herald.example/consent/",
    world,
    relation,
    changed: (state) => states.push(state),
    load: async (holder) => createSender(holder),
  });
  return { consent, states };
}

test("a visit writes no cookie, stores nothing and sends nothing", async () => {
  const world = new FakeWorld();
  visit(world);
  await settle();
  assert.deepEqual([world.written, [...world.items], world.sent], [[], [], []]);
});

test("agreeing allows nothing until the server has it", async () => {
  const world = new FakeWorld();
  world.answers.push({ status: 201, state: ACCEPTED });
  const { consent } = visit(world);
  const outcome = consent.decide(accept);
  assert.equal(agrees(consent.state()), false);
  assert.equal(await outcome, "stored");
  assert.equal(agrees(consent.state()), true);
});

test("a decision says what was seen, where, and carries 128 random bits", async () => {
  const world = new FakeWorld();
  world.answers.push({ status: 201, state: ACCEPTED });
  const { consent } = visit(world);
  await consent.decide(accept);
  const [sent] = world.sent;
  const { nonce, ...rest } = sent?.body ?? {};
  assert.equal(sent?.url, "https://herald.example/consent/decisions?site=steppe-herald");
  assert.deepEqual(rest, { action: "accept_all", purposes: {}, services: {}, page: "/news/a", ...seen });
  assert.match(nonce as string, /^(\d{1,3}-){15}\d{1,3}$/);
  assert.equal(sent?.init.credentials, "same-origin");
  assert.equal(sent?.init.keepalive, false);
});

test("an answer that was lost is asked for again with the same nonce", async () => {
  const world = new FakeWorld();
  world.answers.push(new TypeError("reset"), { status: 201, state: ACCEPTED });
  const { consent } = visit(world);
  assert.equal(await consent.decide(accept), "stored");
  assert.equal(world.sent.length, 2);
  assert.equal(world.sent[0]?.text, world.sent[1]?.text);
});

test("agreeing gives up after three attempts, and the same button then sends the same nonce", async () => {
  const world = new FakeWorld();
  const { consent } = visit(world);
  assert.equal(await consent.decide(accept), "failed");
  assert.equal(world.sent.length, 3);
  assert.equal(agrees(consent.state()), false);
  assert.deepEqual([...world.items], []);
  world.answers.push({ status: 201, state: ACCEPTED });
  assert.equal(await consent.decide(accept), "stored");
  assert.equal(new Set(world.sent.map(({ text }) => text)).size, 1);
});

test("agreeing does not wait when the server asks for a long pause, nor repeat what it refused", async () => {
  for (const answer of [{ status: 503, retryAfter: 30 }, { status: 400 }, { status: 403 }]) {
    const world = new FakeWorld();
    world.answers.push(answer);
    const { consent } = visit(world);
    assert.equal(await consent.decide(accept), "failed");
    assert.equal(world.sent.length, 1);
  }
});

test("a 201 without a state that holds allows nothing", async () => {
  for (const state of ["", "x", seal({ s: "another", p: ["analytics"] }), seal({ c: 1, p: ["analytics"] })]) {
    const world = new FakeWorld();
    world.serverSetsCookie = false;
    for (let i = 0; i < 3; i++) world.answers.push({ status: 201, state });
    const { consent } = visit(world);
    assert.equal(await consent.decide(accept), "failed");
    assert.equal(agrees(consent.state()), false);
  }
});

test("a notice that has changed meanwhile is shown anew", async () => {
  const world = new FakeWorld();
  world.answers.push({ status: 409 });
  const { consent } = visit(world);
  assert.equal(await consent.decide(accept), "changed");
  assert.equal(agrees(consent.state()), false);
});

test("a second click is not a second decision", async () => {
  const world = new FakeWorld();
  world.answers.push({ status: 201, state: ACCEPTED });
  const { consent } = visit(world);
  const outcomes = await Promise.all([consent.decide(accept), consent.decide(accept)]);
  assert.deepEqual(outcomes, ["stored", "stored"]);
  assert.equal(world.sent.length, 1);
});

test("refusing holds before the server answers, and stores nothing on the device when it does", async () => {
  const world = new FakeWorld();
  world.answers.push({ status: 201, state: REFUSED });
  const { consent } = visit(world);
  const outcome = consent.decide(reject);
  assert.equal(consent.state().status, "valid");
  assert.equal(consent.state().recorded, false);
  assert.equal(await outcome, "stored");
  assert.equal(consent.state().recorded, true);
  assert.deepEqual([world.written, [...world.items]], [[], []]);
});

test("withdrawing takes the cookie away at once, for every request that follows", async () => {
  const world = new FakeWorld();
  world.jar.set("consentkit@", ACCEPTED);
  const { consent } = visit(world);
  await settle();
  assert.equal(agrees(consent.state()), true);
  void consent.decide({ ...reject, action: "withdraw" });
  assert.equal(agrees(consent.state()), false);
  assert.equal(world.jar.size, 0);
});

test("a refusal that can't be recorded is kept, and sent again until it is, with the same nonce", async () => {
  const world = new FakeWorld();
  world.answers.push(new TypeError("offline"), { status: 503, retryAfter: 7 }, { status: 429 });
  const { consent, states } = visit(world);
  assert.equal(await consent.decide(reject), "unsaved");
  assert.ok(world.items.has(KEY));
  world.answers.push({ status: 201, state: REFUSED });
  await settle();
  assert.equal(new Set(world.sent.map(({ text }) => text)).size, 1);
  assert.equal(world.sent.length, 4);
  assert.ok(world.waited.some((milliseconds) => milliseconds >= 7000));
  assert.equal(world.items.size, 0);
  assert.equal(states.at(-1)?.recorded, true);
});

test("the pauses grow, up to five minutes", async () => {
  const world = new FakeWorld();
  const { consent } = visit(world);
  await consent.decide(reject);
  await settle();
  assert.ok(world.sent.length > 10);
  assert.ok((world.waited[9] ?? 0) > 4 * (world.waited[3] ?? 0));
  assert.ok(world.waited.every((milliseconds) => milliseconds <= 450_000));
  assert.ok(world.items.has(KEY));
});

test("what the server will never take is not sent again on this page", async () => {
  const world = new FakeWorld();
  world.answers.push({ status: 403 }, { status: 403 });
  const { consent } = visit(world);
  assert.equal(await consent.decide(reject), "unsaved");
  await settle();
  assert.equal(world.sent.length, 2);
  assert.equal(agrees(consent.state()), false);
});

test("the next page goes on with a refusal that was kept, over a cookie that says otherwise", async () => {
  const world = new FakeWorld();
  await visit(world).consent.decide(reject);
  await settle();
  const [first] = world.sent;
  world.sent.length = 0;
  world.jar.set("consentkit@", ACCEPTED);
  world.answers.push({ status: 201, state: REFUSED });
  const { consent } = visit(world);
  assert.equal(agrees(consent.state()), false);
  await settle();
  assert.equal(world.sent[0]?.text, first?.text);
  assert.equal(world.items.size, 0);
  assert.equal(consent.state().recorded, true);
});

test("a kept refusal is forgotten before the server forgets its nonce", async () => {
  const world = new FakeWorld();
  await visit(world).consent.decide(reject);
  await settle();
  world.now += 48 * 3_600_000;
  assert.equal(visit(world).consent.state().status, "none");
});

test("nobody's acceptance can be planted as a kept refusal", async () => {
  for (const body of [JSON.stringify({ action: "accept_all" }), "x", "null", "[]"]) {
    const world = new FakeWorld();
    world.items.set(KEY, JSON.stringify({ time: world.now, body }));
    const { consent } = visit(world);
    await settle();
    assert.equal(consent.state().status, "none");
    assert.equal(world.sent.length, 0);
  }
});

test("where storage and cookies are blocked, a refusal holds for the page", async () => {
  const world = new FakeWorld();
  world.storageBlocked = world.cookiesBlocked = true;
  const { consent } = visit(world);
  assert.equal(await consent.decide(reject), "unsaved");
  world.answers.push({ status: 201, state: REFUSED });
  await settle();
  assert.equal(consent.state().status, "valid");
  consent.refresh();
  assert.equal(consent.state().status, "valid");
});

test("refusing while an acceptance is on its way leaves nothing allowed", async () => {
  const world = new FakeWorld();
  world.answers.push({ status: 201, state: ACCEPTED }, { status: 201, state: REFUSED });
  const { consent, states } = visit(world);
  const accepted = consent.decide(accept);
  while (!world.sent.length) await new Promise((done) => queueMicrotask(() => done(0)));
  const rejected = consent.decide(reject);
  assert.deepEqual(await Promise.all([accepted, rejected]), ["failed", "stored"]);
  assert.deepEqual(
    world.sent.map(({ body }) => body.action),
    ["accept_all", "reject_all"],
  );
  assert.equal(states.some(agrees), false);
});

test("a later acceptance ends the sending of an earlier refusal", async () => {
  const world = new FakeWorld();
  const { consent } = visit(world);
  await consent.decide(reject);
  world.answers.push({ status: 201, state: ACCEPTED });
  assert.equal(await consent.decide(accept), "stored");
  await settle();
  assert.equal(world.sent.at(-1)?.body.action, "accept_all");
  assert.equal(world.items.size, 0);
  assert.equal(agrees(consent.state()), true);
});

test("a selection with nothing chosen is a refusal", async () => {
  const world = new FakeWorld();
  const { consent } = visit(world);
  assert.equal(
    await consent.decide({ action: "save", ...seen, purposes: { analytics: false }, services: {} }),
    "unsaved",
  );
  assert.ok(world.items.has(KEY));
});

test("a selection takes away at once and gives only when it is stored", async () => {
  const world = new FakeWorld();
  world.jar.set("consentkit@", seal({ p: ["analytics"] }));
  const next = seal({ p: ["embeds"] });
  world.answers.push({ status: 201, state: next });
  const { consent } = visit(world);
  await settle();
  const outcome = consent.decide({ action: "save", ...seen, purposes: { embeds: true }, services: { youtube: true } });
  assert.deepEqual(consent.state().purposes, { analytics: false, embeds: false });
  await outcome;
  assert.deepEqual(consent.state().purposes, { analytics: false, embeds: true });
});

test("what another tab decided is taken over", () => {
  const world = new FakeWorld();
  const { consent, states } = visit(world);
  consent.refresh();
  assert.equal(states.length, 0);
  world.jar.set("consentkit@", ACCEPTED);
  consent.refresh();
  assert.equal(agrees(consent.state()), true);
  world.jar.set("consentkit@other", REFUSED);
  consent.refresh();
  assert.equal(consent.state().status, "invalid");
});

test("only a page of another site keeps the state by itself", async () => {
  for (const [relation, writes] of [
    [{ credentials: "same-origin", domain: "" }, 0],
    [{ credentials: "include", domain: "herald.example" }, 0],
    [{ credentials: "omit", domain: "" }, 1],
  ] as const) {
    const world = new FakeWorld();
    world.serverSetsCookie = false;
    world.answers.push({ status: 201, state: ACCEPTED });
    const { consent } = visit(world, relation);
    await consent.decide(accept);
    assert.equal(world.written.length, writes);
    assert.equal(world.sent[0]?.init.credentials, relation.credentials);
    assert.equal(agrees(consent.state()), true);
  }
});

test("the state that a page keeps by itself is a plain cookie of its host, Secure on https", async () => {
  const world = new FakeWorld();
  world.answers.push({ status: 201, state: ACCEPTED });
  await visit(world, { credentials: "omit", domain: "" }).consent.decide(accept);
  assert.equal(world.written[0], `consentkit=${ACCEPTED}; Max-Age=15552000; Path=/; SameSite=Lax; Secure`);
});

/** A visit whose sending part can't be had the first *failures* times. */
function visitWithout(world: FakeWorld, failures: number) {
  const states: State[] = [];
  let asked = 0;
  const consent = createConsent({
    config,
    base: "https://herald.example/consent/",
    world,
    relation: { credentials: "same-origin", domain: "" },
    changed: (state) => states.push(state),
    load: async (holder) => {
      if (asked++ < failures) throw new TypeError("Failed to fetch dynamically imported module");
      return createSender(holder);
    },
  });
  return { consent, states };
}

for (const storageBlocked of [false, true]) {
  test(`a refusal holds while what sends can't be had, and is sent once it can, storage ${storageBlocked ? "blocked" : "open"}`, async () => {
    const world = new FakeWorld();
    world.storageBlocked = storageBlocked;
    world.answers.push(new TypeError("network"), { status: 201, state: REFUSED });
    const { consent } = visitWithout(world, 3);
    const outcome = consent.decide(reject);
    assert.deepEqual([consent.state().status, consent.state().recorded], ["valid", false]);
    assert.equal(world.items.has(KEY), !storageBlocked);
    assert.equal(await outcome, "unsaved");
    await settle();
    // Once without what sends, once with it, and the server knows it by its nonce.
    assert.equal(world.sent.length, 2);
    assert.equal(world.sent[0]?.text, world.sent[1]?.text);
    assert.equal(consent.state().recorded, true);
    assert.equal(world.items.has(KEY), false);
  });
}

test("agreeing fails while what sends can't be had, and works at the next try", async () => {
  const world = new FakeWorld();
  world.answers.push({ status: 201, state: ACCEPTED });
  const { consent, states } = visitWithout(world, 1);
  assert.equal(await consent.decide(accept), "failed");
  assert.deepEqual([states, world.sent], [[], []]);
  assert.equal(await consent.decide(accept), "stored");
});

test("clicks while what sends is on its way are one decision each, the last one counts", async () => {
  const world = new FakeWorld();
  world.answers.push({ status: 201, state: REFUSED }, { status: 201, state: ACCEPTED });
  const { consent, states } = visit(world);
  const outcomes = [consent.decide(accept), consent.decide(accept), consent.decide(reject), consent.decide(reject)];
  assert.deepEqual(await Promise.all(outcomes), ["failed", "failed", "stored", "stored"]);
  assert.deepEqual(
    world.sent.map(({ body }) => body.action),
    ["reject_all"],
  );
  assert.equal(states.some(agrees), false);
});

test("an agreement after a refusal that could not be sent ends it", async () => {
  const world = new FakeWorld();
  const { consent } = visitWithout(world, 1);
  assert.equal(await consent.decide(reject), "unsaved");
  world.answers.push({ status: 201, state: ACCEPTED });
  assert.equal(await consent.decide(accept), "stored");
  await settle();
  assert.deepEqual(
    world.sent.map(({ body }) => body.action),
    ["reject_all", "accept_all"],
  );
  assert.equal(agrees(consent.state()), true);
});

test("a refusal is recorded without what sends, where the server can be reached", async () => {
  const world = new FakeWorld();
  world.answers.push({ status: 201, state: REFUSED });
  const { consent } = visitWithout(world, 99);
  assert.equal(await consent.decide(reject), "unsaved");
  while (!consent.state().recorded) await new Promise((done) => setImmediate(done));
  assert.equal(consent.state().status, "valid");
  assert.equal(world.items.has(KEY), false);
  await settle();
  assert.equal(world.sent.length, 1);
});
