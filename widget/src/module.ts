/** The entry `tag.mjs`, served as `widget.mjs`: the tag as a module, whose default export is the script API. */

import type { TagData } from "./config.ts";
import { insert } from "./insert.ts";
import { begin } from "./start.ts";

// The server replaces this name by the data. It stands in the built file exactly once.
declare const __CONSENTKIT_DATA__: TagData;

// Only a module that is loaded with `async`, from the head, can be earlier.
if (!document.body) await new Promise((done) => document.addEventListener("DOMContentLoaded", done));
await begin(() => insert(__CONSENTKIT_DATA__, import.meta.url));

/** The page's consentkit, whoever started it; `undefined` where nothing could start. */
export default window.consentkit;
