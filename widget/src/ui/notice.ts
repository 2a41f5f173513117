/** The first layer. The server rendered it, or the tag's script holds it. */

/** What the first layer has words for. The others are in the second. */
export type Text = "saving" | "failed";

export interface Notice {
  /** Shows it. `false` if the page has none. */
  show(): boolean;
  hide(): void;
  /** The server's words for *text*. */
  words(text: Text): string;
  /** Says *words* in the live region of *form*; without any, once that is gone, that the choice holds. */
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
    show() {
      const element = source(true);
      if (element) element.hidden = false;
      return !!element;
    },
    hide() {
      const element = source(false);
      if (element) element.hidden = true;
    },
    say(words, form) {
      const line = form?.querySelector<HTMLElement>(".consentkit-status");
      if (!line) return;
      line.textContent = words ?? "";
      if (words != null) return;
      document.body.append(line);
      // A live region speaks of changes: the words come after it.
      setTimeout(() => line.append(line.dataset.done as string), 99);
    },
  };
}

/** Shows in *notice* what changed *since* the revision that the reader decided on; 0 if they never did. */
export function showChanges(notice: HTMLElement, since: number): void {
  for (const entry of since ? notice.querySelectorAll<HTMLElement>("[data-revision]") : []) {
    const isNew = Number(entry.dataset.revision) > since;
    entry.hidden = !isNew;
    if (isNew) (entry.closest(".consentkit-changes") as HTMLElement).hidden = false;
  }
}
