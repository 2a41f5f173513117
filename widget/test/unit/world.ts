/** A browser for the tests of `core`: nothing in it but what `core` asks for, and a clock that waits for nobody. */

import type { World } from "../../src/core/consent.ts";
import type { Payload } from "../../src/core/cookie.ts";
import type { Known } from "../../src/core/state.ts";

export const DAY = 20_000;
/** As long as a server may think, in milliseconds. */
const PATIENCE = 10_000;

export const config: Known & { maxAgeDays: number } = {
  site: "steppe-herald",
  revision: 3,
  signal: false,
  purposes: ["analytics", "embeds"],
  services: [
    { id: "counter", purposes: ["analytics"] },
    { id: "youtube", purposes: ["embeds"] },
  ],
  maxAgeDays: 180,
};

/** A value as the server seals it. */
export function seal(payload: Partial<Payload> | unknown): string {
  const whole =
    typeof payload === "object" && payload
      ? { v: 1, s: "steppe-herald", c: 3, n: "abcdefghijklmnop", r: "gdpr", a: "save", p: [], e: DAY, ...payload }
      : payload;
  return `${Buffer.from(JSON.stringify(whole)).toString("base64url")}.aSgnAA.c2lnbmF0dXJl`;
}

export const REFUSED = seal({ a: "reject_all", n: "" });
export const ACCEPTED = seal({ a: "accept_all", p: ["analytics", "embeds"] });

export type Sent = { url: string; body: Record<string, unknown>; text: string; init: RequestInit };
/** What the server answers: a status with a sealed state or with `Retry-After`, or an error to throw. */
export type Answer = { status: number; state?: string; retryAfter?: number } | Error;

export class FakeWorld implements World {
  readonly jar = new Map<string, string>();
  readonly written: string[] = [];
  readonly sent: Sent[] = [];
  readonly waited: number[] = [];
  readonly answers: Answer[] = [];
  readonly items = new Map<string, string>();
  storageBlocked = false;
  cookiesBlocked = false;
  /** The service sets its own cookie, where the browser lets it. */
  serverSetsCookie = true;
  now = DAY * 86_400_000 + 1000;
  location = { protocol: "https:", pathname: "/news/a" };
  crypto = globalThis.crypto;
  Date = { now: () => this.now };

  document = ((world: FakeWorld) => ({
    get cookie() {
      if (world.cookiesBlocked) throw new DOMException("blocked", "SecurityError");
      return [...world.jar].map(([key, value]) => `${key.split("@")[0]}=${value}`).join("; ");
    },
    set cookie(text: string) {
      if (world.cookiesBlocked) throw new DOMException("blocked", "SecurityError");
      world.written.push(text);
      const [pair = "", ...rest] = text.split("; ");
      const domain = rest.find((part) => part.startsWith("Domain="))?.slice(7) ?? "";
      if (rest.includes("Max-Age=0")) world.jar.delete(`consentkit@${domain}`);
      else world.jar.set(`consentkit@${domain}`, pair.slice("consentkit=".length));
    },
  }))(this);

  get localStorage(): Storage {
    if (this.storageBlocked) throw new DOMException("blocked", "SecurityError");
    const { items } = this;
    return {
      getItem: (key: string) => items.get(key) ?? null,
      setItem: (key: string, value: string) => void items.set(key, value),
      removeItem: (key: string) => void items.delete(key),
    } as unknown as Storage;
  }

  fetch = (async (url: string, init: RequestInit) => {
    this.sent.push({ url, init, text: init.body as string, body: JSON.parse(init.body as string) });
    const answer = this.answers.shift() ?? new TypeError("network");
    if (answer instanceof Error) throw answer;
    if (answer.state && this.serverSetsCookie) this.jar.set("consentkit@", answer.state);
    const headers: Record<string, string> = answer.retryAfter ? { "Retry-After": String(answer.retryAfter) } : {};
    return new Response(JSON.stringify({ state: answer.state }), { status: answer.status, headers });
  }) as typeof fetch;

  /** Whether servers that don't answer are given up at once. Else nobody looks at the clock. */
  impatient = false;
  setTimeout = (callback: () => void, milliseconds: number) => {
    if (milliseconds === PATIENCE && !this.impatient) return;
    this.waited.push(milliseconds);
    // A day of them is enough to see.
    if (this.waited.length > 40) return;
    setImmediate(callback);
  };
}

/** Lets everything that is on its way arrive. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 60; i++) await new Promise((done) => setImmediate(done));
}
