import assert from "node:assert/strict";
import test from "node:test";
import type { State } from "../../src/api.ts";
import { cleanUp, judgeStored, type Stores } from "../../src/blockers/cleanup.ts";
import { judge } from "../../src/core/state.ts";
import { config, DAY, seal } from "./world.ts";

const services = [
  { id: "counter", purposes: ["analytics"], stored: "_count _ga_* =lcounter:* =idatabase =hcounter-v1" },
  { id: "youtube", purposes: ["embeds"], stored: "_ga_shared* =svideo" },
];
const site = { ...config, services };
const state = (...purposes: string[]): State => judge(site, seal({ p: purposes }), DAY);

/** A browser's cookies as they are stored: one for each name, domain and path; and each write that was tried. */
class Jar {
  readonly stored = new Map<string, { domain: string; path: string }>();
  readonly written: string[] = [];
  constructor(
    readonly host: string,
    readonly pathname: string,
  ) {}
  set(name: string, domain = "", path = "/"): this {
    this.stored.set([name, domain, path].join(), { domain, path });
    return this;
  }
  names(): string[] {
    return [...this.stored.keys()].map((key) => key.split(",")[0] as string);
  }
  get cookie(): string {
    return this.names()
      .map((name) => `${name}=1`)
      .join("; ");
  }
  set cookie(text: string) {
    this.written.push(text);
    const [pair = "", ...rest] = text.split("; ");
    const value = (key: string) => rest.find((part) => part.startsWith(`${key}=`))?.slice(key.length + 1) ?? "";
    assert.equal(value("Max-Age"), "0");
    this.stored.delete([pair.split("=")[0], value("Domain"), value("Path")].join());
  }
}

class Shelf {
  [key: string]: unknown;
  constructor(...keys: string[]) {
    for (const key of keys) this[key] = "1";
    Object.defineProperty(this, "removeItem", { value: (key: string) => delete this[key], enumerable: false });
  }
}

function stores(jar: Jar, more: Partial<Record<keyof Stores, unknown>> = {}): Stores {
  return {
    document: jar,
    location: { protocol: "https:", hostname: jar.host, pathname: jar.pathname },
    localStorage: new Shelf(),
    sessionStorage: new Shelf(),
    ...more,
  } as unknown as Stores;
}

for (const [kind, name, allowed, goes] of [
  ["c", "_count", [], true],
  ["c", "_count", ["analytics"], false],
  ["c", "_counter", [], false],
  ["c", "my_count", [], false],
  ["c", "_ga_1", [], true],
  ["c", "_ga_", [], true],
  ["c", "_ga", [], false],
  ["c", "_ga_shared1", ["embeds"], false],
  ["c", "_ga_shared1", ["analytics"], false],
  ["c", "_ga_shared1", [], true],
  ["l", "counter:1", [], true],
  ["s", "counter:1", [], false],
  ["c", "counter:1", [], false],
  ["i", "database", [], true],
  ["h", "counter-v1", [], true],
  ["h", "counter-v10", [], false],
] as const) {
  test(`with ${allowed.join() || "nothing"} allowed, ${kind} ${name} ${goes ? "goes" : "stays"}`, () => {
    assert.equal(judgeStored(site, state(...allowed))(kind, name), goes);
  });
}

test("what a necessary service stores stays, and so does our own, whatever the pattern says", () => {
  const greedy = {
    services: [{ id: "counter", purposes: ["analytics"], stored: "* =l*" }],
    kept: "session_* =lbasket",
  };
  const goes = judgeStored(greedy, state());
  for (const name of ["consentkit", "consentkit_id", "consentkit_class", "session_1"])
    assert.equal(goes("c", name), false);
  for (const name of ["consentkit:pending", "consentkit:left", "basket"]) assert.equal(goes("l", name), false);
  assert.equal(goes("c", "consentkitten"), true);
  assert.equal(goes("l", "session_1"), true);
});

test("signs that mean something in an expression mean nothing in a name", () => {
  const goes = judgeStored({ services: [{ id: "counter", purposes: ["analytics"], stored: "a.b(c)+*" }] }, state());
  assert.equal(goes("c", "a.b(c)+d"), true);
  assert.equal(goes("c", "axb(c)+d"), false);
});

test("a cookie goes from every path and domain that could have set it", async () => {
  const jar = new Jar("a.b.paper.example", "/news/2026/story");
  const domains = ["", "a.b.paper.example", "b.paper.example", "paper.example"];
  const paths = ["/", "/news", "/news/", "/news/2026", "/news/2026/", "/news/2026/story"];
  for (const domain of domains) for (const path of paths) jar.set("_ga_1", domain, path);
  jar.set("session").set("_gat");
  await cleanUp(site, state(), stores(jar));
  assert.deepEqual(jar.names(), ["session", "_gat"]);
  assert.ok(jar.written.every((text) => text.includes("; Secure")));
  assert.ok(jar.written.some((text) => text.endsWith("; Secure; Partitioned")));
});

test("where nothing has to go, nothing is written, and no other storage is touched", async () => {
  const jar = new Jar("paper.example", "/").set("session");
  const untouched = { services: [{ id: "counter", purposes: ["analytics"], stored: "_count" }] };
  let touched = 0;
  const watched = stores(jar);
  for (const area of ["localStorage", "sessionStorage", "indexedDB", "caches"]) {
    Object.defineProperty(watched, area, { get: () => ++touched });
  }
  await cleanUp(untouched, state(), watched);
  assert.equal(touched, 0);
  assert.deepEqual(jar.written, []);
});

test("keys, databases and caches go; what throws is nobody else's business", async () => {
  const jar = new Jar("paper.example", "/").set("_count");
  const session = new Shelf("video", "video2");
  const databases = ["database", "other"];
  const caches = ["counter-v1", "other"];
  await cleanUp(site, state(), {
    ...stores(jar, { sessionStorage: session }),
    get localStorage(): Storage {
      throw new DOMException("blocked", "SecurityError");
    },
    indexedDB: {
      databases: async () => databases.map((name) => ({ name })),
      deleteDatabase(name: string) {
        databases.splice(databases.indexOf(name), 1);
        const request = {} as IDBOpenDBRequest;
        setTimeout(() => request.onblocked?.({} as IDBVersionChangeEvent));
        return request;
      },
    },
    caches: {
      keys: async () => [...caches],
      delete: async (name: string) => !!caches.splice(caches.indexOf(name), 1),
    },
  } as unknown as Stores);
  assert.deepEqual(jar.names(), []);
  assert.deepEqual(Object.keys(session), ["video2"]);
  assert.deepEqual(databases, ["other"]);
  assert.deepEqual(caches, ["other"]);
});
