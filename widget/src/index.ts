/** What can be used of the widget from other modules. */

export type { Config, LocaleEntry, ServiceEntry, TagData } from "./config.ts";
export type { Wish } from "./core/client.ts";
export { type Consent, createConsent, type Options, type Outcome, type Relation, type World } from "./core/consent.ts";
export { type Action, type Payload, parseCookie } from "./core/cookie.ts";
export { createEvents, type EventName, type Events } from "./core/events.ts";
export { relate } from "./core/relation.ts";
export { judge, type Known, permits, type State, type Status } from "./core/state.ts";
export type { ConsentKit } from "./start.ts";
