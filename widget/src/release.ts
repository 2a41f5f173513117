/**
 * Lets go what the reader agreed to, takes back what they did not, and takes away what it left. Built as a module of its
 * own, `release.js`, for who agreed to something, or has to see what shows only without consent.
 */

import type { State } from "./api.ts";
import { cleanUp } from "./blockers/cleanup.ts";
import { arrive, forgetOnce, placeholderOf, showOnce } from "./blockers/embeds.ts";
import { createGate } from "./blockers/gate.ts";
import { LIMITS } from "./core/policy.ts";
import { agrees } from "./core/state.ts";
import type { Page } from "./start.ts";
import { createTrap } from "./ui/modal.ts";
import { lift, showChanges } from "./ui/notice.ts";
import { createPolicy } from "./ui/trusted.ts";

export interface Release {
  /** Follows the state and the page: lets go what is allowed now, takes back what is not. */
  follow(): void;
  /** Does what the *button* of a placeholder says. */
  press(button?: HTMLElement): Promise<unknown>;
  /** Loads the page anew if a script has run that nothing else stops. */
  stop(): Promise<void>;
}

/** Where, for the next page alone, the names of services are kept of which the reader has to be told. */
const LEFT = "consentkit:left";

export async function attach(page: Page): Promise<Release> {
  const { config, guard, state, decide, notice } = page;
  page.policy ??= createPolicy();
  const { policy } = page;
  const limits = LIMITS in window ? await page.load("limits") : undefined;
  const gate = createGate(state, policy, guard, limits);
  const trap = createTrap();
  const mark = () => `${state().action}${agrees(state())}`;
  /** What held when it was looked at last. */
  let held = mark();
  /** The state that was followed last. */
  let before: State | undefined;
  /** The services that were allowed on this page and are refused now. */
  const lost: string[] = [];

  const clean = () => cleanUp(config, state(), window);

  /** Says which of the services *ids* have stored something that only they can delete. */
  const tell = async (ids: readonly string[]) => ids.length && (await page.load("tell")).leftBehind(ids);

  /** Loads the page anew if a script has run that nothing else stops. */
  async function stop(): Promise<void> {
    if (!gate.outrun()) return;
    try {
      sessionStorage.setItem(LEFT, lost.join(" "));
    } catch {}
    // What takes longer is not waited for, and looked for again on the page that comes.
    await Promise.race([clean(), new Promise((done) => setTimeout(done, 500))]);
    location.reload();
  }

  /** What follows from another state than before. */
  function change(now: State): void {
    const past = before;
    before = now;
    const fewer = config.services.flatMap(({ id }) => (past?.services[id] && !now.services[id] ? [id] : []));
    // Who is asked again may agree again: until then only what this page itself made possible goes.
    if (now.status === "valid" || fewer.length) clean();
    lost.push(...fewer);
    if (now.status === "valid" && fewer[0]) limits?.narrow();
    // The scripts have heard of it by then, and may have written once more.
    if (lost.length) setTimeout(clean);
    if (!gate.outrun() && now.status === "valid") guard(() => tell(fewer));
  }

  addEventListener("pagehide", () => lost.length && clean());
  guard(() => {
    let left: string | null = null;
    try {
      left = sessionStorage.getItem(LEFT);
      sessionStorage.removeItem(LEFT);
    } catch {}
    return left && tell(left.split(" "));
  });

  return {
    follow() {
      const now = state();
      // A refusal that is recorded a while after it took force is no second one.
      if (mark() !== held && state().action && !agrees(state())) forgetOnce();
      held = mark();
      // Only in answer to the reader, and as long as the page still comes in: nobody expects it later.
      if (now === config.own && (now !== before || document.readyState !== "complete") && limits?.renew(gate.agreed()))
        return;
      gate.scan();
      const element = notice();
      trap(element?.hidden ? null : element);
      if (element) showChanges(element, state().revision);
      if (element && !element.hidden) lift(element);
      if (now !== before) change(now);
      // An own decision is waited for: before it is stored, the next page would not know of it.
      if (now.recorded && !page.deciding) guard(stop);
    },
    async press(button) {
      const placeholder = button && placeholderOf(button);
      const id = placeholder?.dataset.service;
      if (!placeholder) return;
      const { purposes, services } = state();
      if (id && button.dataset.consentkitEmbed === "always") {
        await decide("save", null, { purposes, services: { ...services, [id]: true } });
      } else showOnce(button);
      gate.scan();
      arrive(placeholder);
    },
    stop,
  };
}
