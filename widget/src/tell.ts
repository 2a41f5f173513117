/**
 * What is said to the reader elsewhere than in the notice. Built as a module of its own, `tell.js`, for when there is
 * something to say.
 */

import type { Outcome } from "./api.ts";
import type { Page } from "./start.ts";
import { fetchForm, noticeOf } from "./ui/fetch.ts";
import { type NoticeContent, tellLeftBehind } from "./ui/message.ts";
import { addStyle } from "./ui/style.ts";
import { toast } from "./ui/toast.ts";
import { createPolicy } from "./ui/trusted.ts";

export interface Tell {
  /** Has the browser's signal recorded as a refusal, for who has not decided, and says so. */
  signal(): Promise<void>;
  /** Says what became of a decision that was taken in *form*, where it is not stored. */
  settle(outcome: Outcome, form?: HTMLFormElement | null): Promise<void>;
  /** Says which of the services *ids* have stored something that only they can delete. */
  leftBehind(ids: readonly string[]): Promise<void>;
}

/** The style of messages. */
declare const STYLE: string;

export function attach(page: Page): Tell {
  const { config, base, state, decide, notice } = page;
  page.policy ??= createPolicy();
  const { policy } = page;
  const words = async () => (await fetchForm(page, policy)).dataset;
  addStyle(STYLE);

  return {
    async signal() {
      if (state().status === "valid") return;
      const outcome = await decide("gpc");
      if (outcome !== "stored" && outcome !== "unsaved") return;
      const choose = notice()?.querySelector("[data-consentkit-action=customize]")?.textContent ?? "";
      const { textGpc, textDismiss } = await words();
      toast(textGpc, notice(), textDismiss, choose);
    },
    async settle(outcome, form) {
      if (outcome === "unsaved") {
        const { textUnsaved, textDismiss } = await words();
        if (state().recorded) return;
        const remove = toast(textUnsaved, notice(), textDismiss);
        // It is not true any more once it is recorded.
        document.addEventListener("consentkit:change", () => state().recorded && remove());
      }
      if (outcome === "failed" && !form) toast(notice()?.dataset.textFailed, notice());
      if (outcome === "changed") await (await page.load("choose")).changed();
    },
    async leftBehind(ids) {
      const response = await fetch(`${base}notice?site=${config.site}&locale=${noticeOf(page).locale}`);
      const content = (await response.json()) as NoticeContent;
      const theirs = content.services.filter(
        ({ id, cookies }) => ids.includes(id) && cookies.some(({ party }) => party === "third"),
      );
      if (theirs.length) tellLeftBehind(content, theirs);
    },
  };
}
