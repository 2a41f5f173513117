/** The events that other scripts can listen to, sent as DOM events named `consentkit:…`. */

import type { EventName, State } from "../api.ts";

export interface Events {
  send(name: EventName | "error", detail: unknown): void;
  /** Calls *listener* at each event from now on. Returns what stops it. */
  on(name: EventName, listener: (detail: State) => void): () => void;
}

export function createEvents(target: EventTarget): Events {
  const type = (name: string) => `consentkit:${name}`;
  return {
    send(name, detail) {
      try {
        // Listeners that throw are reported by the browser and don't come back to us.
        target.dispatchEvent(new CustomEvent(type(name), { detail }));
      } catch {}
    },
    on(name, listener) {
      const handle = (event: Event) => listener((event as CustomEvent<State>).detail);
      target.addEventListener(type(name), handle);
      return () => target.removeEventListener(type(name), handle);
    },
  };
}
