/**
 * The reader's own page: shows which of the declared cookies, storage keys, databases and caches are on the device. The
 * page lists all that may be, hidden; here the names are looked at, and nothing is sent. Built as `history.js`.
 */

/** What of the browser this needs. Any of it may throw. */
export interface Device {
  readonly document: { cookie: string };
  readonly localStorage: Storage;
  readonly sessionStorage: Storage;
  readonly indexedDB: Pick<IDBFactory, "databases">;
  readonly caches: Pick<CacheStorage, "keys">;
}

/** A pattern may fit thousands. */
const MOST = 20;
const LONGEST = 100;

/** Whether a declared name, in which `*` stands for anything, is that of *name*. */
export function fits(declared: string, name: string): boolean {
  const parts = declared.split("*").map((text) => text.replace(/\W/g, "\\$&"));
  return RegExp(`^${parts.join(".*")}$`, "s").test(name);
}

/** Returns the names of what is on the device, by the letters of the kinds. What the browser withholds is not there. */
export async function look(device: Device): Promise<Record<string, string[]>> {
  const places: Record<string, () => string[] | Promise<string[]>> = {
    c: () => device.document.cookie.split("; ").flatMap((pair) => pair.split("=")[0] || []),
    l: () => Object.keys(device.localStorage),
    s: () => Object.keys(device.sessionStorage),
    i: async () => (await device.indexedDB.databases()).flatMap(({ name }) => name ?? []),
    h: () => device.caches.keys(),
  };
  const found: Record<string, string[]> = {};
  for (const [kind, names] of Object.entries(places)) {
    try {
      found[kind] = await names();
    } catch {
      found[kind] = [];
    }
  }
  return found;
}

/** Shows in *list* what is there; *none* says that nothing is. What the server has seen already stays. */
export function show(list: HTMLElement, none: HTMLElement, found: Record<string, string[]>): void {
  for (const item of list.querySelectorAll<HTMLElement>("li")) {
    const { kind = "", name: declared = "" } = item.dataset;
    const place = item.querySelector(".history-names");
    const seen = new Set([...item.querySelectorAll("code")].map((code) => code.textContent));
    for (const name of (found[kind] ?? []).filter((one) => fits(declared, one)).sort()) {
      const text = name.slice(0, LONGEST);
      if (seen.has(text) || seen.size >= MOST) continue;
      seen.add(text);
      const code = document.createElement("code");
      code.textContent = text;
      place?.append(code, " ");
    }
    item.hidden = !seen.size;
  }
  none.hidden = !!list.querySelector("li:not([hidden])");
}

if (typeof document !== "undefined") {
  const list = document.getElementById("consentkit-device");
  const none = document.getElementById("consentkit-device-none");
  if (list && none) look(window).then((found) => show(list, none, found));
}
