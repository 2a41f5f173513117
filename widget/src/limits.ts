/**
 * What a page does that has a policy of its own (see `policy.ts`), which can be narrowed later and never widened. Built as
 * a module of its own, `limits.js`, for such pages alone.
 */

import type { State } from "./api.ts";
import { confine, type Left, LIMITS, sourcesOf } from "./core/policy.ts";
import { covers } from "./core/sources.ts";
import type { Page } from "./start.ts";

export interface Limits {
  /**
   * Whether *element* has to wait for another page: its reader agreed to what it loads, and this page's policy is from
   * before that. What no policy lets through does not wait: the browser tells of it.
   */
  waits(element: HTMLElement): boolean;
  /** Whether one of *elements* has to. Then that page is on its way, and nothing is let go here any more. */
  renew(elements: readonly HTMLElement[]): boolean;
  /** Returns what *element* has to load to show *address*: for a frame a page of ours, where the policy lacks its host. */
  through(element: Element, address: string): string;
  /** Narrows the page's policy to what is allowed now. */
  narrow(): void;
}

/** Everything that *element* would load, as it waits in its attributes (see `gate.ts`). */
function addressesOf(element: HTMLElement): string[] {
  const { localName } = element;
  if (!/^(script|img|picture|source|track|video|audio|link|embed|object)$/.test(localName)) return [];
  const parts = /^(video|audio|picture)$/.test(localName) ? element.querySelectorAll("source,track,img") : [];
  return [element, ...parts].flatMap((part) =>
    (localName === "script" ? "data-src src" : "data-src data-srcset data-href data-data data-poster")
      .split(" ")
      // What is no address in a list of sizes would be one of the page's own.
      .flatMap((name) => part.getAttribute(name)?.split(/[\s,]+/) ?? [])
      .filter(Boolean),
  );
}

export function attach({ config, base, state }: Pick<Page, "config" | "base" | "state">): Limits {
  const { facts, sources } = (window as unknown as Record<symbol, Left>)[LIMITS] as Left;
  /** From where the page may load. */
  let now = sources;
  let leaving = false;

  const wanted = ({ services } = state() as Pick<State, "services">) =>
    sourcesOf(facts, ([, bit]) => services[config.services[bit]?.id as string] === true);
  const reaches = (all: readonly string[], address: string) => {
    try {
      const url = new URL(address, document.baseURI);
      return all.some((source) => covers(source, url, location));
    } catch {
      // No address at all: nothing would be loaded, wherever from.
      return true;
    }
  };
  /** The sources of the service that *element* names, else of those that may run for its purposes. */
  const meant = ({ dataset: { consent = "", service } }: HTMLElement) =>
    facts.services.flatMap(([, bit, hosts]) => {
      const { id, purposes } = config.services[bit] ?? { id: "", purposes: [] };
      const words = consent.split(/\s+/);
      return (service ? service === id : purposes[0] && purposes.every((one) => words.includes(one)))
        ? hosts.split(" ")
        : [];
    });

  const waits = (element: HTMLElement): boolean => {
    const { localName, dataset } = element;
    // A frame has another way.
    if (leaving || localName === "iframe") return leaving;
    const then = wanted()[0].split(" ");
    const found = addressesOf(element);
    const script = localName === "script";
    return (
      found.some((address) => !reaches(now, address) && reaches(then, address)) ||
      // What a script loads from where it leads nobody can see before it runs.
      (script &&
        (!found[0] || !!dataset.service) &&
        meant(element).some((source) => !now.includes(source) && then.includes(source)))
    );
  };

  return {
    waits,
    renew(elements) {
      if (!leaving && elements.some(waits)) {
        leaving = true;
        location.reload();
      }
      return leaving;
    },
    through(element, address) {
      const { localName, dataset } = element as HTMLElement;
      const all = facts.services.flatMap(([, , hosts]) => hosts.split(" "));
      return localName === "iframe" &&
        !reaches(now, address) &&
        (reaches(all, address) || config.services.some(({ id }) => id === dataset.service))
        ? `${base}embed?site=${config.site}&locale=${config.locale}&src=${encodeURIComponent(address)}`
        : address;
    },
    narrow() {
      const next = wanted();
      const all = next[0].split(" ");
      if (now.every((source) => all.includes(source))) return;
      confine(next);
      now = now.filter((source) => all.includes(source));
    },
  };
}
