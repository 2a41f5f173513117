/** Checks in the officer's browser that the record on this page is in the log. Built as `proof.js`; asks for nothing. */

import { type Proof, prove } from "./proven.ts";

const list = document.querySelector<HTMLElement>("[data-proof]");

async function run(shown: HTMLElement): Promise<void> {
  // Elsewhere than in pages that came safely, browsers compute nothing of this.
  if (!globalThis.crypto?.subtle) return;
  const proven = await prove(JSON.parse(shown.dataset.proof ?? "") as Proof);
  for (const [step, result] of Object.entries(proven)) {
    const place = shown.querySelector<HTMLElement>(`[data-step="${step}"] span`);
    if (!place) continue;
    place.textContent = shown.dataset[result] ?? "";
    place.className = result === "holds" ? "granted" : result === "fails" ? "refused" : "quiet";
  }
  document.getElementById("unchecked")?.remove();
}

if (list) run(list);
