/** What can be used of the widget from other modules. */

export type { Action, Answers, ConsentKit, EventName, Outcome, State, Status } from "./api.ts";
export type { Config, LocaleEntry, ServiceEntry, TagData } from "./config.ts";
export type { Wish } from "./core/client.ts";
export { type Consent, createConsent, type Options, type Relation, type World } from "./core/consent.ts";
export { type Payload, parseCookie } from "./core/cookie.ts";
export { createEvents, type Events } from "./core/events.ts";
export { relate } from "./core/relation.ts";
export { judge, type Known, permits } from "./core/state.ts";
