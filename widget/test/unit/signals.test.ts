/** What each tool finds in its queue, exactly, and in which order. */

import assert from "node:assert/strict";
import test from "node:test";
import vm from "node:vm";
import { build } from "../../build.mjs";
import type { State } from "../../src/api.ts";
import type { SignalData } from "../../src/signals/main.ts";
import { ungated } from "../../src/signals/ungated.ts";
import { ACCEPTED, DAY, REFUSED, seal } from "./world.ts";

const source = Buffer.from((await build()).get("signals.js") as Uint8Array).toString("utf8");

const site = {
  site: "steppe-herald",
  revision: 3,
  purposes: ["analytics", "embeds"],
  services: [
    { id: "counter", purposes: ["analytics"] },
    { id: "youtube", purposes: ["embeds"] },
  ],
};

const google = {
  layer: "dataLayer",
  types: {
    ad_storage: ["embeds"],
    ad_user_data: ["embeds", "youtube"],
    ad_personalization: [],
    analytics_storage: ["analytics"],
    functionality_storage: ["analytics"],
    personalization_storage: ["analytics"],
    security_storage: ["necessary"],
  },
  wait: 500,
  redact: true,
  pass: false,
  regions: [] as unknown[],
};
const NOTHING = {
  ad_storage: "denied",
  ad_user_data: "denied",
  ad_personalization: "denied",
  analytics_storage: "denied",
  functionality_storage: "denied",
  personalization_storage: "denied",
  security_storage: "granted",
};
const MEASURED = {
  ...NOTHING,
  analytics_storage: "granted",
  functionality_storage: "granted",
  personalization_storage: "granted",
};
const EVERYTHING = { ...MEASURED, ad_storage: "granted", ad_user_data: "granted" };
const BEGIN = [
  ["consent", "default", { ...NOTHING, wait_for_update: 500 }],
  ["set", "ads_data_redaction", true],
];

interface Given {
  cookie?: string | null;
  kept?: string;
  gpc?: boolean;
  prerendering?: boolean;
  globals?: Record<string, unknown>;
  /** As in front of the tag: without an element. */
  tag?: boolean;
}

/** A page with these signals. */
function open(signals: object, { cookie = "", kept, gpc, prerendering, globals = {}, tag }: Given = {}) {
  const target = new EventTarget();
  const data = JSON.stringify({ ...site, ...signals });
  const document = Object.assign(target, {
    prerendering,
    currentScript: tag ? { dataset: {} } : { dataset: { consentkitSignals: data } },
    querySelector: () => null,
  });
  Object.defineProperty(document, "cookie", {
    get() {
      if (cookie === null) throw new Error("blocked");
      return cookie;
    },
  });
  const window: Record<string, unknown> = { ...globals };
  Object.assign(window, {
    window,
    document,
    navigator: { globalPrivacyControl: gpc },
    localStorage: { getItem: () => kept ?? null },
    Date: { now: () => DAY * 86_400_000 },
    atob,
  });
  const text = tag ? `{const __CONSENTKIT_SIGNALS__=${data};${source}}` : source;
  const context = vm.createContext(window);
  vm.runInContext(text, context);
  return {
    window,
    document,
    again: () => vm.runInContext(text, context),
    /** The widget says what holds now. */
    say(status: string, purposes = {}, services = {}, name = "change") {
      const detail = { status, action: "save", revision: 3, recorded: true, purposes, services };
      target.dispatchEvent(new CustomEvent(`consentkit:${name}`, { detail }));
    },
    /** A queue, with arguments objects as lists; what is a list already is marked. */
    queue: (name: string) => JSON.parse(JSON.stringify(window[name] ?? null)),
    entries: (name: string): unknown[] => {
      for (const entry of (window[name] ?? []) as unknown[]) {
        assert.equal(Object.prototype.toString.call(entry), "[object Arguments]");
      }
      return JSON.parse(
        JSON.stringify(Array.from((window[name] ?? []) as ArrayLike<unknown>[], (one) => Array.from(one))),
      );
    },
  };
}

const accepted = { cookie: `consentkit=${ACCEPTED}` };
const refused = { cookie: `consentkit=${REFUSED}` };
const yes = [
  { analytics: true, embeds: true },
  { counter: true, youtube: true },
] as const;
const no = [
  { analytics: false, embeds: false },
  { counter: false, youtube: false },
] as const;

test("Google: all seven types are denied before any tag, security apart", () => {
  const page = open({ google });
  assert.deepEqual(page.entries("dataLayer"), BEGIN);
  assert.equal(typeof page.window.gtag, "function");
});

for (const [what, given] of [
  ["a decision of another site", { cookie: `consentkit=${seal({ s: "x", p: ["analytics"] })}` }],
  ["an outdated decision", { cookie: `consentkit=${seal({ c: 2, p: ["analytics"] })}` }],
  ["an expired decision", { cookie: `consentkit=${seal({ e: DAY - 1, p: ["analytics"] })}` }],
  ["two different decisions", { cookie: `consentkit=${ACCEPTED}; consentkit=${REFUSED}` }],
  ["rubbish", { cookie: "consentkit=%%%" }],
  ["cookies that are blocked", { cookie: null }],
] as const) {
  test(`Google: ${what} grants nothing`, () => {
    assert.deepEqual(open({ google }, given).entries("dataLayer"), BEGIN);
  });
}

test("Google: a decision is told at once, after the default", () => {
  assert.deepEqual(open({ google }, accepted).entries("dataLayer"), [...BEGIN, ["consent", "update", EVERYTHING]]);
  assert.deepEqual(open({ google }, refused).entries("dataLayer"), [...BEGIN, ["consent", "update", NOTHING]]);
});

test("Google: a refusal that is not recorded yet counts more than the cookie", () => {
  const body = JSON.stringify({ action: "reject_all" });
  const kept = JSON.stringify({ time: DAY * 86_400_000, body });
  assert.deepEqual(open({ google }, { ...accepted, kept }).entries("dataLayer"), [
    ...BEGIN,
    ["consent", "update", NOTHING],
  ]);
});

test("Google: a service that is refused alone is denied alone", () => {
  // Service 1 differs from its purpose.
  const cookie = `consentkit=${seal({ p: ["analytics", "embeds"], x: "2" })}`;
  assert.deepEqual(open({ google }, { cookie }).entries("dataLayer").at(-1), [
    "consent",
    "update",
    { ...EVERYTHING, ad_user_data: "denied" },
  ]);
});

test("Google: every change is told, and none twice", () => {
  const page = open({ google });
  page.say("none", ...no, "ready");
  assert.deepEqual(page.entries("dataLayer"), BEGIN);
  page.say("valid", ...yes);
  page.say("valid", ...yes);
  page.say("valid", { analytics: true, embeds: false }, { counter: true, youtube: false });
  page.say("valid", ...no);
  page.say("valid", ...no);
  assert.deepEqual(page.entries("dataLayer").slice(BEGIN.length), [
    ["consent", "update", EVERYTHING],
    ["consent", "update", MEASURED],
    ["consent", "update", NOTHING],
  ]);
});

test("Google: what is no longer valid is taken back", () => {
  const page = open({ google }, accepted);
  page.say("expired", ...no);
  assert.deepEqual(page.entries("dataLayer").at(-1), ["consent", "update", NOTHING]);
});

test("Google: another name, no waiting, passing through", () => {
  const page = open({ google: { ...google, layer: "layer2", wait: 0, redact: false, pass: true } });
  assert.deepEqual(page.entries("layer2"), [
    ["consent", "default", NOTHING],
    ["set", "url_passthrough", true],
  ]);
  assert.equal(page.window.dataLayer, undefined);
});

test("Google: places have defaults of their own until the reader decides", () => {
  const regions = [
    { codes: ["US"], granted: ["analytics_storage"], wait: 0 },
    { codes: ["US-CA"], granted: [], wait: 800 },
  ];
  const places = [
    ["consent", "default", { ...NOTHING, analytics_storage: "granted", region: ["US"] }],
    ["consent", "default", { ...NOTHING, region: ["US-CA"], wait_for_update: 800 }],
  ];
  const signals = { google: { ...google, regions } };
  assert.deepEqual(open(signals).entries("dataLayer"), [BEGIN[0], ...places, BEGIN[1]]);
  // Nobody who said no, here or to every site at once, and nobody whose choice needs asking again.
  assert.deepEqual(open(signals, { gpc: true }).entries("dataLayer"), BEGIN);
  assert.deepEqual(open(signals, refused).entries("dataLayer"), [...BEGIN, ["consent", "update", NOTHING]]);
  assert.deepEqual(open(signals, { cookie: "consentkit=x" }).entries("dataLayer"), BEGIN);
});

test("Google: a default that the page's head has said is not said again after the tags", () => {
  const said = (types: object) => {
    const globals = vm.runInNewContext(
      `({ dataLayer: [null, {}, (function () { return arguments })("consent", "default", ${JSON.stringify(types)})] })`,
    );
    const regions = [{ codes: ["US"], granted: [], wait: 0 }];
    return open({ google: { ...google, regions } }, { globals }).queue("dataLayer").length - 3;
  };
  assert.equal(said({ ...NOTHING, wait_for_update: 500 }), 1);
  assert.equal(said({ ...NOTHING, ad_storage: "granted" }), 3);
  assert.equal(said({ ...NOTHING, region: ["DE"] }), 3);
  assert.equal(said({ ad_storage: "denied" }), 3);
});

test("Microsoft UET: three elements each time", () => {
  const page = open({ uet: ["embeds"] }, accepted);
  page.say("valid", ...yes);
  page.say("valid", ...no);
  assert.deepEqual(page.queue("uetq"), [
    ...["consent", "default", { ad_storage: "denied" }],
    ...["consent", "update", { ad_storage: "granted" }],
    ...["consent", "update", { ad_storage: "denied" }],
  ]);
});

test("Microsoft UET: a tag that has taken its queue over is told as well", () => {
  const page = open({ uet: ["embeds"] });
  const told: unknown[] = [];
  page.window.uetq = { push: (...words: unknown[]) => told.push(words) };
  page.say("valid", ...yes);
  assert.equal(JSON.stringify(told), '[["consent","update",{"ad_storage":"granted"}]]');
});

test("Microsoft Clarity: the second consent call, in the queue of its own snippet", () => {
  const page = open({ clarity: { ad_Storage: ["embeds"], analytics_Storage: ["analytics"] } }, refused);
  page.say("valid", ...no);
  page.say("valid", { analytics: true }, {});
  const { q } = page.window.clarity as { q: ArrayLike<unknown>[] };
  assert.deepEqual(JSON.parse(JSON.stringify(q.map((entry) => Array.from(entry)))), [
    ["consentv2", { ad_Storage: "denied", analytics_Storage: "denied" }],
    ["consentv2", { ad_Storage: "denied", analytics_Storage: "granted" }],
  ]);
});

const matomo = { cookies: false, needs: ["analytics"] };

test("Matomo: waits on every page, remembers nothing by itself, and forgets", () => {
  const page = open({ matomo }, accepted);
  page.say("valid", ...yes);
  page.say("valid", ...no);
  assert.deepEqual(page.queue("_paq"), [["requireConsent"], ["setConsentGiven"], ["forgetConsentGiven", 1 / 3600]]);
  assert.deepEqual(open({ matomo }, refused).queue("_paq"), [["requireConsent"]]);
});

test("Matomo: what it remembers from before is forgotten first", () => {
  const page = open({ matomo }, { cookie: `mtm_consent=1700000000000; consentkit=${ACCEPTED}` });
  assert.deepEqual(page.queue("_paq"), [["requireConsent"], ["forgetConsentGiven", 1 / 3600], ["setConsentGiven"]]);
  // Another cookie whose name ends alike is none of Matomo's.
  assert.deepEqual(open({ matomo }, { cookie: "xmtm_consent=1" }).queue("_paq"), [["requireConsent"]]);
});

test("Matomo: only its cookies may wait", () => {
  const page = open({ matomo: { ...matomo, cookies: true } }, { cookie: "mtm_cookie_consent=1" });
  page.say("valid", ...yes);
  assert.deepEqual(page.queue("_paq"), [
    ["requireCookieConsent"],
    ["forgetCookieConsentGiven"],
    ["setCookieConsentGiven"],
  ]);
});

test("Piano: opt-out until agreed, whatever it kept, beside what the page set", () => {
  const globals = { pdl: { cookies: { storageMode: "fixed" }, consent: { defaultPreset: { DMP: "opt-out" } } } };
  const page = open({ piano: { queue: "_paQueue", needs: ["analytics"] } }, { globals });
  page.say("valid", ...no);
  page.say("valid", ...yes);
  assert.deepEqual(page.queue("pdl"), {
    cookies: { storageMode: "fixed" },
    requireConsent: "v2",
    consent: { products: ["PA"], defaultPreset: { DMP: "opt-out", PA: "opt-out" } },
  });
  assert.deepEqual(page.queue("_paQueue"), [
    ["consent.setMode", "opt-out"],
    ["consent.setMode", "opt-in"],
  ]);
});

test("the event: by purpose and service, once for each change, after Google's update", () => {
  const event = "consentkit_consent";
  const page = open({ google, layer: { name: "dataLayer", event } });
  assert.equal(page.queue("dataLayer").length, 2);
  page.say("valid", ...yes);
  page.say("valid", ...yes);
  page.say("valid", ...no);
  const found = page.queue("dataLayer").slice(2);
  assert.deepEqual(
    found.map((entry: Record<string, unknown>) => entry.event ?? entry[1]),
    ["update", event, "update", event],
  );
  assert.deepEqual(found[1], { event, consent: { purposes: yes[0], services: yes[1] } });
  assert.deepEqual(found[3], { event, consent: { purposes: no[0], services: no[1] } });
});

test("one tool that fails leaves the others, and the page, alone", () => {
  const globals = {
    get uetq() {
      return 7;
    },
    clarity() {
      throw new Error("a tool's own");
    },
  };
  const page = open({ uet: ["embeds"], clarity: {}, matomo }, { ...accepted, globals });
  assert.deepEqual(page.queue("_paq"), [["requireConsent"], ["setConsentGiven"]]);
});

test("a page that nobody looks at yet tells only the defaults", () => {
  const page = open({ google }, { ...accepted, prerendering: true });
  page.say("valid", ...yes, "ready");
  assert.deepEqual(page.entries("dataLayer"), BEGIN);
  page.document.prerendering = false;
  page.document.dispatchEvent(new Event("prerenderingchange"));
  assert.deepEqual(page.entries("dataLayer").at(-1), ["consent", "update", EVERYTHING]);
});

test("in front of the tag it needs no element, and says everything once", () => {
  const page = open({ google }, { ...accepted, tag: true });
  page.again();
  assert.deepEqual(page.entries("dataLayer"), [...BEGIN, ["consent", "update", EVERYTHING]]);
});

test("without its data it does nothing, and throws nothing", () => {
  const document = { currentScript: null, querySelector: () => null };
  vm.runInNewContext(source, { document, window: {} });
});

const told = {
  google,
  uet: ["embeds"],
  clarity: {},
  matomo,
  piano: { needs: ["analytics"] },
} as unknown as Partial<SignalData>;
const holding = (purposes: Record<string, boolean>) => ({ purposes, services: {} }) as unknown as State;

for (const [src, tool] of [
  ["https://www.googletagmanager.com/gtm.js?id=GTM-1", "Google"],
  ["https://tags.news.example/gtag/js?id=G-1", "Google"],
  ["https://bat.bing.com/bat.js", "Microsoft UET"],
  ["https://www.clarity.ms/tag/x", "Microsoft Clarity"],
  ["https://stats.news.example/matomo.js", "Matomo"],
  ["https://tag.aticdn.net/piano-analytics.js", "Piano Analytics"],
] as const) {
  test(`while one builds a site, ${src} before consent is told of`, () => {
    assert.equal(ungated(told, holding({ analytics: false, embeds: false }), src), tool);
    assert.equal(ungated({}, holding({ analytics: false }), src), tool);
    assert.equal(ungated({}, holding({ analytics: true }), src), undefined);
  });
}

test("what is agreed to, what is somebody else's, and what may be there at once is passed over", () => {
  const gtm = "https://www.googletagmanager.com/gtm.js";
  const nobody = holding({});
  assert.equal(ungated(told, holding({ analytics: true }), gtm), undefined);
  assert.equal(ungated(told, holding({ analytics: true }), "https://bat.bing.com/bat.js"), "Microsoft UET");
  assert.equal(ungated(told, nobody, "https://news.example/app.js"), undefined);
  assert.equal(ungated(told, nobody, "https://notclarity.ms/tag/x"), undefined);
  assert.equal(ungated({ google: { ...google, advanced: true } } as never, nobody, gtm), undefined);
  assert.equal(
    ungated({ matomo: { ...matomo, cookies: true } } as never, nobody, "https://x.example/matomo.js"),
    undefined,
  );
});
