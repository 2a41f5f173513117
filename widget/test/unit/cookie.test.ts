import assert from "node:assert/strict";
import test from "node:test";
import { findCookie, hasBit, parseCookie } from "../../src/core/cookie.ts";
import { seal } from "./world.ts";

test("a value as the server seals it is read", () => {
  const payload = parseCookie(seal({ a: "accept_all", p: ["analytics"], x: "1f" }));
  assert.equal(payload?.a, "accept_all");
  assert.deepEqual(payload?.p, ["analytics"]);
  assert.equal(payload?.x, "1f");
});

const hostile: [string, unknown][] = [
  ["nothing", ""],
  ["no text", undefined],
  ["a number", 7],
  ["no signature", seal({}).split(".").slice(0, 2).join(".")],
  ["a part too many", `${seal({})}.x`],
  ["a compressed value", `.${seal({})}`],
  ["no base64", "!!!.aSgnAA.c2ln"],
  ["base64 that is no JSON", `${Buffer.from("{").toString("base64url")}.aSgnAA.c2ln`],
  ["JSON that is no object", seal(null)],
  ["a list", `${Buffer.from("[]").toString("base64url")}.aSgnAA.c2ln`],
  ["spaces around it", ` ${seal({})} `],
  ["a line break at its end", `${seal({})}\n`],
  ["a value that is too long", `${"e".repeat(601)}.aSgnAA.c2ln`],
  ["another format", seal({ v: 2 as never })],
  ["a format in words", seal({ v: "1" as never })],
  ["purposes that are no list", seal({ p: "analytics" as never })],
  ["purposes like a list", seal({ p: { length: 1, 0: "analytics", every: 1 } as never })],
  ["a purpose that is no text", seal({ p: [{}] as never })],
  ["a site that is no text", seal({ s: ["steppe-herald"] as never })],
  ["a revision in words", seal({ c: "9" as never })],
  ["a broken revision", seal({ c: 3.5 })],
  ["no last day", seal({ e: undefined as never })],
  ["a last day without end", seal({ e: null as never })],
  ["an unknown action", seal({ a: "everything" as never })],
  ["an action in a list", seal({ a: ["save"] as never })],
  ["a bitmap that is no number", seal({ x: "xyz" })],
  ["a bitmap that is no text", seal({ x: 3 as never })],
];
for (const [what, value] of hostile) {
  test(`${what} is no decision`, () => {
    assert.equal(parseCookie(value), null);
  });
}

test("any byte of the payload may be broken without an error", () => {
  const value = seal({ p: ["analytics"] });
  for (let i = 0; i < value.length; i++) {
    assert.doesNotThrow(() => parseCookie(`${value.slice(0, i)}~${value.slice(i + 1)}`));
    assert.doesNotThrow(() => parseCookie(value.slice(0, i)));
  }
});

test("the cookie is found among others, and only by its whole name", () => {
  assert.equal(findCookie("a=1; consentkit_id=x; xconsentkit=y; consentkit=z"), "z");
  assert.equal(findCookie("consentkit_class=3"), "");
  assert.equal(findCookie(""), "");
});

test("the same value twice counts once, two different ones count as none", () => {
  assert.equal(findCookie("consentkit=a; consentkit=a"), "a");
  assert.equal(findCookie("consentkit=a; consentkit=b"), null);
});

test("the bitmap is read from its least significant bit", () => {
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5].map((i) => hasBit("12", i)),
    [false, true, false, false, true, false],
  );
  assert.equal(hasBit("", 0), false);
  assert.equal(hasBit("f", 400), false);
});
