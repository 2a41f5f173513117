/**
 * Matomo. It waits on every page until it is told, and is never asked to remember: `remember…` would set a cookie by
 * which Matomo decides for itself.
 */

import { isMet, type Need, onChange, queue, type Tell } from "./signal.ts";

export interface MatomoSettings {
  /** Only its cookies wait; visits are counted at once. */
  readonly cookies: boolean;
  readonly needs: Need;
}

/** Hours: Matomo notes a withdrawal in a cookie of its own, by default for 30 years. A second is enough. */
const A_SECOND = 1 / 3600;

export function matomo({ cookies, needs }: MatomoSettings): Tell {
  const what = cookies ? "CookieConsent" : "Consent";
  const say = (...words: unknown[]) => queue("_paq").push(words);
  const forget = () => say(`forget${what}Given`, ...(cookies ? [] : [A_SECOND]));
  say(`require${what}`);
  // What an earlier solution let Matomo remember is not this reader's decision here.
  if (`; ${document.cookie}`.includes(cookies ? "; mtm_cookie_consent=" : "; mtm_consent=")) forget();
  const update = onChange<boolean>((granted) => (granted ? say(`set${what}Given`) : forget()), false);
  return (state) => update(isMet(needs, state));
}
