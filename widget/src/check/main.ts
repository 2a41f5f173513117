/**
 * The page that checks a receipt, wholly in the reader's browser: the file is read here and goes nowhere. Built as
 * `check.js`. It makes no request, and the page's policy allows it none.
 */

import { createPolicy } from "../ui/trusted.ts";
import { parseVerifier, type Verifier } from "./note.ts";
import { MAX_LENGTH, readReceipt } from "./receipt.ts";
import { type Showing, showReport, showUnreadable, type Words } from "./show.ts";
import { check } from "./verify.ts";

function find<T extends HTMLElement>(name: string): T {
  return document.getElementById(`consentkit-check-${name}`) as T;
}

const form = find<HTMLFormElement>("form");
const input = find<HTMLInputElement>("file");
const lines = find<HTMLTextAreaElement>("keys");
const wrong = find("wrong");
const result = find("result");
const showing: Showing = { words: JSON.parse(find("words").textContent ?? "") as Words, policy: createPolicy() };

let chosen: File | undefined;

/** Returns the keys that are believed, and says which lines are none. */
async function readKeys(): Promise<Verifier[]> {
  const given = [...new Set(lines.value.split("\n").map((line) => line.trim()))].filter(Boolean);
  const keys = await Promise.all(given.map(parseVerifier));
  const none = given.filter((_, i) => !keys[i]);
  wrong.textContent = none.length ? `${showing.words.no_key} ${none.map((line) => line.slice(0, 60)).join(", ")}` : "";
  lines.setAttribute("aria-invalid", String(none.length > 0));
  return keys.filter((key) => key !== undefined);
}

async function look(file: File): Promise<(Node | string)[]> {
  // Elsewhere than in pages that came safely, browsers compute nothing of this.
  if (!globalThis.crypto?.subtle) return showUnreadable("no_crypto", showing);
  if (file.size > MAX_LENGTH) return showUnreadable("too_long", showing);
  const data = new Uint8Array(await file.arrayBuffer());
  const keys = await readKeys();
  performance.mark("consentkit-check");
  const receipt = readReceipt(data);
  if (typeof receipt === "string") return showUnreadable(receipt, showing);
  const report = await check(receipt, keys, Date.now());
  performance.measure("consentkit-check", "consentkit-check");
  return showReport(receipt, report, showing);
}

async function run(): Promise<void> {
  const file = chosen;
  if (!file) return;
  let shown: (Node | string)[];
  try {
    shown = await look(file);
  } catch {
    // A folder, or a file that is gone.
    shown = showUnreadable("no_receipt", showing);
  }
  // Somebody was faster with another one.
  if (file !== chosen) return;
  result.replaceChildren(...shown);
  result.querySelector("h2")?.focus();
}

input.addEventListener("change", () => {
  chosen = input.files?.[0];
  void run();
});
lines.addEventListener("change", () => void (chosen ? run() : readKeys()));
form.addEventListener("submit", (event) => event.preventDefault());
addEventListener("dragover", (event) => {
  event.preventDefault();
  form.classList.add("check-over");
});
for (const name of ["dragleave", "drop", "dragend"] as const)
  addEventListener(name, () => form.classList.remove("check-over"));
addEventListener("drop", (event) => {
  // Without this the browser would go to the file.
  event.preventDefault();
  chosen = event.dataTransfer?.files[0] ?? chosen;
  void run();
});
form.hidden = false;
