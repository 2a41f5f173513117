/**
 * Deletes what refused services have stored on the page's own site: the cookies and storage keys that the site declares
 * for them. What an allowed or a necessary service declares as well stays, and so does what is consentkit's own.
 *
 * Script can't see cookies that are `HttpOnly` or of another path. The latter go when a page of that path is open.
 */

import type { State } from "../api.ts";
import type { Config } from "../config.ts";

/** What of the browser this needs. Any of it may throw. */
export interface Stores {
  readonly document: { cookie: string };
  readonly location: Pick<Location, "protocol" | "hostname" | "pathname">;
  readonly localStorage: Storage;
  readonly sessionStorage: Storage;
  readonly indexedDB: Pick<IDBFactory, "databases" | "deleteDatabase">;
  readonly caches: Pick<CacheStorage, "keys" | "delete">;
}

/** Whether something of that kind (`c` cookie, `l`, `s` storage, `i` database, `h` cache) and name has to go. */
type Goes = (kind: string, name: string) => boolean;

const OURS = /^.consentkit($|[_:])/;

/** Reads what a service declares: names with `*`, spaces between; `=` and a letter in front tell that it is no cookie. */
function patterns(stored = ""): RegExp[] {
  return stored
    .split(" ")
    .filter(Boolean)
    .map((item) => {
      const whole = item.startsWith("=") ? item.slice(1) : `c${item}`;
      const parts = whole.split("*").map((text) => text.replace(/\W/g, "\\$&"));
      return RegExp(`^${parts.join(".*")}$`, "s");
    });
}

/** Returns what tells whether something has to go in *state*. */
export function judgeStored({ services, kept }: Pick<Config, "services" | "kept">, state: State): Goes {
  const gone = services.flatMap(({ id, stored }) => (state.services[id] ? [] : patterns(stored)));
  const stays = services.flatMap(({ id, stored }) => (state.services[id] ? patterns(stored) : []));
  stays.push(...patterns(kept), OURS);
  return (kind, name) => [gone, stays].map((all) => all.some((one) => one.test(kind + name))).join() === "true,false";
}

const cookieNames = (document: Stores["document"]) =>
  document.cookie.split("; ").map((pair) => pair.split("=")[0] ?? "");

/** Deletes the cookies that script can see, wherever they may have been set: a cookie does not say where. */
function deleteCookies({ document, location }: Stores, goes: Goes): void {
  const names = new Set(cookieNames(document).filter((name) => goes("c", name)));
  if (!names.size) return;
  const paths = new Set(["/"]);
  let path = "";
  for (const part of location.pathname.split("/").filter(Boolean)) {
    path += `/${part}`;
    paths.add(path).add(`${path}/`);
  }
  // A dot in front means nothing to browsers of today (RFC 6265, 5.2.3).
  const labels = location.hostname.split(".");
  const domains = ["", ...labels.map((_, index) => `; Domain=${labels.slice(index).join(".")}`)];
  const tails = [location.protocol === "https:" ? "; Secure" : "", "; Secure; Partitioned"];
  for (const name of names) {
    for (const where of paths) {
      for (const domain of domains) {
        for (const tail of tails) document.cookie = `${name}=; Max-Age=0; Path=${where}${domain}${tail}`;
      }
      if (!cookieNames(document).includes(name)) break;
    }
  }
}

function deleteKeys(storage: Storage, kind: string, goes: Goes): void {
  for (const key of Object.keys(storage)) if (goes(kind, key)) storage.removeItem(key);
}

async function deleteDatabases(factory: Stores["indexedDB"], goes: Goes): Promise<void> {
  for (const { name = "" } of await factory.databases()) {
    if (!goes("i", name)) continue;
    await new Promise((done) => {
      const request = factory.deleteDatabase(name);
      // Blocked: it goes as soon as the script that has it open is gone.
      request.onsuccess = request.onerror = request.onblocked = done;
    });
  }
}

async function deleteCaches(caches: Stores["caches"], goes: Goes): Promise<void> {
  for (const name of await caches.keys()) if (goes("h", name)) await caches.delete(name);
}

/** Deletes what is refused in *state*: cookies and keys at once, the rest when the promise is kept. Never throws. */
export async function cleanUp(config: Pick<Config, "services" | "kept">, state: State, stores: Stores): Promise<void> {
  const declared = config.services.map(({ stored = "" }) => ` ${stored}`).join("");
  const goes = judgeStored(config, state);
  const attempts = [
    () => deleteCookies(stores, goes),
    () => declared.includes(" =l") && deleteKeys(stores.localStorage, "l", goes),
    () => declared.includes(" =s") && deleteKeys(stores.sessionStorage, "s", goes),
    () => declared.includes(" =i") && deleteDatabases(stores.indexedDB, goes),
    () => declared.includes(" =h") && deleteCaches(stores.caches, goes),
  ];
  // Each begins at once; what one can't do is not the others' business.
  await Promise.allSettled(attempts.map(async (attempt) => attempt()));
}
