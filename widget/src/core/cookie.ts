/**
 * The state cookie, as script may read it: the payload of a signed value whose signature only the server can check.
 * Whatever does not have exactly the expected form is no decision.
 */

export type Action = "accept_all" | "reject_all" | "save" | "withdraw" | "gpc";

/** What a well-formed cookie says. */
export interface Decision {
  readonly site: string;
  readonly revision: number;
  readonly notice: string;
  readonly regime: string;
  readonly action: Action;
  readonly purposes: readonly string[];
  /** Hexadecimal: bit i, the least significant first, tells that service i differs from its purposes. */
  readonly differing: string;
  /** The last day on which it holds, in days since 1970-01-01 UTC. */
  readonly lastDay: number;
}

const NAME = "consentkit";
const FORM = /^([\w-]{1,600})\.[\w-]{1,20}\.[\w-]{1,90}$/;
const ACTIONS = /^(accept_all|reject_all|save|withdraw|gpc)$/;

/** Returns the one value of the cookie, `""` when there is none, `null` when different ones were sent. */
export function findCookie(cookies: string): string | null {
  const values = new Set<string>();
  for (const part of cookies.split(/;\s*/)) {
    if (part.startsWith(`${NAME}=`)) values.add(part.slice(NAME.length + 1));
  }
  // The same name on several domains: nobody can tell which is the newer, so none counts.
  return values.size > 1 ? null : ([...values][0] ?? "");
}

/** Returns the decision in *value*, or `null` when it is not of the form. */
export function parseCookie(value: unknown): Decision | null {
  try {
    const payload = FORM.exec(value as string)?.[1] as string;
    const raw: unknown = JSON.parse(atob(payload.replace(/-/g, "+").replace(/_/g, "/")));
    const { v, s, c, n, r, a, p, x = "", e } = raw as Record<string, unknown>;
    const strings = [s, n, r, a, x, ...(p as unknown[])];
    return v === 1 &&
      Array.isArray(p) &&
      strings.every((text) => typeof text === "string") &&
      ACTIONS.test(a as string) &&
      /^[0-9a-f]*$/.test(x as string) &&
      Number.isInteger(c) &&
      Number.isInteger(e)
      ? {
          site: s as string,
          revision: c as number,
          notice: n as string,
          regime: r as string,
          action: a as Action,
          purposes: p as string[],
          differing: x as string,
          lastDay: e as number,
        }
      : null;
  } catch {
    return null;
  }
}

/** Whether bit *index* of the hexadecimal number *hex* is set. */
export function hasBit(hex: string, index: number): boolean {
  const digit = hex[hex.length - 1 - (index >> 2)];
  return digit !== undefined && ((Number.parseInt(digit, 16) >> (index & 3)) & 1) === 1;
}
