/**
 * What pages can use: every public type, and nothing else. The build publishes this file as it stands, so it imports
 * nothing.
 */

export type Action = "accept_all" | "reject_all" | "save" | "withdraw" | "gpc";

export type Status = "none" | "valid" | "expired" | "outdated" | "invalid";

/** Answers by id. What is not named is refused. */
export type Answers = Readonly<Record<string, boolean>>;

export interface State {
  /** Only `valid` is a decision that holds. Everything else is asked again, and allows nothing. */
  readonly status: Status;
  readonly action: Action | null;
  /** The revision that was decided on, 0 for who has not. */
  readonly revision: number;
  /** Every optional purpose of the site, with its answer. */
  readonly purposes: Answers;
  /** Every optional service of the site, with its answer. */
  readonly services: Answers;
  /** Whether the server has recorded it. A refusal is in force before that. */
  readonly recorded: boolean;
  /** Whether the browser sends Global Privacy Control. */
  readonly gpc: boolean;
}

/**
 * What became of a decision: `stored` by the server, `unsaved` (a refusal: in force here, and sent again), `changed`
 * (the notice is no longer current: the new one is shown), `failed` (nothing was agreed to).
 */
export type Outcome = "stored" | "unsaved" | "changed" | "failed";

export type EventName = "ready" | "shown" | "change";

/** `window.consentkit`, and what the module `widget.mjs` exports. */
export interface ConsentKit {
  /** What holds now. */
  state(): State;
  /** Whether the reader agreed to that purpose. */
  allows(purpose: string): boolean;
  /** Shows the preferences. */
  open(): void;
  accept(): Promise<Outcome>;
  reject(): Promise<Outcome>;
  withdraw(): Promise<Outcome>;
  /** Calls *listener* at each event from now on. Returns what stops it. */
  on(event: EventName, listener: (state: State) => void): () => void;
  /** The state, for who comes late. */
  readonly ready: Promise<State>;
  /** Whether the notice shows on this page, so that other prompts can wait. */
  readonly willShow: Promise<boolean>;
}

declare global {
  interface Window {
    consentkit?: ConsentKit;
  }

  interface DocumentEventMap {
    "consentkit:ready": CustomEvent<State>;
    "consentkit:shown": CustomEvent<State>;
    "consentkit:change": CustomEvent<State>;
    "consentkit:error": CustomEvent<unknown>;
  }
}

/** The page's consentkit; `undefined` where nothing could start. */
declare const consentkit: ConsentKit | undefined;
export default consentkit;
