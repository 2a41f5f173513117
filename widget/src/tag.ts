/** The entry `tag.js`, served as `widget.js`: a classic script into which the server writes the notices and the style. */

import type { TagData } from "./config.ts";
import { insert } from "./insert.ts";
import { begin } from "./start.ts";

// The server replaces this name by the data. It stands in the built file exactly once.
declare const __CONSENTKIT_DATA__: TagData;

{
  const data = __CONSENTKIT_DATA__;
  // An element of the page may have that name: an address that somebody wrote into a comment is no source of script.
  const { currentScript } = document;
  const source = currentScript instanceof HTMLScriptElement ? currentScript.src : "";
  const run = () => begin(() => insert(data, source));
  if (document.body) run();
  else document.addEventListener("DOMContentLoaded", run);
}
