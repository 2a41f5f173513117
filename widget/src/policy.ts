/**
 * Runs before everything else in the head of a page whose site is held to what its readers agreed to: narrows from where
 * the page may load by a Content-Security-Policy of its own. The one in the page's header may be everybody's, from a
 * cache; another can only narrow it (CSP level 3, 8.1). Its text is constant, its data come from its element, as in
 * `head.ts`; it judges as strictly as what comes later. Whatever goes wrong in that allows nothing optional.
 */

import { findCookie, hasBit, parseCookie } from "./core/cookie.ts";
import { getKept } from "./core/keep.ts";
import { confine, type Facts, LIMITS, type Loading, sourcesOf } from "./core/policy.ts";

// Where a framework puts a later page's head into this one, it runs again: the page keeps the policy that it has.
if (!(LIMITS in window)) {
  let facts: Facts = {
    always: "'self' 'unsafe-inline' 'unsafe-eval' data: blob:",
    site: "",
    revision: 0,
    purposes: [],
    services: [],
  };
  let allowed = (_: Loading) => false;
  try {
    // As in `head.ts`, not `document.currentScript`.
    const element = document.querySelector("script[data-consentkit-hosts]") as HTMLElement;
    facts = JSON.parse(element.dataset.consentkitHosts as string);
    const found = parseCookie(findCookie(document.cookie));
    if (
      found?.s === facts.site &&
      found.c >= facts.revision &&
      found.e >= Math.floor(Date.now() / 86_400_000) &&
      // On a page from before that revision nobody can tell which service a bit stands for.
      (!found.x || found.c === facts.revision) &&
      // A refusal that is not recorded yet is in force all the same.
      !getKept(window)
    ) {
      const { p, x = "" } = found;
      allowed = ([needs, bit]) =>
        bit >= 0 && facts.purposes.every((id, i) => !(needs & (1 << i)) || p.includes(id)) !== hasBit(x, bit);
    }
  } catch {}
  const sources = sourcesOf(facts, allowed);
  confine(sources);
  Object.defineProperty(window, LIMITS, { value: { facts, sources: sources[0].split(" ") } });
}
