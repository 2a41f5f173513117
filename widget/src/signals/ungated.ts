/** Finds scripts of tools that are on the page before the reader agreed. Only for `debug.ts`. */

import type { State } from "../api.ts";
import { agrees } from "../core/state.ts";
import type { SignalData } from "./main.ts";
import { isMet, type Need } from "./signal.ts";

type Needs = (data: Partial<SignalData>) => readonly Need[] | undefined;

interface Tool {
  readonly name: string;
  /** Whether the script at *host* and *path* is one of its. */
  is(host: string, path: string): boolean;
  readonly needs: Needs;
}

const under = (host: string, ...domains: string[]) =>
  domains.some((domain) => host === domain || host.endsWith(`.${domain}`));

const TOOLS: readonly Tool[] = [
  {
    name: "Google",
    is: (host, path) =>
      under(host, "googletagmanager.com", "google-analytics.com") || /\/(gtm\.js|gtag\/js)$/.test(path),
    needs: ({ google }) => google && Object.values(google.types),
  },
  {
    name: "Microsoft UET",
    is: (host) => under(host, "bat.bing.com", "bat.bing.net"),
    needs: ({ uet }) => uet && [uet],
  },
  {
    name: "Microsoft Clarity",
    is: (host) => under(host, "clarity.ms"),
    needs: ({ clarity }) => clarity && Object.values(clarity),
  },
  {
    name: "Matomo",
    is: (host, path) => under(host, "cdn.matomo.cloud") || /\/(matomo|piwik)\.js$/.test(path),
    needs: ({ matomo }) => matomo && [matomo.needs],
  },
  {
    name: "Piano Analytics",
    is: (host, path) => under(host, "aticdn.net") || /\/piano-analytics[\w.-]*\.js$/.test(path),
    needs: ({ piano }) => piano && [piano.needs],
  },
];

/**
 * Returns the name of the tool that the script at *src* belongs to, if the reader has agreed to nothing that it needs.
 * In Google's advanced mode its scripts may be there, and so may Matomo's where only its cookies wait.
 */
export function ungated(data: Partial<SignalData>, state: State, src: string): string | undefined {
  const { hostname, pathname } = new URL(src);
  const tool = TOOLS.find(({ is }) => is(hostname, pathname));
  if (!tool) return;
  if (tool.name === "Google" && data.google?.advanced) return;
  if (tool.name === "Matomo" && data.matomo?.cookies) return;
  const needs = tool.needs(data)?.filter(([purpose]) => purpose !== "necessary");
  return (needs ? needs.some((need) => isMet(need, state)) : agrees(state)) ? undefined : tool.name;
}
