/** The first layer. The server rendered it, or the tag's script holds it. */

/** What the first layer has words for. The others are in the second. */
export type Text = "saving" | "failed";

export interface Notice {
  /** Shows it, and what changed *since* the revision that the reader decided on. `false` if the page has none. */
  show(since: number): boolean;
  hide(): void;
  /** The server's words for *text*. */
  words(text: Text): string;
  /** Says *words* in the live region of *form*. */
  say(words?: string, form?: HTMLElement | null): void;
  /** Whether it asks for the page behind it to be closed off, as only script can. */
  isModal(): boolean;
  element(): HTMLElement | null;
}

export function createNotice(source: (place: boolean) => HTMLElement | null): Notice {
  const words = (text: Text) => source(false)?.getAttribute(`data-text-${text}`) ?? "";
  return {
    element: () => source(false),
    isModal: () => !!document.querySelector(".consentkit-modal:not([hidden])"),
    words,
    show(since) {
      const element = source(true);
      if (!element) return false;
      element.hidden = false;
      for (const entry of since ? element.querySelectorAll<HTMLElement>("[data-revision]") : []) {
        entry.hidden = !(Number(entry.dataset.revision) > since);
        const changes = entry.closest<HTMLElement>("[hidden]");
        if (changes && !entry.hidden) changes.hidden = false;
      }
      return true;
    },
    hide() {
      const element = source(false);
      if (element) element.hidden = true;
    },
    say(words = "", form) {
      const line = form?.querySelector(".consentkit-status");
      if (line) line.textContent = words;
    },
  };
}
