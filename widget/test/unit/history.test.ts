import assert from "node:assert/strict";
import { test } from "node:test";
import { type Device, fits, look } from "../../src/history.ts";

const blocked = (): never => {
  throw new Error("blocked");
};

test("a declared name fits itself alone, and a star anything", () => {
  assert.ok(fits("_ga_*", "_ga_X1"));
  assert.ok(fits("*", ""));
  assert.ok(!fits("_ga", "_ga_X1"));
  assert.ok(!fits("a.c", "abc"));
  assert.ok(fits("(", "("));
});

test("names are read of every kind of storage, and no values", async () => {
  const device = {
    document: { cookie: "a=secret; b; c=x=y" },
    localStorage: { key: "secret" },
    sessionStorage: {},
    indexedDB: { databases: async () => [{ name: "shop", version: 1 }, { version: 1 }] },
    caches: { keys: async () => ["pages"] },
  } as unknown as Device;
  assert.deepEqual(await look(device), { c: ["a", "b", "c"], l: ["key"], s: [], i: ["shop"], h: ["pages"] });
});

test("what the browser withholds is as if it were not there, and the rest is found", async () => {
  const device = {
    get document(): never {
      return blocked();
    },
    get localStorage(): never {
      return blocked();
    },
    sessionStorage: { key: "1" },
    indexedDB: { databases: blocked },
    get caches(): never {
      return blocked();
    },
  } as unknown as Device;
  assert.deepEqual(await look(device), { c: [], l: [], s: ["key"], i: [], h: [] });
});
