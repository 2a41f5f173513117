/**
 * A notice as it was shown, in a frame of its own. What a receipt holds may be anybody's: only what a notice is made of
 * gets into the frame, without addresses and without script, and the frame may neither run, load, send nor lead anywhere.
 */

import type { Policy } from "../ui/trusted.ts";

/** What notices are made of. All else is left out with what is in it. */
const ELEMENTS = new Set(
  "div p h1 h2 h3 ul ol li dl dt dd form label span button input details summary a strong em b i small code br time".split(
    " ",
  ),
);
const ATTRIBUTES = /^(?:class|id|lang|dir|role|hidden|checked|aria-[a-z]+)$/;
/** No notice has as many parts. */
const MOST = 20_000;
/** Pixels: a frame that is higher is scrolled. */
const HEIGHT = 560;

interface Shown {
  readonly html: string;
  readonly style: string;
  readonly lang: string;
  readonly dir: string;
  readonly title: string;
}

/** Returns the frame; it fills itself when it is in the page. */
export function makeFrame({ html, style, lang, dir, title }: Shown, policy: Policy): HTMLIFrameElement {
  const frame = document.createElement("iframe");
  frame.title = title;
  frame.className = "check-frame";
  // The same origin, so that it can be filled from here: nothing in it runs.
  frame.setAttribute("sandbox", "allow-same-origin");
  frame.addEventListener("load", () => {
    const inner = frame.contentDocument;
    const view = frame.contentWindow as (Window & typeof globalThis) | null;
    if (!inner || !view || inner.body.firstChild) return;
    inner.documentElement.lang = lang;
    inner.documentElement.dir = dir === "rtl" ? "rtl" : "ltr";
    // A sheet that is made by script needs no leave of the policy, and imports nothing.
    const [page, own] = [new view.CSSStyleSheet(), new view.CSSStyleSheet()];
    page.replaceSync(":root{color-scheme:light dark}body{margin:0;font-family:system-ui,sans-serif}");
    own.replaceSync(style);
    inner.adoptedStyleSheets = [page, own];
    const source = new DOMParser().parseFromString(policy.createHTML(html), "text/html");
    copy(source.body, inner.body, { left: MOST });
    frame.style.blockSize = `${Math.min(inner.documentElement.scrollHeight, HEIGHT)}px`;
  });
  frame.srcdoc = policy.createHTML("<!doctype html>");
  return frame;
}

function copy(from: Node, to: Element, count: { left: number }): void {
  for (const node of from.childNodes) {
    if (!count.left--) return;
    if (node instanceof Text) to.append(node.data);
    if (!(node instanceof HTMLElement) || !ELEMENTS.has(node.localName)) continue;
    if (node instanceof HTMLInputElement && node.type !== "checkbox") continue;
    const made = to.ownerDocument.createElement(node.localName);
    for (const { name, value } of node.attributes) if (ATTRIBUTES.test(name)) made.setAttribute(name, value);
    if (node instanceof HTMLInputElement) made.setAttribute("type", "checkbox");
    if (node instanceof HTMLButtonElement) made.setAttribute("type", "button");
    // To be read, not to be used.
    if (/^(?:button|input)$/.test(node.localName)) made.tabIndex = -1;
    to.append(made);
    copy(node, made, count);
  }
}
