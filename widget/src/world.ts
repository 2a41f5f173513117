/** The browser, as `core` needs it. */

import type { World } from "./core/consent.ts";

export const browser: World = {
  cookies: () => document.cookie,
  writeCookie: (text) => {
    // The Cookie Store API is asynchronous: a refusal has to hold before the next line runs.
    // biome-ignore lint/suspicious/noDocumentCookie: see above.
    document.cookie = text;
  },
  storage: () => localStorage,
  fetch: (...call) => fetch(...call),
  now: () => Date.now(),
  wait: (milliseconds) => new Promise((done) => setTimeout(done, milliseconds)),
  random: (bytes) => void crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>),
  page: location,
};
