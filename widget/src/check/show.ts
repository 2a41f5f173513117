/** What a check came to, as a part of the page. Every word of the receipt's goes in as text, never as markup. */

import type { Policy } from "../ui/trusted.ts";
import { makeFrame } from "./frame.ts";
import type { Json } from "./json.ts";
import type { Receipt, Unreadable } from "./receipt.ts";
import type { Finding, Report } from "./verify.ts";

/** The page's texts, by what they are for (see web/receipt_check.py). */
export type Words = Readonly<Record<string, string>>;

type Child = Node | string;

function make(name: string, given: { class?: string; lang?: string } = {}, ...children: readonly Child[]): HTMLElement {
  const element = document.createElement(name);
  if (given.class) element.className = given.class;
  if (given.lang) element.lang = given.lang;
  element.append(...children);
  return element;
}

const MARKS = { holds: "✓", promised: "✓", partly: "?", open: "?", fails: "✗" } as const;

export interface Showing {
  readonly words: Words;
  readonly policy: Policy;
}

/** Returns what is said of a file that is no receipt. */
export function showUnreadable(why: Unreadable | "no_crypto", { words }: Showing): Child[] {
  return headline("fails", words[`title_${why}`], words[`text_${why}`]);
}

function headline(kind: keyof typeof MARKS, title = "", text = ""): Child[] {
  const mark = make("span", { class: "check-mark" }, MARKS[kind]);
  mark.ariaHidden = "true";
  const heading = make("h2", { class: `check-verdict check-${kind}` }, mark, " ", title);
  heading.tabIndex = -1;
  return [heading, make("p", {}, text)];
}

/** Returns a report on a receipt in words. */
export function showReport(receipt: Receipt, report: Report, showing: Showing): Child[] {
  const { words } = showing;
  const { verdict, findings } = report;
  const fill = (text = "") => text.replace("%(by)s", time(receipt.log.by));
  // What nobody vouches for is not said in the same breath as what somebody does.
  const sure = findings.every(({ check, result }) => result === "holds" || !/^(?:signature|commitment)$/.test(check));
  return [
    ...headline(verdict, words[`title_${verdict}`], fill(words[`text_${verdict}`])),
    section(words[sure && verdict !== "fails" ? "decided" : "unconfirmed"], decision(receipt, report, words)),
    section(words.checks, make("ul", { class: "check-list" }, ...findings.map((one) => finding(one, words, fill)))),
    ...(report.content ? [section(words.notice, ...notice(receipt, report.content, showing))] : []),
    section(words.place, place(receipt, report, words)),
    details(words.all, make("pre", {}, JSON.stringify(receipt.record, null, 2))),
  ];
}

function section(title = "", ...children: readonly Child[]): HTMLElement {
  return make("section", {}, make("h3", {}, title), ...children);
}

function details(title = "", ...children: readonly Child[]): HTMLElement {
  return make("details", {}, make("summary", {}, title), ...children);
}

function facts(...rows: readonly (readonly [string | undefined, Child])[]): HTMLElement {
  const pairs = rows.flatMap(([name = "", value]) => [make("dt", {}, name), make("dd", {}, value)]);
  return make("dl", { class: "check-facts" }, ...pairs);
}

function time(text: string | null): string {
  if (text === null) return "";
  const { lang } = document.documentElement;
  const when = new Date(text);
  const written = new Intl.DateTimeFormat(lang, { dateStyle: "long", timeStyle: "long" }).format(when);
  // A browser that takes a language whose months it does not know, as Chromium Kazakh, writes "M11" for November.
  if (!/\bM\d\d\b/.test(written)) return written;
  return new Intl.DateTimeFormat(lang, { dateStyle: "short", timeStyle: "long" }).format(when);
}

function moment(text: string): HTMLElement {
  const made = make("time", {}, time(text)) as HTMLTimeElement;
  made.dateTime = made.title = text;
  return made;
}

function code(text: string): HTMLElement {
  const made = make("code", {}, text);
  made.dir = "ltr";
  return made;
}

function finding({ check, result, reason }: Finding, words: Words, fill: (text?: string) => string): HTMLElement {
  const mark = make("span", { class: "check-mark" }, MARKS[result]);
  mark.ariaHidden = "true";
  const head = make(
    "p",
    { class: `check-name check-${result}` },
    mark,
    ` ${words[check]}: `,
    words[`is_${result}`] ?? "",
  );
  return make("li", {}, head, make("p", {}, fill(words[reason ?? `${check}_holds`])));
}

type Named = { readonly [name: string]: Json };

function decision({ record }: Receipt, { content }: Report, words: Words): HTMLElement {
  const list = (answers: Readonly<Record<string, boolean>>, kind: string, answer: boolean): Child => {
    const named = content?.[kind];
    const names = new Map<Json | undefined, Json | undefined>(
      Array.isArray(named) ? (named as Named[]).map((one) => [one?.id, one?.name]) : [],
    );
    const ids = Object.keys(answers).filter((id) => answers[id] === answer);
    const say = (id: string) => (typeof names.get(id) === "string" ? String(names.get(id)) : id);
    return ids.length
      ? make("ul", { lang: record.locale }, ...ids.map((id) => make("li", {}, say(id))))
      : (words.nothing ?? "");
  };
  const rows: [string | undefined, Child][] = [
    [words.action, words[`action_${record.action}`] ?? record.action],
    [words.agreed, list(record.purposes, "purposes", true)],
    [words.refused, list(record.purposes, "purposes", false)],
  ];
  if (Object.keys(record.services).length)
    rows.push(
      [words.agreed_services, list(record.services, "services", true)],
      [words.refused_services, list(record.services, "services", false)],
    );
  return facts(
    ...rows,
    [words.when, moment(record.decided_at)],
    [words.until, moment(record.expires_at)],
    [words.site, code(record.site)],
    [words.record, code(record.id)],
  );
}

function notice({ record, notice }: Receipt, content: Named, { words, policy }: Showing): Child[] {
  const lang = record.locale;
  const look = (html: string, title = "") => {
    const shown = { html, style: notice?.style ?? "", lang, dir: String(content.dir), title };
    return makeFrame(shown, policy);
  };
  const second = details(words.second_layer);
  second.addEventListener("toggle", () => second.append(look(notice?.preferences_html ?? "", words.second_layer)), {
    once: true,
  });
  return [look(notice?.html ?? "", words.first_layer), second];
}

function place({ log, issued_at }: Receipt, { witnesses }: Report, words: Words): HTMLElement {
  const numbers = new Intl.NumberFormat(document.documentElement.lang);
  const rows: [string | undefined, Child][] = [
    [words.log, code(log.origin)],
    [words.state, words[`state_${log.state}`] ?? ""],
  ];
  if (log.index !== null && log.size !== null)
    rows.push([words.index, numbers.format(log.index)], [words.size, numbers.format(log.size)]);
  if (witnesses.length)
    rows.push([words.witnesses, make("ul", {}, ...witnesses.map((name) => make("li", {}, code(name))))]);
  return facts(...rows, [words.issued, moment(issued_at)]);
}
